"""The copy off site: a second repository, which holds what the first one does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stackyard.backup import store
from stackyard.backup.job import Job, Repository
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet, State
from stackyard.backup.snapshots import Snapshot


def repository(job: Job) -> Restic | None:
    """The repository off site, None where the system has none."""
    return Restic(job, job.offsite) if job.offsite else None


def copy(job: Job, snapshots: Sequence[Snapshot]) -> None:
    """See that the repository off site holds these snapshots of ours; made when it is not there yet.

    What is there already costs nothing. Does nothing where the system has no such repository. Raises BackupError, also
    when a snapshot is not there afterwards.
    """
    there = repository(job)
    if there is None:
        return
    here = Restic(job, job.repository)
    _require_one_access(here.repository, there.repository)
    there.ensure(like=here)
    missing = _missing(snapshots, there)
    here.copy_to(there, [one.id for one in missing])
    if missing and (lost := _missing(missing, there)):
        raise BackupError(
            f"{len(lost)} of {len(missing)} snapshots did not reach the repository {there.repository.url}",
            details=[one.id for one in lost],
        )


def mirror(job: Job) -> int:
    """Copy every snapshot that is not off site yet, and say how many there were here; broken sets stay where they are,
    for half of one could not be copied. Raises BackupError."""
    broken = {one.id for one in store.sets(job) if one.state == State.BROKEN}
    snapshots = [one for one in Restic(job, job.repository).snapshots() if one.tags.get("set") not in broken]
    copy(job, snapshots)
    return len(snapshots)


def holds(job: Job, backup: BackupSet) -> bool:
    """True when all pieces of the set are off site, its manifest included. Raises BackupError."""
    there = repository(job)
    if there is None:
        return False
    found = there.snapshots({"set": backup.id})
    keys = {key(one)[:8] for one in found}
    whole = all(piece.snapshot[:8] in keys for piece in backup.pieces)
    return whole and any(one.tags.get("kind") == "manifest" for one in found)


def key(snapshot: Snapshot) -> str:
    """What a snapshot and its copies have in common."""
    return snapshot.original or snapshot.id


def _require_one_access(here: Repository, there: Repository) -> None:
    """Raises BackupError for two stores that want different keys under the same name.

    restic copies in one process. It has a second variable for the password of the source, and none for its keys.
    """
    both = here.environment.keys() & there.environment.keys()
    if any(_content(here.environment[name]) != _content(there.environment[name]) for name in both):
        raise BackupError(
            f"{here.url} and {there.url} have different keys, and restic can use only one pair at a time",
            hint="Give both stores the same keys, or keep the first repository in a folder of this machine.",
            details=tuple(sorted(both)),
        )


def _content(file: str) -> str:
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise BackupError(f"the secret in {file} cannot be read: {error.strerror}") from error


def _missing(snapshots: Sequence[Snapshot], there: Restic) -> list[Snapshot]:
    known = {key(one) for one in there.snapshots()}
    return [one for one in snapshots if key(one) not in known]
