"""Bringing a judge onto this machine: whole and pinned, or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stackyard.errors import MachineError
from stackyard.runner import Answer
from stackyard.targets.local.layout import user_cache
from stackyard.targets.native.toolchain import Tool, Want, find, npm
from stackyard.targets.native.toolchain.inquiry import ask
from stackyard.targets.native.toolchain.uv import uv

_PINS = Path(__file__).parent / "pins"
_PATIENCE = 300.0
"""Seconds for all packages of a judge."""


@dataclass(frozen=True)
class Judge:
    """`name` is the package, `judges` says what it looks at, `check` asks it, `kind` is what runs it."""

    name: str
    version: str
    judges: str
    check: str
    kind: Literal["python", "node"]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


JUDGES = {
    "tls": Judge("sslyze", "6.3.1", "TLS", "edge.tls", "python"),
    "nginx": Judge("gixy-ng", "0.2.59", "the configuration of nginx", "edge.files-sound", "python"),
    "csp": Judge("csp_evaluator", "1.1.8", "the content security policy", "edge.csp", "node"),
}


def missing(checks: Collection[str]) -> tuple[Judge, ...]:
    """The judges that these checks will install, for they are not there."""
    return tuple(one for one in JUDGES.values() if one.check in checks and not _folder(one).is_dir())


def ensure(judge: Judge) -> Path:
    """The folder of a judge, installed when it was not there. Raises MachineError, and then nothing has changed."""
    place = _folder(judge)
    if place.is_dir():
        return place
    with _locked(place.parent):
        if not place.is_dir():
            with _beside(place) as fresh:
                _INSTALL[judge.kind](judge, fresh)
                fresh.rename(place)
    return place


def interpreter(judge: Judge) -> Path:
    """What runs the program of a judge. Raises MachineError where there is no Node.js for one that needs it."""
    if judge.kind == "python":
        return ensure(judge) / "bin" / "python"
    return _node(judge, "node").path


def _folder(judge: Judge) -> Path:
    return user_cache() / "judges" / f"{judge.name}-{judge.version}"


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    try:
        root.mkdir(parents=True, exist_ok=True)
        handle = os.open(root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise MachineError(f"judges cannot be kept in {root}: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    fresh = Path(tempfile.mkdtemp(prefix=".partial-", dir=place.parent))
    fresh.chmod(0o755)
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _install_python(judge: Judge, folder: Path) -> None:
    pins = _PINS / f"{judge.name}.txt"
    install = ("pip", "install", "--quiet", "--no-deps", "--require-hashes", "--compile-bytecode", "--link-mode=copy")
    steps = (
        (uv(), "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)),
        (uv(), *install, "--python", str(folder / "bin" / "python"), "--requirement", str(pins)),
    )
    for step in steps:
        _require(judge, ask(step, env={"UV_SYSTEM_CERTS": "1", "UV_NO_PROGRESS": "1"}, timeout=_PATIENCE))


def _install_node(judge: Judge, folder: Path) -> None:
    npm.unpack(_node(judge, "npm"), f"{judge.name}@{judge.version}", folder, lambda _: None)


def _node(judge: Judge, tool: str) -> Tool:
    found = find(Want(tool))
    if found is None:
        raise MachineError(
            f"{judge.name}, which judges {judge.judges}, needs {tool}, and there is none on this machine",
            hint="`stackyard doctor --install` installs Node.js.",
        )
    return found


def _require(judge: Judge, answer: Answer) -> None:
    if not answer.is_good:
        raise MachineError(
            f"{judge}, which judges {judge.judges}, could not be installed",
            hint="Check the network and the package index that uv uses, then verify again.",
            details=answer.evidence,
        )


_INSTALL: dict[str, Callable[[Judge, Path], None]] = {"python": _install_python, "node": _install_node}
