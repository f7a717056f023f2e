"""Where the supervisor keeps its things, below the folder of one environment, and the short place for sockets."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackyard.errors import StateError
from stackyard.targets.local.folders import card_file


@dataclass(frozen=True)
class Places:
    """The paths below `folder`; ids and parts are names without a slash, checked where they come in."""

    folder: Path

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def lock(self) -> Path:
        return self.run / "lock"

    @property
    def card(self) -> Path:
        """What the supervisor says about itself: pid, mode, socket."""
        return card_file(self.folder)

    def program(self, name: str) -> Path:
        return self.run / "programs" / f"{name}.json"

    def lease(self, name: str) -> Path:
        return self.run / "leases" / f"{name}.json"

    def fifo(self, name: str) -> Path:
        return self.run / "fifo" / name

    def rest(self, name: str) -> Path:
        """The beginning of a line whose end has not come yet."""
        return self.run / "fifo" / f"{name}.rest"

    @property
    def mark(self) -> str:
        """A short text that is different for every folder on this machine."""
        return hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:12]

    def make(self) -> None:
        """Create the folders, readable by their owner only."""
        for path in (self.run, self.run / "programs", self.run / "leases", self.run / "fifo", self.log):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)


def socket_folder(folder: Path) -> Path:
    """A folder with a short path for sockets (their paths end at 107 bytes), created and private to this user.

    Raises StateError when somebody else owns it.
    """
    # Not below XDG_RUNTIME_DIR: that folder is removed when its user logs out, and what runs detached stays.
    path = Path("/tmp") / f"stackyard-{os.geteuid()}-{Places(folder).mark}"
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    if not _is_private(path):
        raise StateError(f"{path} belongs to somebody else", hint="Remove it, or ask its owner to.")
    return path


def _is_private(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Replace a small file at once, so that no reader sees half of it. Raises OSError.

    Not fsynced: what it describes, running processes, does not outlive a power cut either.
    """
    # In our own folder: nobody else makes names there, and no two processes have one pid.
    name = f"{path.parent}/.{path.name}.{os.getpid()}"
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor, not a path
            json.dump(data, file)
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def read_json(path: Path) -> dict[str, Any] | None:
    """The file's content, or None when there is none that can be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None
