"""What a Python project says about itself, and digests of what it is made of."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from stackyard.errors import PartError
from stackyard.targets.local import fingerprint

_INCLUDED = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)", re.MULTILINE)


def python_project(path: Path) -> tuple[str, tuple[Path, ...]]:
    """(requires-python, folders of local dependencies) of a Python project; "" and () where it says nothing."""
    try:
        whole = tomllib.loads((path / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "", ()
    except (OSError, ValueError) as error:
        raise PartError(path.name, f"{path / 'pyproject.toml'} cannot be read: {error}") from error
    sources = _table(whole, "tool", "uv", "sources").values()
    local = tuple(
        (path / source["path"]).resolve()
        for source in sources
        if isinstance(source, dict) and isinstance(source.get("path"), str)
    )
    return str(_table(whole, "project").get("requires-python", "")), local


def _table(whole: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The table of that path; an empty one where there is none."""
    for name in names:
        found = whole.get(name)
        whole = found if isinstance(found, dict) else {}
    return whole


def dependencies_digest(path: Path) -> str:
    """A digest of what decides which packages are installed, for a project and its local dependencies."""
    names = ("pyproject.toml", "requirements.txt", "requirements.lock", "uv.lock", "setup.py", "setup.cfg")
    seen: dict[Path, None] = {}
    beside = python_project(path)[1]
    for folder in (path, *beside):
        for name in names:
            _take_in(folder / name, seen)
    # Environments that were made before local dependencies were links are made anew.
    how = ("linked",) if beside else ()
    return fingerprint.of_texts([*map(fingerprint.of_folder, seen), *how])


def _take_in(file: Path, seen: dict[Path, None]) -> None:
    """Add a file, and the requirements that it takes in from others."""
    if file in seen or not file.is_file():
        return
    seen[file] = None
    for name in _INCLUDED.findall(file.read_text(errors="replace")):
        _take_in((file.parent / name).resolve(), seen)


def source_digest(path: Path, *, without: Collection[Path] = ()) -> str:
    """A digest of everything people wrote in a project and its local dependencies, `without` some files."""
    folders = (path, *python_project(path)[1])
    return fingerprint.of_texts(fingerprint.of_folder(folder, without=without) for folder in folders)
