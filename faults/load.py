"""Write load: who wrote what, what was acknowledged, and what of it is there in the end."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from psycopg import Connection

from faults.breakable import Breakable, seconds_until

Write = Callable[[str], object]
"""Writes one key and returns when that was acknowledged; raises when it was not."""

UNSETTLED = 2.0
"""Seconds of writes that Redis may acknowledge before it has handed them to the kernel, by its own rule, while the disk
takes longer for a flush than a second: see docs/faults.md."""
_PAUSE_AFTER_FAILURE = 0.1
"""Seconds until a writer tries again."""
_DYING = 0.5
"""Seconds within which a process is gone that was told to."""
WORK_LIMIT = 30.0
"""Seconds that the worker is given to finish what was queued, once everything is well again."""


@dataclass
class Journal:
    """What one writer did: keys that were acknowledged, with the moments, and how many attempts were not.

    No key is written twice, so whatever is there twice was doubled on the way.
    """

    acknowledged: dict[str, float] = field(default_factory=dict)
    failed: int = 0

    def missing(self, there: Container[str]) -> list[str]:
        """The acknowledged keys that are not among what is there."""
        return [key for key in self.acknowledged if key not in there]


@dataclass(frozen=True)
class Written:
    """What one writer came to: keys acknowledged, attempts that were not, and acknowledged keys that are not there."""

    writer: str
    acknowledged: int
    failed: int
    lost: int

    def sentence(self) -> str:
        """The same for people."""
        lost = f", {self.lost} LOST" if self.lost else ""
        return f"{self.writer}: {self.acknowledged:,} acknowledged, {self.failed:,} not{lost}"


@dataclass(frozen=True)
class Account:
    """What the load came to. `doubled` keys are there more than once; `undone` jobs were queued and never done.

    `unsettled` writes and jobs went with a Redis that was killed within `UNSETTLED` seconds; they are no loss.
    """

    writers: tuple[Written, ...]
    doubled: int
    undone: int
    unsettled: int = 0

    @property
    def lost(self) -> int:
        """Acknowledged writes and jobs that are not there."""
        return sum(one.lost for one in self.writers) + self.undone

    @property
    def is_whole(self) -> bool:
        """Whether everything that was acknowledged is there, and once."""
        return not self.lost and not self.doubled

    def sentences(self) -> tuple[str, ...]:
        """The figures for people."""
        told = [one.sentence() for one in self.writers]
        if self.doubled:
            told.append(f"{self.doubled} keys are there TWICE")
        if self.undone:
            told.append(f"{self.undone} jobs were queued and NEVER DONE")
        if self.unsettled:
            told.append(f"{self.unsettled} writes went with the last {UNSETTLED:.0f} s of a Redis that was killed")
        return tuple(told)


def total(accounts: Sequence[Account]) -> Account:
    """Several accounts in one."""
    by_writer = zip(*(account.writers for account in accounts), strict=True)
    return Account(
        writers=tuple(
            Written(
                ones[0].writer,
                sum(one.acknowledged for one in ones),
                sum(one.failed for one in ones),
                sum(one.lost for one in ones),
            )
            for ones in by_writer
        ),
        doubled=sum(account.doubled for account in accounts),
        undone=sum(account.undone for account in accounts),
        unsettled=sum(account.unsettled for account in accounts),
    )


class Load:
    """Writers that run until `account`."""

    def __init__(self, checkout: Breakable) -> None:
        self._checkout = checkout
        self._over = threading.Event()
        self._era = int(time.time())  # what an earlier load wrote is still there, and stays apart
        self._journals = {name: Journal() for name in _WRITERS}
        self._ends_of_cache: list[float] = []
        self._threads = [
            threading.Thread(target=self._run, args=(name, pause), daemon=True) for name, (_, pause) in _WRITERS.items()
        ]

    def start(self) -> None:
        """Begin to write."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Write no more; returns when the last write was answered."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def acknowledged(self) -> int:
        """How many writes were acknowledged so far."""
        return sum(len(journal.acknowledged) for journal in self._journals.values())

    def failed(self, writer: str) -> int:
        """How many attempts of one writer were refused or unanswered so far."""
        return self._journals[writer].failed

    def cache_dies(self) -> None:
        """Redis gets its SIGKILL now."""
        self._ends_of_cache.append(time.monotonic())

    def account(self) -> Account:
        """Stop, and look at what is there. Everything must be ready."""
        self.stop()
        checkout, era = self._checkout, str(self._era)
        there = {
            "api": _rows(checkout, "select key from notes where key like %s", era),
            "database": _rows(checkout, "select n::text from numbers where n::text like %s", era),
            "cache": _keys(checkout, era),
            "objects": _objects(checkout, era),
        }
        missing = {name: one.missing(there[name]) for name, one in self._journals.items()}
        undone = _undone(checkout, self._journals["api"].acknowledged, era)
        settled = self._settled("cache", missing["cache"])
        undone_settled = self._settled("api", undone)
        lost = {name: len(keys) for name, keys in missing.items()} | {"cache": len(settled)}
        return Account(
            writers=tuple(
                Written(name, len(one.acknowledged), one.failed, lost[name]) for name, one in self._journals.items()
            ),
            doubled=sum(count > 1 for found in there.values() for count in found.values()),
            undone=len(undone_settled),
            unsettled=len(missing["cache"]) - len(settled) + len(undone) - len(undone_settled),
        )

    def _settled(self, writer: str, keys: Iterable[str]) -> list[str]:
        """Those of the keys that Redis must have handed on before any of its deaths."""
        return settled(keys, self._journals[writer].acknowledged, self._ends_of_cache)

    def _run(self, name: str, pause: float) -> None:
        with _WRITERS[name][0](self._checkout) as write:
            self._write(self._journals[name], write, pause)

    def _write(self, journal: Journal, write: Write, pause: float) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            key = f"{self._era}{number:07}"
            try:
                write(key)
                journal.acknowledged[key] = time.monotonic()
                self._over.wait(pause)
            except Exception:  # noqa: BLE001 - each driver has its own ways to say that nothing was acknowledged
                journal.failed += 1
                self._over.wait(_PAUSE_AFTER_FAILURE)


