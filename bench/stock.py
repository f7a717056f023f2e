"""A system of one database with a size of our choosing, whose backups are measured."""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from bench.checkout import Checkout, running
from stackyard.backup import guard, pieces
from stackyard.backup import job as jobs
from stackyard.backup.events import silent
from stackyard.backup.job import Job, PostgresPart, Repository
from stackyard.backup.pieces import Making
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet, Kind, new_id, now
from stackyard.backup.steps import Steps
from stackyard.targets.native.layout import KEEPER, Layout

_STACK = """\
system: stock
resources:
  db: {postgres: 16}
backups: {wal: continuous, drill: never}
"""

_ROW = 900
"""Bytes of filler in a row: hexadecimal digits of random bytes. They compress to half, as much of real data does."""
_BESIDE = 50
"""What a row takes beside its filler, with its share of the index."""
_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class Stock:
    """The system while it is up. `rows` of filler are in its table."""

    checkout: Checkout
    rows: int

    @property
    def job(self) -> Job:
        """What its backups are made by."""
        return jobs.from_text((Layout(self.checkout.folder, "development").etc(KEEPER) / "job.json").read_text())

    @property
    def part(self) -> PostgresPart:
        """Its database."""
        return self.job.postgres[0]

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A session of the database's owner."""
        part = self.part
        password = Path(part.owner_password_file).read_text().strip()
        return psycopg.connect(
            host=part.host, port=part.port, user=part.owner, password=password, dbname=part.database, autocommit=True
        )

    def change(self, count: int) -> None:
        """Write `count` rows beside one another anew, with what nobody could foresee."""
        start = random.randrange(self.rows - count)
        self._write_anew(list(range(start, start + count)))

    def change_anywhere(self, count: int) -> None:
        """The same with rows that lie all over the table."""
        self._write_anew(random.sample(range(self.rows), count))

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """The keeper begins nothing: neither the first set, when it sees that there is none, nor to push WAL."""
        with guard.patient(self.job, "measurement", silent):
            yield

    def _write_anew(self, ids: list[int]) -> None:
        with self.connect() as session:
            session.execute("UPDATE filler SET data = reverse(data) WHERE id = ANY(%s)", (ids,))


@contextlib.contextmanager
def stock(place: Path, size: int) -> Iterator[Stock]:
    """The system in a folder of its own, up, with about `size` bytes in its database; stopped at the end."""
    place.mkdir()
    (place / "stackyard.yaml").write_text(_STACK)
    checkout = Checkout(place)
    checkout.choose_ports("db")
    with running(checkout):
        found = Stock(checkout, size // (_ROW + _BESIDE))
        with found.alone(), found.connect() as session:
            fill(session, found.rows)
        yield found


def fill(session: psycopg.Connection[tuple[Any, ...]], rows: int) -> None:
    """Frozen at once: a page whose rows are first looked at later is written again then, and counts as changed."""
    with session.transaction():
        session.execute("CREATE TABLE filler (id int NOT NULL, data text STORAGE PLAIN NOT NULL)")
        with session.cursor().copy("COPY filler FROM STDIN (FREEZE)") as copy:
            for start in range(0, rows, _ROWS_AT_ONCE):
                some = range(start, min(start + _ROWS_AT_ONCE, rows))
                copy.write("".join(f"{number}\t{os.urandom(_ROW // 2).hex()}\n" for number in some))
    session.execute("CREATE UNIQUE INDEX ON filler (id)")
    session.execute("VACUUM (FREEZE, ANALYZE) filler")


def elsewhere(job: Job, folder: Path) -> Job:
    """The job over a repository of its own, which is made."""
    place = str(folder / "repository")
    found = replace(job, folder=str(folder), repository=Repository(place, job.repository.password_file))
    Restic(found, found.repository).ensure()
    return found


def base(job: Job, part: PostgresPart) -> tuple[BackupSet, float]:
    """A base backup as a set makes it, and the seconds that it took."""
    begun = now()
    making = Making(job, Restic(job, job.repository), new_id(set()), Kind.MANUAL, Steps(silent), Path(job.folder))
    asked = time.perf_counter()
    piece, _, _ = pieces.base(making, part)
    taken = time.perf_counter() - asked
    return BackupSet(making.id, job.system, job.environment, Kind.MANUAL, begun, begun, now(), (piece,), ()), taken
