"""What a consumer has handled already: events come at least once, their effects only once.

async with database.transaction() as session:
    if await inbox.is_new(session, "mailer", envelope.event.id):
        ...                                           # the effect, in the same transaction
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import Column, DateTime, MetaData, Table, Text, Uuid, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession


def inbox_table(metadata: MetaData, *, schema: str | None = None) -> Table:
    """The table of events that were handled, by consumer."""
    return Table(
        "inbox",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("event_id", Uuid, primary_key=True),
        Column("handled_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
        schema=schema,
    )


class Inbox:
    """Remembers in the caller's transaction: what is rolled back was not handled."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def is_new(self, session: AsyncSession, consumer: str, event_id: uuid.UUID) -> bool:
        """Whether `consumer` has not handled the event; from now on it has.

        The same event at the same time waits here for the first one's end.
        """
        row = {"consumer": consumer, "event_id": event_id}
        statement = insert(self._table).values(row).on_conflict_do_nothing().returning(self._table.c.event_id)
        return await session.scalar(statement) is not None

    async def sweep(self, session: AsyncSession, older: timedelta, limit: int = 10_000) -> int:
        """Forget at most `limit` events handled longer than `older` ago; how many it were.

        `older` has to be longer than an event can still come again: than all attempts of its relay together.
        """
        table = self._table
        old = table.c.handled_at < func.now() - older
        chosen = select(table.c.consumer, table.c.event_id).where(old).limit(limit)
        mark = tuple_(table.c.consumer, table.c.event_id)
        done = await session.execute(delete(table).where(mark.in_(chosen)).returning(table.c.event_id))
        return len(done.all())
