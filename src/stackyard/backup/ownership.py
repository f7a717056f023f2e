"""Whose the files of copies are: those of the account that serves them, when we are root."""

from __future__ import annotations

import os
from pathlib import Path

from stackyard.backup.job import Account


def give(path: Path, account: Account | None) -> None:
    """Give the path to the account, where we may."""
    if account and os.geteuid() == 0:
        os.chown(path, account.uid, account.gid)


def give_all(folder: Path, account: Account | None) -> None:
    """The folder and everything in it to the account, and to nobody else. What links lead to is not given away."""
    folder.chmod(0o700)
    if account is None or os.geteuid() != 0:
        return
    for place, folders, files in os.walk(folder):
        for path in (place, *(os.path.join(place, name) for name in (*folders, *files))):  # noqa: PTH118
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
