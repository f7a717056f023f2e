"""Events that other parts hear of exactly when the change they tell of was committed: the transactional outbox.

    async with database.transaction() as session:
        ...                                                    # the change
        await outbox.write(session, Event("order.placed", {"number": 1001}, key=str(order.id)))

The event is a row of the same transaction; a relay (see `relay`) delivers it afterwards, at least once. Events of one
key come in the order in which their transactions were committed. In a migration:
`outbox_table(MetaData()).create(op.get_bind())`.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from stackyard_kit import correlation

_TURNS = text(
    """
    select pg_notify(:channel, ''),
        (select count(pg_advisory_xact_lock(number)) from unnest(cast(:numbers as bigint[])) number)
    """
)


@dataclass(frozen=True)
class Event:
    """Something that happened. Events of the same `key` are delivered in order; without one, in any."""

    kind: str
    payload: dict[str, Any]
    key: str = ""
    id: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True)
class Envelope:
    """An event as it is delivered: `attempt` counts from 1, and `event.id` is the same each time."""

    event: Event
    tenant: str | None
    actor: str | None
    correlation: str | None
    created_at: datetime
    attempt: int
    error: str | None = None


@dataclass(frozen=True)
class Backlog:
    """What is still to be delivered, what was given up, and how old the oldest undelivered event is."""

    pending: int
    dead: int
    lag_seconds: float


def outbox_table(metadata: MetaData, *, schema: str | None = None) -> Table:
    """The table of events: pending until they are delivered or, after too many attempts, dead."""
    moment = DateTime(timezone=True)
    table = Table(
        "outbox",
        metadata,
        Column("position", BigInteger, Identity(always=True), primary_key=True),
        Column("id", Uuid, nullable=False, unique=True),
        Column("key", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("payload", JSONB, nullable=False),
        Column("tenant", Text),
        Column("actor", Text),
        Column("correlation", Text),
        Column("created_at", moment, nullable=False, server_default=func.clock_timestamp()),
        Column("state", Text, nullable=False, server_default="pending"),
        Column("attempts", Integer, nullable=False, server_default="0"),
        Column("due_at", moment, nullable=False, server_default=func.clock_timestamp()),
        Column("settled_at", moment),
        Column("error", Text),
        CheckConstraint("state in ('pending', 'delivered', 'dead')", name="outbox_state"),
        schema=schema,
    )
    pending = table.c.state == "pending"
    Index("outbox_in_order", table.c.key, table.c.position, postgresql_where=pending)
    Index("outbox_settled", table.c.state, table.c.settled_at, postgresql_where=~pending)
    return table


class Outbox:
    """Writes events in the caller's transaction, and says what has become of them."""

    def __init__(self, table: Table) -> None:
        self.table = table

    @property
    def channel(self) -> str:
        """The channel of NOTIFY on which relays hear that there is something to deliver."""
        return self.table.fullname

    async def write(self, session: AsyncSession, *events: Event) -> None:
        """Add `events` to the transaction.

        Transactions that write events of the same key wait for one another until they end: else one that is committed
        later could have taken the earlier place. Write events last, so that nobody waits long.
        """
        if not events:
            return
        numbers = sorted({_number(self.table.fullname, event.key) for event in events if event.key})
        await session.execute(_TURNS, {"channel": self.channel, "numbers": numbers})
        who = {name: func.nullif(func.current_setting(f"app.{name}", True), "") for name in ("tenant", "actor")}
        rows = [
            {
                "id": event.id,
                "key": event.key or str(event.id),
                "kind": event.kind,
                "payload": event.payload,
                "correlation": correlation.current() or None,
            }
            for event in events
        ]
        await session.execute(insert(self.table).values(who), rows)

    async def backlog(self, session: AsyncSession) -> Backlog:
        """How far delivery is behind."""
        table = self.table
        age = func.extract("epoch", func.clock_timestamp() - func.min(table.c.created_at))
        query = select(func.count(), func.coalesce(age, 0)).where(table.c.state == "pending")
        pending, lag = (await session.execute(query)).one()
        dead = await session.scalar(select(func.count()).where(table.c.state == "dead"))
        return Backlog(pending, dead or 0, max(0.0, float(lag)))

    async def dead_letters(self, session: AsyncSession, limit: int = 100) -> list[Envelope]:
        """What was given up, the oldest first, each with the error of its last attempt."""
        table = self.table
        query = select(table).where(table.c.state == "dead").order_by(table.c.position).limit(limit)
        return [envelope(row) for row in await session.execute(query)]

    async def revive(self, session: AsyncSession, identifiers: Sequence[uuid.UUID]) -> int:
        """Have dead events delivered after all, with all attempts before them; how many there were.

        Later events of the same key have gone before them.
        """
        table = self.table
        again = {"state": "pending", "attempts": 0, "due_at": func.clock_timestamp(), "settled_at": None}
        chosen = table.c.id.in_(identifiers) & (table.c.state == "dead")
        done = await session.execute(update(table).where(chosen).values(again).returning(table.c.id))
        await session.execute(_TURNS, {"channel": self.channel, "numbers": []})
        return len(done.all())

    async def sweep(self, session: AsyncSession, older: timedelta, limit: int = 10_000) -> int:
        """Remove at most `limit` events that were delivered longer than `older` ago; how many it were."""
        table = self.table
        old = (table.c.state == "delivered") & (table.c.settled_at < func.now() - older)
        chosen = select(table.c.position).where(old).limit(limit).with_for_update(skip_locked=True)
        done = await session.execute(delete(table).where(table.c.position.in_(chosen)).returning(table.c.position))
        return len(done.all())


def envelope(row: Any) -> Envelope:
    """The row of an event as it is delivered for the next time."""
    event = Event(row.kind, row.payload, row.key, row.id)
    return Envelope(event, row.tenant, row.actor, row.correlation, row.created_at, row.attempts + 1, row.error)


def _number(place: str, key: str) -> int:
    digest = hashlib.sha256(f"{place}\0{key}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
