"""What does not get into a build: products, version control, secrets lying about, and everything around the sources."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from stackyard.targets.compose.ejected import NOTE
from stackyard.targets.local.fingerprint import source_files

PRIVATE = (".git", ".hg", ".svn", ".stackyard", ".env", ".env.*", ".dockerignore", ".DS_Store")
PRODUCTS = (
    "__pycache__",
    "*.py[co]",
    "*.egg-info",
    ".venv",
    "venv",
    "node_modules",
    "dist",
    "coverage",
    ".coverage",
    ".*_cache",
    ".hypothesis",
    ".tox",
    ".idea",
    ".vscode",
    "*.log",
    "*.sw[op]",
    "*.tsbuildinfo",
)


def ignored(
    context: Path,
    sources: Sequence[Path],
    rendered: Path,
    *,
    plain: Collection[Path] = frozenset(),
    private: Collection[Path] = frozenset(),
) -> str:
    """The text of an ignore file for a build from `context` that needs only `sources`, all below it.

    `rendered` is left out wherever it lies, and so are files that are `private` and folders that were ejected.
    Sources in `plain` keep what is called like a product. A `.dockerignore` of a source holds for that source, too.
    """
    lines = ["# Written by Stackyard: only sources get into the build, and nothing that tools or people left there."]
    if context not in sources:
        lines += ["*", *(f"!{source.relative_to(context).as_posix()}" for source in sources)]
    for source in dict.fromkeys(sources):
        place = source.relative_to(context).as_posix()
        names = PRIVATE if source in plain else (*PRIVATE, *PRODUCTS)
        lines += _below(place, [f"**/{name}" for name in names])
        lines += _below(place, _own(source))
        inside = [one for one in (rendered, *sorted(private), *_ejected(source)) if source in one.parents]
        lines += _below(place, dict.fromkeys(one.relative_to(source).as_posix() for one in inside))
    return "\n".join(lines) + "\n"


def _ejected(source: Path) -> Iterator[Path]:
    """Folders that `render` wrote: they may hold secrets."""
    return (path.parent for path in source_files(source) if path.name == NOTE)


def _below(place: str, patterns: Iterable[str]) -> list[str]:
    """The patterns as they read from the context: `!` stays in front."""
    if place == ".":
        return list(patterns)
    return [f"!{place}/{each[1:]}" if each.startswith("!") else f"{place}/{each}" for each in patterns]


def _own(source: Path) -> list[str]:
    """The patterns of the project's own ignore file."""
    path = source / ".dockerignore"
    if not path.is_file():
        return []
    lines = (line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    bare = [line for line in lines if line and not line.startswith("#")]
    return [
        ("!" if line.startswith("!") else "") + line.removeprefix("!").lstrip("/").removeprefix("./") for line in bare
    ]
