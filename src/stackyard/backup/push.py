"""Putting the WAL that was received into the repository: one snapshot a set, replaced as it grows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stackyard.backup import offsite, spool
from stackyard.backup.archive import TAG, snapshots
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.restic import Restic


@dataclass(frozen=True)
class Pushed:
    """A snapshot of the spool of a cluster: its id, since which set it reaches, and by how many bytes the repository
    grew."""

    snapshot: str
    since: str
    added: int
    cluster: str


def push(job: Job, part: PostgresPart) -> tuple[Pushed, ...]:
    """Put every spool of the database into the repository; a snapshot with more of the same replaces the one before.

    The repository off site is brought up to date as well. Raises BackupError when either cannot be written; what they
    held before they still hold.
    """
    folders = sorted(job.places.wal(part.name, "x").parent.glob("*/"))
    return tuple(made for folder in folders if (made := _push(job, part, folder)))


def _push(job: Job, part: PostgresPart, folder: Path) -> Pushed | None:
    with spool.held(folder):
        ledger = spool.read(folder)
        if ledger is None:
            return None
        ledger = spool.sealed(folder, ledger)
        spool.write(folder, ledger)
        restic = Restic(job, job.repository)
        tags = {TAG: "", "part": part.name, "cluster": ledger.cluster, "since": ledger.since}
        before = [one for one in snapshots(restic, part.name, ledger.cluster) if one.has(tags)]
        first, is_whole = _extent(folder, ledger)
        kept = restic.backup_folder(folder, {**tags, "first": first})
        if is_whole:
            restic.forget([one.id for one in before if one.id != kept.snapshot and one.tags.get("first", "") >= first])
        _mirror(job, tags, may_forget=is_whole)
        return Pushed(kept.snapshot, ledger.since, kept.added, ledger.cluster)


def _mirror(job: Job, tags: dict[str, str], *, may_forget: bool) -> None:
    """Bring what is here off site; there, too, only the newest snapshot stays."""
    there = offsite.repository(job)
    if there is None:
        return
    here = Restic(job, job.repository).snapshots(tags)
    offsite.copy(job, here)
    if may_forget:
        kept = {offsite.key(one) for one in here}
        there.forget([one.id for one in there.snapshots(tags) if offsite.key(one) not in kept])


def _extent(folder: Path, ledger: spool.Ledger) -> tuple[str, bool]:
    """Where the spool begins, timeline left out, and whether it holds all that it ever held since.

    A spool that has lost something must not replace the snapshot that still has it.
    """
    names = {file.path.name for file in spool.files(folder, ledger.segment) if file.segment}
    first = min((name[8:24] for name in names), default="")
    return first, bool(names) and names >= set(ledger.segments)
