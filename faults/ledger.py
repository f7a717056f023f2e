"""A ledger of writes, kept outside of the system: numbered rows, each with the times when it was asked and answered."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from faults.breakable import Breakable, seconds_until

_PAUSE, _PAUSE_AFTER_FAILURE = 0.005, 0.05
_CLOCK = 0.01
"""Seconds by which the time of a commit, as it is told, may be too early."""
ROWS = "select n, told from ledger"

Row = tuple[int, str]


@dataclass(frozen=True)
class Entry:
    """One attempt. `asked` is before it, `answered` after it was acknowledged (UNIX), None when it never was."""

    number: int
    told: str
    asked: float
    answered: float | None


class Ledger:
    """One writer, one row after the other, on until `stop`. No number is used twice."""

    def __init__(self, checkout: Breakable) -> None:
        self._checkout = checkout
        self._over = threading.Event()
        self._entries: list[Entry] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._connection: Connection[Any] | None = None

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write no more; returns when the last attempt has ended."""
        self._over.set()
        self._thread.join()

    def entries(self) -> tuple[Entry, ...]:
        """Every attempt that has ended."""
        return tuple(self._entries)

    def goes_on(self, rows: int = 20, limit: float = 60.0) -> bool:
        """Wait until so many more rows were acknowledged; False when that takes longer than `limit` seconds."""
        wanted = self.acknowledged + rows
        return seconds_until(lambda: self.acknowledged >= wanted, limit) is not None

    @property
    def acknowledged(self) -> int:
        return sum(one.answered is not None for one in self.entries())

    def _run(self) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            asked = time.time()
            told = f"row {number}, asked at {asked:.6f}"
            try:
                self._write(number, told)
                self._entries.append(Entry(number, told, asked, time.time()))
                self._over.wait(_PAUSE)
            except Exception:  # noqa: BLE001 - whatever it was, it was no acknowledgement
                self._entries.append(Entry(number, told, asked, None))
                self._over.wait(_PAUSE_AFTER_FAILURE)
        if self._connection is not None:
            self._connection.close()

    def _write(self, number: int, told: str) -> None:
        if self._connection is None or self._connection.closed:
            if self._connection is not None:
                self._connection.close()
            self._connection = self._checkout.database()
        self._connection.execute("insert into ledger values (%s, %s)", (number, told))


@contextmanager
def ledger(checkout: Breakable) -> Iterator[Ledger]:
    """A ledger over a system that is up; it is stopped in the end."""
    kept = Ledger(checkout)
    kept.start()
    try:
        yield kept
    finally:
        kept.stop()


def differences(entries: Sequence[Entry], rows: Iterable[Row], point: float | None) -> list[str]:
    """What of a copy is not as the ledger has it; `point` is the recovery point (UNIX), None for all that there is.

    What was acknowledged before the point must be there, what was asked after it must not, and nothing twice, changed
    or invented. The writer is one, so what is older than the newest row must be there as well.
    """
    there = Counter(rows)
    known = {(one.number, one.told): one for one in entries}
    newest = max((number for number, _ in there), default=0)
    due = [one for one in entries if one.answered and (point is None or one.answered <= point or one.number < newest)]
    after = [one for one in entries if point is not None and one.asked > point + _CLOCK]
    counted = {
        "acknowledged rows are missing": sum((one.number, one.told) not in there for one in due),
        "rows are there twice": sum(count > 1 for count in there.values()),
        "rows are there that nobody wrote like this": sum(row not in known for row in there),
        "rows are there from after the recovery point": sum((one.number, one.told) in there for one in after),
    }
    return [f"{count} {what}" for what, count in counted.items() if count]


def beyond(entries: Iterable[Entry], rows: Iterable[Row]) -> int:
    """How many rows were acknowledged and are newer than all of the copy: what the disaster cost."""
    newest = max((number for number, _ in rows), default=0)
    return sum(one.number > newest for one in entries if one.answered)