def settled(keys: Iterable[str], moments: Mapping[str, float], ends: Sequence[float]) -> list[str]:
    """Those of the keys that were not acknowledged within `UNSETTLED` seconds before one of the ends."""
    return [key for key in keys if not any(-_DYING <= end - moments[key] <= UNSETTLED for end in ends)]


@contextmanager
def load(checkout: Breakable) -> Iterator[Load]:
    """Write load on a system that is up, until its account is asked for or the end."""
    writing = Load(checkout)
    writing.start()
    try:
        yield writing
    finally:
        writing.stop()


@contextmanager
def _to_api(checkout: Breakable) -> Iterator[Write]:
    with checkout.web() as web:
        yield lambda key: web.post(f"/api/notes/{key}").raise_for_status()


@contextmanager
def _to_database(checkout: Breakable) -> Iterator[Write]:
    connection: Connection | None = None

    def write(key: str) -> None:
        nonlocal connection
        if connection is None or connection.closed:
            if connection is not None:
                connection.close()
            connection = checkout.database()
        connection.execute("insert into numbers values (%s)", (int(key),))

    yield write
    if connection is not None:
        connection.close()


@contextmanager
def _to_cache(checkout: Breakable) -> Iterator[Write]:
    with checkout.cache() as cache:
        yield lambda key: cache.hincrby("numbers", key, 1)


@contextmanager
def _to_objects(checkout: Breakable) -> Iterator[Write]:
    with checkout.bucket() as bucket:
        yield lambda key: bucket.put_object(Key=f"numbers/{key}", Body=key.encode())


_WRITERS: Mapping[str, tuple[Callable[[Breakable], AbstractContextManager[Write]], float]] = {
    "api": (_to_api, 0.02),
    "database": (_to_database, 0.01),
    "cache": (_to_cache, 0.01),
    "objects": (_to_objects, 0.05),
}
"""What makes a way to write, and seconds between two writes: enough to hit every moment, and to leave room."""


def _rows(checkout: Breakable, query: str, era: str) -> Mapping[str, int]:
    with checkout.database() as connection:
        return Counter(key for (key,) in connection.execute(query, (f"{era}%",)))


def _keys(checkout: Breakable, era: str) -> Mapping[str, int]:
    with checkout.cache() as cache:
        found = cache.hgetall("numbers")
    return {str(key): int(count) for key, count in found.items() if str(key).startswith(era)}


def _objects(checkout: Breakable, era: str) -> Mapping[str, int]:
    """Objects by their content: half an object is none."""
    with checkout.bucket() as bucket:
        found = bucket.objects.filter(Prefix=f"numbers/{era}")
        return Counter(one.get()["Body"].read().decode() for one in found)


def _undone(checkout: Breakable, keys: Iterable[str], era: str) -> set[str]:
    """Which of the jobs that were acknowledged the worker has not done within `WORK_LIMIT`."""
    wanted = set(keys)

    def left() -> set[str]:
        return wanted - _rows(checkout, "select key from jobs_done where key like %s", era).keys()

    seconds_until(lambda: not left(), WORK_LIMIT)
    return left()
