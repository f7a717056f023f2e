"""Who may look into what is ours: folders and files that are for their owner only."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def loosened(folder: Path) -> str:
    """Why a folder of plain files is not private: what others on this machine can open, or ""; it may be absent."""
    for path in (folder, *(sorted(folder.iterdir()) if folder.is_dir() else ())):
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue
        if not stat.S_ISLNK(found.st_mode) and found.st_mode & 0o077:
            return f"others can open {path.name} (mode {stat.S_IMODE(found.st_mode):04o})"
    return ""


def make_private(folder: Path) -> None:
    """Close a folder and the plain files in it to everybody but their owner; links are left alone. Raises OSError."""
    for path in (folder, *folder.iterdir()):
        # Opened without following: in a folder that others could write to, a link may stand for something else.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK) if not path.is_symlink() else -1
        if descriptor < 0:
            continue
        try:
            os.fchmod(descriptor, os.fstat(descriptor).st_mode & 0o700)
        finally:
            os.close(descriptor)


def of_data(folder: Path, uid: int | None) -> str:
    """ "private" for a folder that only its owner opens, else what is wrong; `uid` is who must own it, if anybody."""
    found = folder.stat()
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        return f"mode {mode:04o}"
    return "private" if uid is None or found.st_uid == uid else f"owner {found.st_uid}"
