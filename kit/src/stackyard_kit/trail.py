"""Reading the audit trail, newest first."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Select, Table, Text, cast, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from stackyard_kit.pages import Keyset, Page, Part

_CHANGES = Table(
    "changes",
    MetaData(schema="audit"),
    Column("id", BigInteger, primary_key=True),
    Column("at", DateTime(timezone=True), primary_key=True),
    Column("action", Text),
    Column("table_name", Text),
    Column("row_key", JSONB),
    Column("actor", Text),
    Column("tenant", Text),
    Column("correlation", Text),
    Column("role", Text),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("left_out", ARRAY(Text)),
)

_NEWEST = Keyset(Part(_CHANGES.c.at, descending=True), Part(_CHANGES.c.id, descending=True))


@dataclass(frozen=True)
class Change:
    """One change. `before` is None for an INSERT, `after` for a DELETE, both and the key for a TRUNCATE."""

    id: int
    at: datetime
    action: str
    table_name: str
    row_key: dict[str, Any] | None
    actor: str | None
    tenant: str | None
    correlation: str | None
    role: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    left_out: list[str]

    @property
    def differences(self) -> dict[str, tuple[Any, Any]]:
        """The columns that an UPDATE changed, each with its value before and after."""
        before, after = self.before or {}, self.after or {}
        names = before.keys() | after.keys()
        return {
            name: (before.get(name), after.get(name)) for name in sorted(names) if before.get(name) != after.get(name)
        }


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which changes: all that are named have to fit. `row` is the key of a row, such as {"id": ...}."""

    table_name: str = ""
    row: Mapping[str, str | int | uuid.UUID] | None = None
    actor: str = ""
    correlation: str = ""
    since: datetime | None = None
    until: datetime | None = None


async def changes(session: AsyncSession, wanted: Wanted, cursor: str = "", limit: int = 50) -> Page[Change]:
    """One page of the changes wanted. Raises ProblemError 422 for a cursor that is none of this list."""
    found = (await session.execute(_NEWEST.narrow(_chosen(wanted), cursor, limit))).all()
    rows = [Change(**row._mapping) for row in found]
    return _NEWEST.cut(rows, limit, lambda change: (change.at, change.id))


def _chosen(wanted: Wanted) -> Select[Any]:
    query: Select[Any] = select(_CHANGES)
    column = _CHANGES.c
    for name in ("table_name", "actor", "correlation"):
        if value := getattr(wanted, name):
            query = query.where(column[name] == value)
    if wanted.row is not None:
        key = {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in wanted.row.items()}
        query = query.where(column.row_key == cast(key, JSONB))
    if wanted.since is not None:
        query = query.where(column.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(column.at < wanted.until)
    return query
