"""That a drill has not touched what it tests: the spool and the repository, looked at before and after.

The running system goes on meanwhile: WAL is received and pushed. So what was there must be there still, unchanged; and
what is new must be WAL of the timeline that the server is on. A copy that wrote into the archive would bring another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stackyard.backup import spool
from stackyard.backup.archive import TAG
from stackyard.backup.job import Job
from stackyard.backup.restic import Restic
from stackyard.backup.segments import segment_named, timeline_named
from stackyard.backup.sets import Finding


@dataclass(frozen=True)
class Listing:
    """What lies in the spools (folder and name to size and time of change, and its timeline) and in the repository."""

    spooled: Mapping[str, tuple[int, int]]
    timelines: Mapping[str, int]
    snapshots: frozenset[str]

    @property
    def evidence(self) -> str:
        return f"{len(self.spooled)} files of WAL, {len(self.snapshots)} snapshots"


def listing(job: Job) -> Listing:
    """What there is now; of WAL only what is whole, and of snapshots those that no push replaces.

    Raises BackupError when the repository cannot be read.
    """
    found: dict[str, tuple[int, int]] = {}
    timelines: dict[str, int] = {}
    for part in job.postgres:
        for folder in job.places.wal(part.name, "x").parent.glob("*/"):
            ledger = spool.read(folder)
            for file in spool.files(folder, ledger.segment) if ledger else ():
                if file.is_partial:
                    continue
                name = f"{folder.name}/{file.path.name}"
                found[name] = (file.size, file.path.stat().st_mtime_ns)
                timelines[name] = _timeline(file.path.name)
    snapshots = frozenset(one.id for one in Restic(job, job.repository).snapshots() if TAG not in one.tags)
    return Listing(found, timelines, snapshots)


def _timeline(name: str) -> int:
    segment = segment_named(name, 1 << 20)
    return segment.timeline if segment else timeline_named(name) or 0


def differences(before: Listing, after: Listing) -> tuple[Finding, ...]:
    """What somebody did to the archive in between, besides adding to it as the running system does."""
    found = []
    for name, facts in before.spooled.items():
        if name not in after.spooled:
            found.append(Finding("archive", f"{name} was in the spool before the drill, and is gone"))
        elif after.spooled[name] != facts:
            found.append(Finding("archive", f"{name} was changed in the spool during the drill"))
    known = max(before.timelines.values(), default=0)
    for name, timeline in after.timelines.items():
        if name not in before.timelines and timeline > known and before.timelines:
            found.append(Finding("archive", f"{name} came into the spool during the drill, from another timeline"))
    gone = before.snapshots - after.snapshots
    if gone:
        found.append(Finding("archive", f"{len(gone)} snapshots went from the repository during the drill"))
    return tuple(found)
