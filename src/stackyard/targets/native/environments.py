"""Installed Python environments: each build beside the old one, so that a failed install changes nothing."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackyard.errors import PartError
from stackyard.runner import Command, Result, Runner
from stackyard.targets.native import fingerprint
from stackyard.targets.native.prune import keep_newest
from stackyard.targets.native.toolchain.uv import uv

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
    for folder in (path, *python_project(path)[1]):
        for name in names:
            _take_in(folder / name, seen)
    return fingerprint.of_texts(map(fingerprint.of_folder, seen))


def _take_in(file: Path, seen: dict[Path, None]) -> None:
    """Add a file, and the requirements that it takes in from others."""
    if file in seen or not file.is_file():
        return
    seen[file] = None
    for name in _INCLUDED.findall(file.read_text(errors="replace")):
        _take_in((file.parent / name).resolve(), seen)


def source_digest(path: Path, *, without: Path | None = None) -> str:
    """A digest of everything people wrote in a project and its local dependencies, `without` one file."""
    folders = (path, *python_project(path)[1])
    return fingerprint.of_texts(fingerprint.of_folder(folder, without=without) for folder in folders)


def install_environment(service: str, source: Path, folder: Path, python: Path, log: Path, runner: Runner) -> None:
    """Make the virtual environment `folder` for a Python project. Raises PartError with the last lines of pip.

    A lock file is honoured (requirements.lock, uv.lock), else requirements.txt, else what pyproject.toml asks for. The
    project itself is installed editable: what runs is the source that is edited, and a restart takes it in.
    """
    program = uv()
    environment = {**os.environ, "VIRTUAL_ENV": str(folder), "UV_NO_PROGRESS": "1", "UV_SYSTEM_CERTS": "1"}

    def do(*argv: str) -> Result:
        return runner.run(Command((program, *argv), source, environment, log=log))

    folder.parent.mkdir(parents=True, exist_ok=True)
    steps: list[tuple[str, ...]] = [("venv", "--clear", "--python", str(python), str(folder))]
    steps += _installs(source)
    for step in steps:
        result = do(*step)
        if not result.is_done:
            shutil.rmtree(folder, ignore_errors=True)
            raise PartError(
                service,
                f"the Python environment of {service} could not be installed",
                hint=f"The whole output is in {log}.",
                details=result.tail,
            )
    keep_newest(folder.parent, folder)


def _installs(source: Path) -> list[tuple[str, ...]]:
    """The uv commands that install a project's packages, the locked ones first."""
    install = ("pip", "install", "--compile-bytecode", "--quiet")
    has_project = (source / "pyproject.toml").is_file()
    own: list[tuple[str, ...]] = [(*install, "--editable", ".")] if has_project else []
    if (source / "requirements.lock").is_file():
        locked = (*install, "--requirement", "requirements.lock")
        # The lock pins what others publish; local dependencies and the project itself come from their folders.
        return [locked, *((*step, "--constraint", "requirements.lock") for step in own)]
    if (source / "uv.lock").is_file():
        return [("sync", "--frozen", "--no-dev", "--active", "--compile-bytecode", "--quiet")]
    if (source / "requirements.txt").is_file():
        return [(*install, "--requirement", "requirements.txt"), *own]
    return own


def compile_source(source: Path, python: Path, runner: Runner) -> None:
    """Write byte code beside the source: parts that run as another user may not, and would compile at every start."""
    folders = (source, *python_project(source)[1])
    argv = (str(python), "-m", "compileall", "-q", "-x", r"node_modules|\.venv|\.stackyard", *map(str, folders))
    runner.run(Command(argv, source, dict(os.environ)))
