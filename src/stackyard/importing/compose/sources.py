"""Where a service of a Compose file comes from: a build folder looked at, as far as it is there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from posixpath import join, normpath

from stackyard.importing.compose.dockerfile import Dockerfile, read_dockerfile
from stackyard.importing.compose.folder import Folder
from stackyard.importing.compose.forms import pairs
from stackyard.importing.compose.images import Role, read_image
from stackyard.importing.compose.ledger import Ledger
from stackyard.importing.compose.reading import text_of
from stackyard.spec.tree import Entry, Mapping

_PYTHON_SIGNS = ("pyproject.toml", "requirements.txt")
_PYTHON_PROGRAMS = ("python", "python3", "gunicorn", "uvicorn", "celery", "flask", "fastapi", "hypercorn", "daphne")
_NODE_PROGRAMS = ("npm", "yarn", "pnpm", "npx", "vite", "node")
_FRONT_END = re.compile(r'"(vite|react-scripts|@vue/cli-service|@angular/cli|parcel|@sveltejs/vite-plugin-svelte)"')


class Kind(StrEnum):
    """What a build folder holds."""

    PYTHON = "python"
    FRONT_END = "front end"
    DOCKER = "docker"
    PROXY = "proxy"
    POSTGRES = "postgres"


@dataclass(frozen=True)
class Source:
    """A build folder. `path` is relative to the Compose file and begins with a dot; `dockerfile` lies below it."""

    path: str
    kind: Kind
    recipe: Dockerfile
    dockerfile: str = ""
    output: str = "dist"
    has_signs: bool = True


def relative(path: str) -> str:
    """A path relative to the Compose file, as a person writes it: `.`, `./web`, `../shared`."""
    plain = normpath(path)
    return plain if plain.startswith((".", "/")) else f"./{plain}"


def read_source(entry: Entry, key: str, command: tuple[str, ...], folder: Folder, ledger: Ledger) -> Source | None:
    """The source that a `build` names, and what became of the words in it. None for one that is not a local folder."""
    node = entry.node
    values = {k: text_of(e.node) for k, e in node.entries.items()} if isinstance(node, Mapping) else {}
    context = values.get("context", ".") if isinstance(node, Mapping) else text_of(node)
    if "://" in context or context.startswith("git@"):
        ledger.lost(entry, key, "it is built from a repository elsewhere", "Clone it, and name its folder in `build`.")
        return None
    path = relative(context)
    named = values.get("dockerfile", "")
    text = folder.text(join(path, named or "Dockerfile"))
    recipe = read_dockerfile(text) if text is not None else Dockerfile()
    kind = _kind(path, recipe, command, folder)
    signs = any(folder.has(join(path, sign)) for sign in _PYTHON_SIGNS) or not folder.is_folder(path)
    source = Source(path, kind, recipe, named, _output(path, folder), signs)
    _say(entry, node, key, source, ledger)
    return source


def _kind(path: str, recipe: Dockerfile, command: tuple[str, ...], folder: Folder) -> Kind:
    package = folder.text(join(path, "package.json"))
    if any(folder.has(join(path, sign)) for sign in _PYTHON_SIGNS):
        return Kind.PYTHON
    if package is not None and _FRONT_END.search(package):
        return Kind.FRONT_END
    base = read_image(recipe.bases[-1]) if recipe.bases else None
    role = base.known.role if base and base.known else Role.SERVICE
    if role is Role.PROXY:
        return Kind.FRONT_END if package is not None else Kind.PROXY
    if role is Role.POSTGRES:
        return Kind.POSTGRES
    name = base.name.rpartition("/")[2] if base else ""
    if name == "python" or (base is None and command and command[0] in _PYTHON_PROGRAMS):
        return Kind.PYTHON
    if base is None and command and command[0] in _NODE_PROGRAMS:
        return Kind.FRONT_END
    return Kind.DOCKER


def _output(path: str, folder: Folder) -> str:
    """Where the front end is built to, by the tool that its package.json names."""
    package = folder.text(join(path, "package.json")) or ""
    return "build" if '"react-scripts"' in package else "dist"


def _say(entry: Entry, node: object, key: str, source: Source, ledger: Ledger) -> None:
    word = "static" if source.kind is Kind.FRONT_END else "build"
    if not isinstance(node, Mapping):
        if source.kind not in (Kind.PROXY, Kind.POSTGRES):
            ledger.carried(entry, key, f"`{word}: {source.path}`")
        return
    for name, below in node.entries.items():
        where = f"{key}.{name}"
        if name == "context":
            ledger.carried(below, where, f"`{word}: {source.path}`")
        elif name in ("dockerfile", "target") and source.kind in (Kind.PYTHON, Kind.FRONT_END):
            ledger.replaced(below, where, f"a {source.kind} project is built without a Dockerfile")
        elif name == "dockerfile":
            ledger.carried(below, where, f"`build: {{dockerfile: {source.dockerfile}}}`")
        elif name == "args" and source.kind is Kind.FRONT_END:
            continue
        elif name == "args":
            for pair in pairs(below.node):
                ledger.lost(
                    pair.spot,
                    f"{where}.{pair.name}",
                    "a stack file has no build arguments",
                    "Give it a default in the Dockerfile.",
                )
        else:
            ledger.lost(below, where, "a stack file has no word for it", "")
