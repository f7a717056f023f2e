"""The backups and the copies of a system out of its job, for a target whose data this process can reach itself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.backup import marks, receive, store, wal
from stackyard.backup.job import FilesPart, Job, PostgresPart, RedisPart
from stackyard.backup.problem import BackupError
from stackyard.backup.push import push
from stackyard.backup.sets import BackupSet, Finding, Kind
from stackyard.backup.steps import Steps
from stackyard.errors import StackyardError
from stackyard.operate.restoring.moment import stamp

if TYPE_CHECKING:
    from stackyard.backup.events import Tell
    from stackyard.backup.marks import Mark
    from stackyard.backup.recover import Recovered
    from stackyard.backup.targets import Target


@dataclass(frozen=True)
class JobBackups:
    """See `Backups`. `job` must reach the living parts; new sets are made for `own`, where that is another one."""

    job: Job
    own: Job | None = None

    def sets(self) -> tuple[BackupSet, ...]:
        return store.sets(self.job) or store.rebuild(self.job)

    def left(self) -> Mapping[str, float]:
        found = {}
        for one in self.sets():
            since = [at for part in self.job.postgres if (at := wal.left_at(self.job, part, one))]
            if since:
                found[one.id] = min(since)
        return found

    def marks(self) -> tuple[Mark, ...]:
        return marks.marks(self.job)

    def newest(self, part: str) -> str:
        from stackyard.backup.database import connect

        found = postgres_part(self.job, part)
        try:
            with connect(found):
                # It takes writes: whatever is given up reaches up to this moment.
                return stamp(datetime.now(UTC))
        except StackyardError:
            received = wal.newest(self.job, found)
            return stamp(datetime.fromtimestamp(received.written, UTC)) if received else ""

    def drilled(self) -> float:
        from stackyard.backup.drill import last_drill

        report = last_drill(self.job)
        return report.rto if report is not None else 0.0

    def has_wal(self, part: str) -> bool:
        return postgres_part(self.job, part).wal

    def make(self, kind: str, tell: Tell) -> BackupSet:
        from stackyard.backup.create import create

        return create(self.own or self.job, kind=Kind(kind), tell=tell)

    @contextmanager
    def held(self, tell: Tell) -> Iterator[None]:
        from stackyard.backup.guard import patient

        with patient(self.job, "restore", tell):
            yield

    def push(self) -> None:
        for part in self.job.postgres:
            if part.wal:
                is_received = self._is_received(part)
                push(self.job, part)
                if not is_received:
                    raise BackupError(f"what {part.name} has committed last was not received")

    def _is_received(self, part: PostgresPart) -> bool:
        """Whether all that the living database has committed can be brought back; nothing comes of one that is down."""
        if self.own not in (None, self.job):
            return True  # What is brought back is not of the database here.
        try:
            return receive.catch_up(self.job, part, receive.PATIENCE)
        except BackupError:
            return True


@dataclass(frozen=True)
class JobCopies:
    """See `Copies`, but for `side_database`, which only a target can do. `roots` are the live places of parts."""

    job: Job
    roots: Mapping[str, str]

    def database(self, backup: BackupSet, part: str, target: Target, place: str, tell: Tell) -> Recovered:
        from stackyard.backup.recover import recover

        return recover(self.job, backup, postgres_part(self.job, part), Path(place), target, tell)

    def files(self, backup: BackupSet, part: str, place: str, tell: Tell) -> None:
        from stackyard.backup import fetch

        found = files_part(self.job, part)
        into = Path(place) / Path(found.path).relative_to(self.roots[part])
        with Steps(tell).step(f"files of {part}"):
            fetch.files(self.job, backup, found, into)

    def cache(self, backup: BackupSet, part: str, place: str, tell: Tell) -> int:
        from stackyard.backup import fetch
        from stackyard.backup.cache import recover_cache

        found = redis_part(self.job, part)
        with Steps(tell).step(f"cache {part}"), tempfile.TemporaryDirectory(prefix="stackyard-") as folder:
            snapshot = Path(folder) / "dump.rdb"
            fetch.rdb(self.job, backup, found, snapshot)
            return recover_cache(found, snapshot, Path(place))

    def examine(self, backup: BackupSet, part: str, place: str, *, is_moment: bool) -> tuple[Finding, ...]:
        from stackyard.backup.ladder import examine

        return examine(self.job, backup, postgres_part(self.job, part), Path(place), target_is_moment=is_moment)

    def tables(self, part: str, place: str) -> tuple[str, ...]:
        from stackyard.backup.recover import serving

        with serving(postgres_part(self.job, part), Path(place)) as server, server.connect() as connection:
            return tuple(str(row[0]) for row in connection.execute(TABLES))


TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND n.nspname !~ '^pg_'
  AND n.nspname NOT IN ('information_schema', 'stackyard', 'stackyard_backup')
ORDER BY 1
"""
"""The tables of the system itself."""


def postgres_part(job: Job, name: str) -> PostgresPart:
    """The database of that name."""
    return next(one for one in job.postgres if one.name == name)


def redis_part(job: Job, name: str) -> RedisPart:
    """The cache of that name."""
    return next(one for one in job.redis if one.name == name)


def files_part(job: Job, name: str) -> FilesPart:
    """The store of that name."""
    return next(one for one in job.files if one.name == name)
