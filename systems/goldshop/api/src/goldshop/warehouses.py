"""Warehouses."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop.refusals import changes_of, missing
from goldshop.schemas.stock import WarehouseChange, WarehouseIn, WarehouseList, WarehouseOut
from goldshop.tables import StockLevel, Warehouse
from stackyard_kit.problems import ProblemError


async def every(session: AsyncSession) -> WarehouseList:
    """All of them, by code."""
    rows = await session.scalars(select(Warehouse).order_by(Warehouse.code))
    return WarehouseList(items=[WarehouseOut.model_validate(one) for one in rows])


async def create(session: AsyncSession, wanted: WarehouseIn) -> WarehouseOut:
    """A new warehouse. Raises ProblemError 409 when the code is taken."""
    warehouse = Warehouse(id=uuid.uuid4(), active=True, **wanted.model_dump())
    session.add(warehouse)
    await _flush(session)
    return WarehouseOut.model_validate(warehouse)


async def change(session: AsyncSession, identifier: uuid.UUID, wanted: WarehouseChange) -> WarehouseOut:
    """Change what is named. Raises ProblemError 404, and 409 when one that is not empty is to be closed."""
    values = changes_of(wanted)
    warehouse = await session.get(Warehouse, identifier, with_for_update=True)
    if warehouse is None:
        raise missing("warehouse")
    there = select(StockLevel).where(StockLevel.warehouse_id == identifier, StockLevel.quantity > 0).limit(1)
    if wanted.active is False and (await session.scalars(there)).one_or_none() is not None:
        raise ProblemError(409, "There is stock in this warehouse.", kind="warehouse-not-empty")
    for name, value in values.items():
        setattr(warehouse, name, value)
    await _flush(session)
    return WarehouseOut.model_validate(warehouse)


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError:
        errors = [{"pointer": "/code", "detail": "This code is taken."}]
        raise ProblemError(409, "Another warehouse has this code.", kind="code-taken", errors=errors) from None
