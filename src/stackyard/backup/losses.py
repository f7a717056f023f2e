"""What a disaster would have cost: how old the newest change is that comes back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from stackyard.backup import archive
from stackyard.backup.drill_report import Loss
from stackyard.backup.job import Job
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet
from stackyard.backup.wal import is_kept

DATA, MACHINE = "data folder lost", "machine lost"


def losses(job: Job, backup: BackupSet, begun: datetime, last_commits: Mapping[str, str]) -> tuple[Loss, ...]:
    """What each part would have lost at `begun`. `last_commits` is what the drill's copies came back with.

    The promise is about the databases, where there are any; the others are as old as the set. Raises BackupError when
    the repository that would be left cannot be read.
    """
    found = []
    for part in job.postgres:
        moment = backup.database(part.name)
        if moment is None:
            continue
        last = last_commits.get(part.name)
        seconds = _age(last, begun) if last else None
        evidence = f"the last commit that was replayed is of {last}" if last else "nothing could be replayed"
        found.append(Loss(part.name, DATA, seconds, evidence))
        pushed, where = _pushed(job, backup, part.name) if is_kept(part, backup) else (moment.taken, "the set")
        found.append(
            Loss(part.name, MACHINE, _age(pushed, begun) if pushed else None, f"{where}: {pushed or 'nothing'}")
        )
    for name in (*(one.name for one in job.redis), *(one.name for one in job.files)):
        evidence = f"it is saved with each set: {backup.moment}"
        found.append(Loss(name, DATA, _age(backup.moment, begun), evidence, counts=not job.postgres))
    return tuple(found)


def _pushed(job: Job, backup: BackupSet, part: str) -> tuple[str, str]:
    """When WAL last reached what a lost machine leaves: off site, or a repository that is hoped to be elsewhere."""
    repository = job.offsite or job.repository
    moment = backup.database(part)
    there = archive.snapshots(Restic(job, repository), part, moment.cluster if moment else "")
    where = "WAL was last brought off site" if job.offsite else "WAL was last put into the repository"
    return (there[-1].time if there else ""), where


def _age(then: str, begun: datetime) -> float:
    return max((begun - datetime.fromisoformat(then)).total_seconds(), 0.0)
