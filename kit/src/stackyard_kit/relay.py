"""Delivery of what the outbox holds: at least once, in order for each key, by as many relays at once as one likes.

    relay = Relay(database, outbox, deliver, listen=settings.database_url, figures=RelayFigures(metrics))
    await relay.run()

A relay takes keys, not events: it locks a key that has undelivered events, delivers them in order, and writes down what
came of it in the same transaction. A relay that dies loses its connection, with it the locks, and the next one goes on
where its transaction began: events may come twice then (see `inbox`), and none is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from stackyard_kit import correlation
from stackyard_kit.database import Database, DatabaseAwayError
from stackyard_kit.metrics import Metrics
from stackyard_kit.outbox import Envelope, Outbox, envelope
from stackyard_kit.probes import connect_postgres
from stackyard_kit.settings import Secret

log = logging.getLogger(__name__)

Deliver = Callable[[Envelope], Awaitable[None]]
"""Hands an event over, and raises when it could not."""

_AWAY = (OSError, DatabaseAwayError, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
_MEASURE_SECONDS = 5.0
_SWEEP_SECONDS = 3600.0
_LONGEST_ERROR = 500


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How a relay goes about it; times are in seconds.

    A failed event comes again after `first_pause`, each time twice as late, at most `longest_pause`, and is dead after
    `tries`; meanwhile the later events of its key wait. `poll` is how often it looks when nobody has called it.
    """

    keys: int = 64
    events_of_key: int = 64
    tries: int = 12
    first_pause: float = 1.0
    longest_pause: float = 300.0
    patience: float = 10.0
    poll: float = 1.0
    keep_delivered: timedelta = timedelta(days=7)


class RelayFigures:
    """The figures of delivery; several relays tell the same backlog, so take the largest, not the sum."""

    def __init__(self, metrics: Metrics) -> None:
        self.pending = metrics.gauge("outbox_pending", "Events not delivered yet")
        self.dead = metrics.gauge("outbox_dead", "Events given up after too many attempts")
        self.lag = metrics.gauge("outbox_lag_seconds", "Age of the oldest event that is not delivered yet")
        self.delivered = metrics.counter("outbox_delivered", "Events delivered by this relay")
        self.failed = metrics.counter("outbox_failed_attempts", "Attempts that failed")


@dataclass(frozen=True)
class _Outcome:
    delivered: list[int]
    failed: int | None = None
    attempt: int = 0
    error: str = ""


