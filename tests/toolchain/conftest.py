"""Folders that other users may enter: pytest's own are closed to them, and tools run as an unprivileged user."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stackyard.targets.local.identity import Identity


@pytest.fixture
def open_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="stackyard-toolchain-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def unprivileged() -> Identity:
    """Somebody who is not root: the account that every system has for this when the tests run as root."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        return Identity(nobody.pw_uid, nobody.pw_gid, nobody.pw_name, drop=True)
    return Identity(os.geteuid(), os.getegid(), "me", drop=False)


@pytest.fixture
def program(open_folder: Path) -> Callable[..., Path]:
    """Writes a small program that prints what it is told to, and notes in `runs` that it ran."""

    def write(place: str, says: str, *, also: str = "") -> Path:
        path = open_folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\necho {path.name} >>{open_folder}/runs\n{also}\necho '{says}'\n")
        path.chmod(0o755)
        return path

    return write
