"""Rows that are written together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from goldshop.tables import Table


async def insert_together(session: AsyncSession, table: type[Table], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, a thousand at most, by one statement: its triggers see all of them, and lock sums in order.

    RETURNING is what makes one statement of them. VALUES with many rows would be one as well, but SQLAlchemy writes
    its text anew each time.
    """
    own = table.metadata.tables[table.__tablename__]
    await session.execute(own.insert().returning(*own.primary_key), rows)
