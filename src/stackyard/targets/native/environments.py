"""Installed Python environments: each build beside the old one, so that a failed install changes nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from stackyard.errors import PartError
from stackyard.runner import Command, Result, Runner
from stackyard.targets.local.python_project import python_project
from stackyard.targets.native.prune import keep_newest
from stackyard.targets.native.toolchain.uv import uv


def install_environment(service: str, source: Path, folder: Path, python: Path, log: Path, runner: Runner) -> None:
    """Make the virtual environment `folder` for a Python project. Raises PartError with the last lines of pip.

    A lock file is honoured (requirements.lock, uv.lock), else requirements.txt, else what pyproject.toml asks for. The
    project itself and its local dependencies are installed editable: what runs is the source that is edited, and a
    restart takes it in.
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


_INSTALL = ("pip", "install", "--compile-bytecode", "--quiet")


def _installs(source: Path) -> list[tuple[str, ...]]:
    """The uv commands that install a project's packages: the locked ones first, local dependencies last."""
    # uv takes a folder for unchanged while its pyproject.toml is, and would install what it built of it before.
    beside = [str(folder) for folder in python_project(source)[1] if (folder / "pyproject.toml").is_file()]
    return [*_of_project(source), *((*_INSTALL, "--no-deps", "--editable", folder) for folder in beside)]


def _of_project(source: Path) -> list[tuple[str, ...]]:
    has_project = (source / "pyproject.toml").is_file()
    own: list[tuple[str, ...]] = [(*_INSTALL, "--editable", ".")] if has_project else []
    if (source / "requirements.lock").is_file():
        locked = (*_INSTALL, "--requirement", "requirements.lock")
        # The lock pins what others publish; the project itself comes from its folder.
        return [locked, *((*step, "--constraint", "requirements.lock") for step in own)]
    if (source / "uv.lock").is_file():
        return [("sync", "--frozen", "--no-dev", "--active", "--compile-bytecode", "--quiet")]
    if (source / "requirements.txt").is_file():
        return [(*_INSTALL, "--requirement", "requirements.txt"), *own]
    return own


def compile_source(source: Path, python: Path, runner: Runner) -> None:
    """Write byte code beside the source: parts that run as another user may not, and would compile at every start."""
    folders = (source, *python_project(source)[1])
    argv = (str(python), "-m", "compileall", "-q", "-x", r"node_modules|\.venv|\.stackyard", *map(str, folders))
    runner.run(Command(argv, source, dict(os.environ)))
