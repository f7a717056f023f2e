"""Ended sessions: what makes an access token worthless before its time, within seconds and on every replica.

An access token lives for minutes, so the sessions that ended within these minutes are all there is to know, and few:
every process knows them by heart and reads the newest every FRESH_SECONDS from the database. A request asks nobody,
and Redis is not needed. While the database is away the last list serves on; what needs the database fails anyway.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, MetaData, Table, Uuid, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from stackyard_kit.database import Database
from stackyard_kit.freshness import Freshness
from stackyard_kit.tokens import ACCESS_LIFETIME

FRESH_SECONDS = 2.0
"""How long a process trusts its list; a session that ends is refused everywhere after this and one query."""

_MARGIN = timedelta(minutes=5)

# A transaction may commit later than another that ended its session after it; longer than this it never takes.
_OVERLAP = timedelta(minutes=1)


def ended_session_table(metadata: MetaData) -> Table:
    """The table of sessions that ended lately, by the database's clock."""
    clock = func.clock_timestamp()
    return Table(
        "ended_sessions",
        metadata,
        Column("session", Uuid, primary_key=True),
        Column("ended_at", DateTime(timezone=True), nullable=False, server_default=clock, index=True),
    )


class EndedSessions:
    """The list of one process."""

    def __init__(self, database: Database, table: Table, *, lifetime: timedelta = ACCESS_LIFETIME) -> None:
        """`lifetime` is that of the access tokens: a session is kept in mind a little longer than that."""
        self._database = database
        self._table = table
        self._kept = lifetime + _MARGIN
        self._ended: dict[str, float] = {}
        self._newest: datetime | None = None
        self._freshness = Freshness("ended sessions", self._load, seconds=FRESH_SECONDS)

    async def contains(self, session_id: str) -> bool:
        """Whether the session has ended. Raises what the database raises when the list was never read."""
        await self._freshness.ensure()
        return session_id in self._ended

    async def add(self, session: AsyncSession, session_ids: Iterable[uuid.UUID]) -> None:
        """End sessions, in the caller's transaction; call `expire` after its commit to know it here at once."""
        ended = [{"session": one} for one in session_ids]
        if not ended:
            return
        await session.execute(insert(self._table).values(ended).on_conflict_do_nothing())
        long_ago = func.clock_timestamp() - self._kept
        await session.execute(delete(self._table).where(self._table.c.ended_at < long_ago))

    def expire(self) -> None:
        """Read the list before the next answer."""
        self._freshness.expire()

    async def close(self) -> None:
        """End a reading that is under way."""
        await self._freshness.close()

    async def _load(self) -> None:
        ended_at = self._table.c.ended_at
        since = func.clock_timestamp() - self._kept if self._newest is None else self._newest - _OVERLAP
        async with self._database.transaction() as session:
            rows = (await session.execute(select(self._table).where(ended_at > since))).all()
        moment = time.monotonic()
        self._ended = {one: until for one, until in self._ended.items() if until > moment}
        for row in rows:
            self._ended.setdefault(str(row.session), moment + self._kept.total_seconds())
            self._newest = max(self._newest or row.ended_at, row.ended_at)