class Relay:
    """Delivers until it is stopped. `listen` is a URL for a connection of its own that hears NOTIFY.

    A pooler between may swallow NOTIFY; polling finds everything then, later.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        deliver: Deliver,
        *,
        listen: Secret | None = None,
        pace: Pace | None = None,
        figures: RelayFigures | None = None,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._deliver = deliver
        self._listen = listen
        self._pace = pace or Pace()
        self._figures = figures
        self._called = asyncio.Event()
        self._place = ""
        self._stopping = False
        self._measured = self._swept = float("-inf")
        name = outbox.table.fullname
        self._claim, self._read, self._settle, self._fail = (text(one.format(outbox=name)) for one in _STATEMENTS)

    async def run(self) -> None:
        """Deliver until `stop` is called; whatever the database does, try again."""
        pause = 0.1
        async with contextlib.AsyncExitStack() as ears:
            ear: asyncpg.Connection[Any] | None = None
            while not self._stopping:
                try:
                    if self._listen is not None and (ear is None or ear.is_closed()):
                        ear = await connect_postgres(self._listen, "outbox relay")
                        ears.callback(ear.terminate)
                        await ear.add_listener(self._outbox.channel, self._call)
                    await self._work()
                    pause = 0.1
                except _AWAY as failure:
                    log.warning("the outbox cannot be read", extra={"fields": {"failure": type(failure).__name__}})
                    await self._rest(pause)
                    pause = min(pause * 2, 5.0)

    def stop(self) -> None:
        """End `run` when what is being delivered has been."""
        self._stopping = True
        self._called.set()

    async def step(self) -> int:
        """Deliver what is due of some keys and return how many events were settled; 0 when there is nothing to do."""
        async with self._database.engine.connect() as connection, connection.begin():
            heads = await self._heads(connection)
            if not heads:
                return 0
            taken = {"positions": [row.position for row in heads], "events": self._pace.events_of_key}
            rows = (await connection.execute(self._read, taken)).all()
            chains = [list(chain) for _, chain in groupby(rows, key=lambda row: row.key)]
            outcomes = await asyncio.gather(*(self._deliver_chain(chain) for chain in chains))
            await self._write_down(connection, outcomes)
        return sum(len(outcome.delivered) + (outcome.failed is not None) for outcome in outcomes)

    async def _heads(self, connection: AsyncConnection) -> Sequence[Any]:
        # On from the last key, and around: else a few busy keys could keep those after them waiting.
        for after in dict.fromkeys((self._place, "")):
            sizes = {"keys": self._pace.keys, "after": after}
            heads = (await connection.execute(self._claim, sizes)).all()
            if heads:
                self._place = heads[-1].key if len(heads) == self._pace.keys else ""
                return heads
        return ()

    async def _work(self) -> None:
        self._called.clear()
        while not self._stopping and await self.step():
            await self._look_after()
        await self._look_after()
        await self._rest(self._pace.poll)

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._called.wait()

    def _call(self, *_: object) -> None:
        self._called.set()

    async def _deliver_chain(self, chain: list[Any]) -> _Outcome:
        # One key, in order, until one fails or it has taken so long that others should have their turn.
        delivered: list[int] = []
        deadline = time.monotonic() + self._pace.patience
        for row in chain:
            if error := await self._hand_over(envelope(row)):
                return _Outcome(delivered, row.position, row.attempts + 1, error)
            delivered.append(row.position)
            if self._stopping or time.monotonic() > deadline:
                break
        return _Outcome(delivered)

    async def _hand_over(self, one: Envelope) -> str:
        if one.correlation:
            correlation.accept(one.correlation)
        try:
            async with asyncio.timeout(self._pace.patience):
                await self._deliver(one)
        except Exception as failure:  # noqa: BLE001 - whatever a handler raises, the event was not delivered
            fields = {"id": str(one.event.id), "kind": one.event.kind, "attempt": one.attempt}
            log.warning("an event was not delivered", extra={"fields": {**fields, "failure": type(failure).__name__}})
            return f"{type(failure).__name__}: {failure}".replace("\0", "")[:_LONGEST_ERROR]
        return ""

    async def _write_down(self, connection: AsyncConnection, outcomes: Iterable[_Outcome]) -> None:
        delivered = [position for outcome in outcomes for position in outcome.delivered]
        if delivered:
            await connection.execute(self._settle, {"positions": delivered})
        failed = [outcome for outcome in outcomes if outcome.failed is not None]
        for outcome in failed:
            row = {"position": outcome.failed, "error": outcome.error, "pause": self._pause(outcome.attempt)}
            row["state"] = "dead" if outcome.attempt >= self._pace.tries else "pending"
            await connection.execute(self._fail, row)
        if self._figures:
            self._figures.delivered.inc(len(delivered))
            self._figures.failed.inc(len(failed))

    def _pause(self, attempt: int) -> timedelta:
        # Not all at once again: what failed together failed for one reason.
        whole = min(self._pace.first_pause * 2.0 ** (attempt - 1), self._pace.longest_pause)
        return timedelta(seconds=whole * random.uniform(0.75, 1.0))

    async def _look_after(self) -> None:
        now = time.monotonic()
        if self._figures and now - self._measured > _MEASURE_SECONDS:
            self._measured = now
            async with self._database.transaction() as session:
                backlog = await self._outbox.backlog(session)
            self._figures.pending.set(backlog.pending)
            self._figures.dead.set(backlog.dead)
            self._figures.lag.set(backlog.lag_seconds)
        if now - self._swept > _SWEEP_SECONDS:
            async with self._database.transaction() as session:
                swept = await self._outbox.sweep(session, self._pace.keep_delivered)
            self._swept = now if swept == 0 else self._swept


# From key to key by the index, however many events each has, to the first event of each; so many of those that are due
# and that no other relay has are locked, by their keys, until the transaction ends.
_CLAIM = """
    with recursive walk as (
        (select key, position from {outbox} where state = 'pending' and key > :after order by key, position limit 1)
        union all
        select next.key, next.position from walk cross join lateral (
            select key, position from {outbox} event where state = 'pending' and event.key > walk.key
            order by event.key, event.position limit 1
        ) next
    )
    select head.position, head.key from walk cross join lateral (
        select position, key from {outbox} event where event.position = walk.position and case
            when due_at <= clock_timestamp() then pg_try_advisory_xact_lock(hashtextextended('{outbox} ' || key, 0))
        end offset 0
    ) head limit :keys
"""

# What it finds is newer than the locks: nothing that another relay has delivered before it let go of the key.
_READ = """
    select events.* from {outbox} head cross join lateral (
        select * from {outbox} event
        where event.key = head.key and event.position >= head.position and event.state = 'pending'
        order by event.position limit :events
    ) events
    where head.position = any(cast(:positions as bigint[])) order by head.position, events.position
"""

_SETTLE = """
    update {outbox} set state = 'delivered', attempts = attempts + 1, settled_at = clock_timestamp(), error = null
    where position = any(cast(:positions as bigint[]))
"""

_FAIL = """
    update {outbox} set state = :state, attempts = attempts + 1, error = :error, due_at = clock_timestamp() + :pause,
        settled_at = case when :state = 'dead' then clock_timestamp() end
    where position = :position
"""

_STATEMENTS = (_CLAIM, _READ, _SETTLE, _FAIL)
