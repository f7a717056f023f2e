"""What is lost when all of PostgreSQL is killed while people write: acknowledged rows that are in no copy."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench.measure import Measurement, Series
from bench.stock import Stock
from stackyard.backup import create, receive, recover, store
from stackyard.backup.events import silent
from stackyard.backup.sets import Kind
from stackyard.backup.targets import Latest

_GROUP = "backups"
_MOST = 5.0
_WRITERS, _LOAD = 4, 5.0
_TIMES = 3
_DRAIN = 1.0
"""Seconds in which the receiver writes what had reached it when the server died."""


@dataclass
class _Ledger:
    """What was acknowledged, kept by the writers: row and time."""

    rows: dict[int, float] = field(default_factory=dict)

    def lost(self, there: set[int]) -> tuple[int, float]:
        """How many rows are missing, and the seconds from the first of them to the last acknowledgement."""
        missing = [at for row, at in self.rows.items() if row not in there]
        return len(missing), max(self.rows.values()) - min(missing) if missing else 0.0


def measure(found: Stock, room: Path) -> list[Measurement]:
    """Seconds lost with what this machine received, and with what the repository holds."""
    with found.connect() as session:
        session.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
    with found.alone():
        create.create(found.job, kind=Kind.SAFETY, tell=silent)
        near = [_round(found, room, number, _LOAD, use_spool=True) for number in range(_TIMES)]
    # Long enough for the keeper to have put something into the repository, and to be in the middle of the next.
    far = _round(found, room, _TIMES, 1.5 * found.job.policy.push, use_spool=False)
    rows = sum(lost for lost, _, _ in near)
    return [
        Measurement(_GROUP, "lost when PostgreSQL and its disk are gone", "s",
                    Series("acknowledged", tuple(lost for _, lost, _ in near)), bound=_MOST,
                    note=f"{rows} of {sum(acknowledged for _, _, acknowledged in near):,} acknowledged rows lost"),
        Measurement(_GROUP, "lost when the whole machine is gone", "s", Series("acknowledged", (far[1],)),
                    note=f"WAL goes into the repository every {found.job.policy.push:.0f} s"),
    ]  # fmt: skip


def _round(found: Stock, room: Path, number: int, seconds: float, *, use_spool: bool) -> tuple[int, float, int]:
    """Rows lost, seconds lost, rows acknowledged."""
    data, ledger = Path(found.part.data), _Ledger()
    gone = data.with_name("gone")
    receive.require_received(found.job, found.part)
    with contextlib.ExitStack() as stack:
        with _writing(found, ledger, number):
            time.sleep(seconds)
            # The keeper is on the same machine: it begins to push nothing any more.
            stack.enter_context(found.alone())
            # Not only killed but gone: else the supervisor starts it again, and what was not received still comes.
            data.rename(gone)
            _kill(int((gone / "postmaster.pid").read_text().split()[0]))
        time.sleep(_DRAIN)
        there = _brought_back(found, room / f"lost-{number}", use_spool=use_spool)
        gone.rename(data)
    found.checkout.stackyard("up", "--detach")
    return *ledger.lost(there), len(ledger.rows)


def _brought_back(found: Stock, folder: Path, *, use_spool: bool) -> set[int]:
    """The rows that come out of what was kept elsewhere."""
    job, part = found.job, found.part
    recover.recover(
        job, store.find(job, "latest"), part, folder, Latest(), silent, throw_away=True, use_spool=use_spool
    )
    with recover.serving(part, folder) as server, server.connect() as session:
        there = {int(row[0]) for row in session.execute("SELECT id FROM ledger").fetchall()}
    shutil.rmtree(folder)
    return there


@contextlib.contextmanager
def _writing(found: Stock, ledger: _Ledger, number: int) -> Iterator[None]:
    """People who write one row after the other, until the server is no more."""
    threads = [
        threading.Thread(target=_write, args=(found, ledger, (number * _WRITERS + one) << 32))
        for one in range(_WRITERS)
    ]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()


def _write(found: Stock, ledger: _Ledger, row: int) -> None:
    with contextlib.suppress(psycopg.OperationalError), found.connect() as session:
        while True:
            row += 1
            session.execute("INSERT INTO ledger VALUES (%s)", (row,))
            ledger.rows[row] = time.monotonic()


def _kill(postmaster: int) -> None:
    """SIGKILL for the server and each of its processes, at once."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for pid in (postmaster, *map(int, children)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
