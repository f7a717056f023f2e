"""The trail of changes, with the names of who made them."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop.schemas.ledger import ChangeOut, ChangePage
from goldshop.tables import User
from stackyard_kit import trail
from stackyard_kit.trail import Change, Wanted


async def page(session: AsyncSession, table: str, row: uuid.UUID | None, cursor: str, limit: int) -> ChangePage:
    """One page of the changes of a table or of one row, the newest first."""
    wanted = Wanted(table_name=table, row={"id": row} if row else None)
    found = await trail.changes(session, wanted, cursor, limit)
    names = await _names(session, found.items)
    return ChangePage(items=[_shown(one, names) for one in found.items], next_cursor=found.next_cursor)


async def _names(session: AsyncSession, changes: list[Change]) -> dict[uuid.UUID, str]:
    actors = {actor for one in changes if (actor := _actor(one)) is not None}
    rows = await session.execute(select(User.id, User.name).where(User.id.in_(actors)))
    return {row.id: row.name for row in rows}


def _actor(change: Change) -> uuid.UUID | None:
    try:
        return uuid.UUID(change.actor or "")
    except ValueError:
        return None


def _shown(change: Change, names: dict[uuid.UUID, str]) -> ChangeOut:
    actor = _actor(change)
    return ChangeOut(
        id=change.id,
        at=change.at,
        action=change.action,
        table=change.table_name,
        row_key=change.row_key,
        actor_id=actor,
        actor=names.get(actor, change.actor) if actor else change.actor,
        correlation_id=change.correlation,
        before=change.before,
        after=change.after,
    )
