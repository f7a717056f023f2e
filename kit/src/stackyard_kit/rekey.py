"""Sealing again what an older key has sealed, while everybody goes on working.

    async for progress in rekey(database, keys, Plan(IBAN, key="id", index="iban_index")):
        print(progress.done, progress.left)

Each batch is a transaction of its own. Which key a value has stands in the value, so a run that was cut off is simply
started again, and two at once share the work. A value that somebody else has locked is left for the next round.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, bindparam, column, func, select, update
from sqlalchemy import table as table_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.expression import TableClause

from stackyard_kit.database import Database
from stackyard_kit.encryption import Field, KeyRing, RowKey, Sealed

_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Plan:
    """A sealed column: the column `key` is the key of its row, `index` that of its blind index, "" without one.

    `schema` is that of the table when it is not on the search path.
    """

    field: Field
    key: str = "id"
    index: str = ""
    schema: str | None = None


@dataclass(frozen=True)
class Progress:
    """How many values this run has sealed again, and how many are still to be."""

    done: int
    left: int


@dataclass(frozen=True)
class _Round:
    """One way through the table in the order of its keys: up to which, and how many values were old."""

    last: RowKey | None = None
    done: int = 0
    is_over: bool = False


async def rekey(
    database: Database, keys: KeyRing, plan: Plan, *, batch: int = 500, tenant: uuid.UUID | str | None = None
) -> AsyncIterator[Progress]:
    """Seal again what the key in use has not sealed, `batch` rows at a time, until nothing is left.

    With row-level security it does the rows of `tenant`, or of all when the role may see them. Raises SealError when a
    value does not open; what was done until then stays done.
    """
    done = 0
    while True:
        async with database.transaction(tenant=tenant, actor="rekey") as session:
            left = await remaining(session, keys, plan)
        yield Progress(done, left)
        if not left:
            return
        round_ = _Round()
        while not round_.is_over:
            async with database.transaction(tenant=tenant, actor="rekey") as session:
                round_ = await _batch(session, keys, plan, round_, batch)
            yield Progress(done + round_.done, max(left - round_.done, 0))
        done += round_.done
        if not round_.done:
            # All that is left is locked by others.
            await asyncio.sleep(_PAUSE_SECONDS)


async def remaining(session: AsyncSession, keys: KeyRing, plan: Plan) -> int:
    """How many values an older key has sealed; when it is none that key may go."""
    table = _table(plan)
    query = select(func.count()).select_from(table).where(_is_old(table, keys, plan))
    return (await session.scalar(query)) or 0


async def _batch(session: AsyncSession, keys: KeyRing, plan: Plan, before: _Round, size: int) -> _Round:
    table = _table(plan)
    key, sealed = table.c[plan.key], table.c[plan.field.column]
    query = select(key, sealed).where(_is_old(table, keys, plan))
    if before.last is not None:
        query = query.where(key > before.last)
    rows = (await session.execute(query.order_by(key).limit(size).with_for_update(skip_locked=True))).all()
    if not rows:
        return replace(before, is_over=True)
    changes = [_change(keys, plan, row[0], Sealed(bytes(row[1]))) for row in rows]
    names = {plan.field.column: "sealed"} | ({plan.index: "index"} if plan.index else {})
    values: dict[str, Any] = {name: bindparam(parameter) for name, parameter in names.items()}
    await (await session.connection()).execute(update(table).where(key == bindparam("row")).values(values), changes)
    return _Round(rows[-1][0], before.done + len(rows))


def _change(keys: KeyRing, plan: Plan, row: RowKey, old: Sealed) -> dict[str, object]:
    value = keys.open(plan.field, row, old)
    change: dict[str, object] = {"row": row, "sealed": keys.seal(plan.field, row, value).content}
    return change | ({"index": keys.index(plan.field, value)} if plan.index else {})


def _is_old(table: TableClause, keys: KeyRing, plan: Plan) -> ColumnElement[bool]:
    number = func.substring(table.c[plan.field.column], 2, 2)
    return number != keys.current.to_bytes(2)


def _table(plan: Plan) -> TableClause:
    names = {plan.key, plan.field.column, plan.index} - {""}
    columns = [column(name, LargeBinary) if name != plan.key else column(name) for name in sorted(names)]
    return table_of(plan.field.table, *columns, schema=plan.schema)
