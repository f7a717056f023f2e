"""Names for moments, given by people: "before-import". Each can be gone back to, to the transaction."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from stackyard.backup import spool, store
from stackyard.backup.archive import snapshots
from stackyard.backup.database import connect
from stackyard.backup.job import Job
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import now
from stackyard.backup.targets import RestorePoint

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_PREFIX = "stackyard-mark-"


@dataclass(frozen=True)
class Mark:
    """A moment with a name. `taken` is UTC; `positions` and `clusters` tell, by part, where it lies in the WAL."""

    name: str
    taken: str
    positions: Mapping[str, str] = field(default_factory=dict)
    clusters: Mapping[str, str] = field(default_factory=dict)

    def target(self, part: str) -> RestorePoint:
        """What recovery of that database aims at."""
        return RestorePoint(_PREFIX + self.name, self.positions.get(part, ""))


def mark(job: Job, name: str) -> Mark:
    """Give this moment a name, in every database whose WAL is kept. The user of the job makes the restore points.

    Raises BackupError for a name that is taken or cannot be one, and when there is no such database or it does not
    answer.
    """
    if not _NAME.fullmatch(name):
        raise BackupError(
            f"{name!r} cannot be the name of a mark",
            hint="Up to 40 of a-z, 0-9, dot, dash and underscore: before-import.",
        )
    known = {one.name: one for one in marks(job)}
    if name in known:
        raise BackupError(f"there is a mark {name} already, of {known[name].taken}", hint="Choose another name.")
    parts = [part for part in job.postgres if part.wal]
    if not parts:
        raise BackupError("no database of this system keeps its WAL", hint="Write `wal: continuous` under `backups:`.")
    positions, clusters = {}, {}
    for part in parts:
        with connect(part) as session:
            row = session.execute(
                "select pg_create_restore_point(%s)::text, (pg_control_system()).system_identifier::text",
                (_PREFIX + name,),
            ).fetchone()
        assert row is not None
        positions[part.name], clusters[part.name] = str(row[0]), str(row[1])
    made = Mark(name, now(), positions, clusters)
    _keep(job, (*known.values(), made))
    return made


def marks(job: Job) -> tuple[Mark, ...]:
    """Every mark, oldest first; from the repository when this machine has lost its own list.

    Raises BackupError when the list cannot be read.
    """
    try:
        return _marks(json.loads(job.places.marks.read_text()))
    except FileNotFoundError:
        return _pushed(job)
    except (ValueError, TypeError) as error:
        raise BackupError(
            f"{job.places.marks} cannot be read: {error}", hint="Move it away; it is made again."
        ) from None


def find(job: Job, name: str) -> Mark:
    """The mark of that name. Raises BackupError when there is none."""
    known = marks(job)
    for one in known:
        if one.name == name:
            return one
    raise BackupError(
        f"there is no mark {name!r}", hint=f"There are: {', '.join(one.name for one in known[-5:]) or 'none'}."
    )


def _marks(told: list[dict[str, object]]) -> tuple[Mark, ...]:
    return tuple(Mark(**one) for one in told)  # type: ignore[arg-type]


def _keep(job: Job, every: tuple[Mark, ...]) -> None:
    store.write(job.places.marks, json.dumps([asdict(one) for one in every], indent=1))
    for part in job.postgres:
        for folder in job.places.wal(part.name, "x").parent.glob("*/"):
            with spool.held(folder):
                ledger = spool.read(folder)
                mine = {one.name: asdict(one) for one in every if one.clusters.get(part.name) == folder.name}
                if ledger:
                    spool.write(folder, replace(ledger, marks=mine))


def _pushed(job: Job) -> tuple[Mark, ...]:
    restic, found = Restic(job, job.repository), {}
    if restic.folder and not (restic.folder / "config").exists():
        return ()
    for part in job.postgres:
        for snapshot in snapshots(restic, part.name)[-1:]:
            with restic.dump(snapshot.id, spool.LEDGER) as taken:
                content = taken.whole()
            for one in _marks([dict(each) for each in spool.from_text(content.decode()).marks.values()]):
                found[one.name] = one
    return tuple(sorted(found.values(), key=lambda one: one.taken))
