"""Putting a damaged repository right, so far as that can be done from what is there.

restic stores no part of a file twice. What is damaged would be taken for stored, and no set would be whole again until
its data has changed. So files that are not what they are named for go aside, and the list of what lies where is written
anew: the next set then stores again what is missing, and older sets have it back with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from stackyard.backup import store, verify
from stackyard.backup.job import Job
from stackyard.backup.problem import BackupError, NotReadError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import VERIFICATION, BackupSet, Finding, State
from stackyard.backup.steps import Steps

ASIDE = "damaged"
"""The folder in a repository that damaged files are moved into. restic does not look there."""
_GONE = Finding("repository", "parts of it lay in files that were damaged or lost, and nothing has stored them again")
_MENDED = ("data", "index", "snapshots")
_NAME = 64
"""Characters of a SHA-256."""


def mend(restic: Restic, steps: Steps) -> bool:
    """Move what is damaged aside and have the rest found again. False when nothing was wrong.

    All of a repository on this machine is read for it. Of one elsewhere only what is missing is seen. Raises
    BackupError when it cannot be done.
    """
    with steps.step("putting the repository right"):
        count = _set_aside(restic.folder) if restic.folder else 0
        if not count and not restic.check():
            return False
        restic.rebuild_index()
    steps.warn("repository", f"it was damaged: {count} files were set aside, and what is missing is stored anew")
    return True


def _set_aside(folder: Path) -> int:
    # What has a name that goes on is still being written.
    whole = (file for file in contents(folder, _MENDED) if len(file.name) == _NAME)
    damaged = [file for file in whole if _is_damaged(file)]
    try:
        for file in damaged:
            (folder / ASIDE).mkdir(mode=0o700, exist_ok=True)
            file.replace(folder / ASIDE / file.name)
    except OSError as error:
        raise BackupError(f"{error.filename} cannot be moved aside: {error.strerror}") from error
    return len(damaged)


def contents(folder: Path, kinds: Sequence[str] = (*_MENDED, "keys")) -> list[Path]:
    """The files of a repository that are named for the SHA-256 of what is in them."""
    return [path for kind in kinds for path in sorted((folder / kind).rglob("*")) if path.is_file()]


def is_as_named(file: Path) -> bool:
    """Whether a file of a repository is what its name says. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == file.name


def _is_damaged(file: Path) -> bool:
    try:
        # Twice, for a disk may err once.
        return not is_as_named(file) and not is_as_named(file)
    except OSError:
        return True


def revisit(job: Job, restic: Restic, steps: Steps, *, is_mended: bool) -> None:
    """Judge the older sets by what there is now: a broken one whose lack was healed is good again; and after a mending
    a good one that lacks something is not.
    """
    for one in store.sets(job):
        if one.is_good and is_mended and _lacks(restic, one):
            store.save(job, one.found(_GONE))
        elif one.state == State.BROKEN and all(found.by == VERIFICATION for found in one.findings):
            _again(job, restic, one, steps)


def _lacks(restic: Restic, backup: BackupSet) -> bool:
    return restic.lacks([piece.snapshot for piece in backup.pieces])


def _again(job: Job, restic: Restic, backup: BackupSet, steps: Steps) -> None:
    try:
        if _lacks(restic, backup):
            return
        with steps.step(f"looking at {backup.id} again"):
            found = verify.examine(job, restic, backup, Steps(lambda _event: None))
    except NotReadError:
        return
    except BackupError as error:
        steps.warn(f"looking at {backup.id} again", error.what)
        return
    if not found:
        store.save(job, verify.judged(backup, found))
