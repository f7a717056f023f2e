"""What a project says about itself that decides how its image is built. Reads, and changes nothing."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackyard.errors import MachineError, PartError
from stackyard.model.system import StaticSource
from stackyard.targets.compose import images
from stackyard.targets.compose.dockerfiles.edge import Site
from stackyard.targets.compose.dockerfiles.python import PythonProject
from stackyard.targets.local.python_project import python_project

PYTHONS = ("3.13", "3.14", "3.12", "3.11")
"""The lines of Python that have images, the one that is taken where all fit first."""

_LOCKS = ("requirements.lock", "uv.lock", "requirements.txt")
_INCLUDED = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)", re.MULTILINE)
_LOCAL = re.compile(r"^\s*(?:-e|--editable|\.{1,2}(?:/|\s|$)|file:)", re.MULTILINE)
_WITH_SOURCE = frozenset({"preinstall", "install", "postinstall", "prepare"})
"""The scripts of a front end that npm runs while it installs: they may want the source."""


def read_python(name: str, path: Path) -> PythonProject:
    """The project in `path`. Raises PartError when it cannot be read, MachineError when no Python fits."""
    requires, folders = python_project(path)
    is_package = (path / "pyproject.toml").is_file()
    lock = next((each for each in _LOCKS if (path / each).is_file()), "")
    pins, needs_source = _pins(path, lock)
    return PythonProject(
        name,
        images.PYTHON.format(version=_version(name, requires)),
        lock,
        pins,
        is_package,
        needs_source,
        _build_requirements(path) if is_package else (),
        folders,
    )


def read_site(name: str, source: StaticSource, context: Path) -> Site:
    """A front end, built from `context`. Raises PartError for a package.json that cannot be read."""
    place = source.path.relative_to(context).as_posix()
    if not source.script:
        return Site(name, place)
    folders = [path for path in source.packages_beside if path.is_dir()]
    packages = [_package(name, path) for path in (source.path, *folders)]
    is_alone = len(source.packages) == len(source.packages_beside)
    names = ("package.json", "package-lock.json", ".npmrc")
    return Site(
        name,
        place,
        source.script,
        source.output,
        pins=tuple(each for each in names if (source.path / each).is_file()),
        needs_source=not is_alone or any(map(_wants_source, packages)),
        beside=tuple(path.relative_to(context).as_posix() for path in folders),
        archives=tuple(path.relative_to(context).as_posix() for path in source.packages_beside if path not in folders),
    )


def _package(name: str, path: Path) -> Mapping[str, Any]:
    try:
        package = json.loads((path / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PartError(name, f"{path / 'package.json'} cannot be read: {error}") from error
    return package if isinstance(package, dict) else {}


def _wants_source(package: Mapping[str, Any]) -> bool:
    return bool(package.get("workspaces")) or not _WITH_SOURCE.isdisjoint(package.get("scripts") or {})


def _version(name: str, requires: str) -> str:
    """The Python of its image: the first of PYTHONS that the project accepts."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(requires)
    except InvalidSpecifier:
        raise MachineError(f"requires-python `{requires}` cannot be read", hint='Write it like ">=3.11".') from None
    for version in PYTHONS:
        # `>=3.11.4` is kept by the image of 3.11, which is always the newest of its line.
        if wanted.contains(f"{version}.999") or wanted.contains(version):
            return version
    raise MachineError(
        f"no Python image satisfies `{requires}` of {name}", hint=f"There are images of {', '.join(PYTHONS)}."
    )


def _pins(path: Path, lock: str) -> tuple[tuple[str, ...], bool]:
    """The files that pin the packages, with those that they take in, and whether they reach beyond such files."""
    if not lock:
        return (), False
    if lock == "uv.lock":
        return ("pyproject.toml", lock), False
    seen: dict[Path, None] = {}
    waiting = [path / lock]
    needs_source = False
    while waiting:
        file = waiting.pop(0).resolve()
        if file in seen or not file.is_file():
            continue
        seen[file] = None
        text = file.read_text(encoding="utf-8", errors="replace")
        waiting += [file.parent / name for name in _INCLUDED.findall(text)]
        needs_source = needs_source or _LOCAL.search(text) is not None
    root = path.resolve()
    # A file elsewhere in the project must keep its folder, and one COPY of several files flattens them.
    needs_source = needs_source or any(file.parent != root for file in seen)
    return tuple(file.name for file in seen if file.parent == root), needs_source


def _build_requirements(path: Path) -> tuple[str, ...]:
    whole = tomllib.loads((path / "pyproject.toml").read_text(encoding="utf-8"))
    found = whole.get("build-system", {}).get("requires")
    return tuple(map(str, found)) if found else ("setuptools>=40.8.0",)
