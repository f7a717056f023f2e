"""Warehouses, movements and transfers."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop import announce, movements, warehouses
from goldshop.asking import Asked, answer_once, asked
from goldshop.movements import Wanted
from goldshop.parts import CLERK, ClerkDep, ManagerDep, Parts, PartsDep, user_id
from goldshop.schemas.common import Since
from goldshop.schemas.stock import (
    LevelOut,
    MovementIn,
    MovementMade,
    MovementPage,
    Reason,
    TransferIn,
    WarehouseChange,
    WarehouseIn,
    WarehouseList,
    WarehouseOut,
)
from stackyard_kit.idempotency import IdempotencyKey
from stackyard_kit.pages import Cursor, Limit

router = APIRouter(prefix="/api", tags=["stock"])


@router.get("/warehouses", dependencies=[CLERK])
async def list_warehouses(parts: PartsDep) -> WarehouseList:
    """All warehouses, also those that are closed."""
    async with parts.database.transaction() as session:
        return await warehouses.every(session)


@router.post("/warehouses", status_code=201)
async def create_warehouse(wanted: WarehouseIn, caller: ManagerDep, parts: PartsDep) -> WarehouseOut:
    """A new warehouse."""
    async with parts.acting(caller) as session:
        return await warehouses.create(session, wanted)


@router.patch("/warehouses/{warehouse_id}")
async def change_warehouse(
    warehouse_id: uuid.UUID, change: WarehouseChange, caller: ManagerDep, parts: PartsDep
) -> WarehouseOut:
    """Change what is named and leave the rest; one that is not empty stays open."""
    async with parts.acting(caller) as session:
        made = await warehouses.change(session, warehouse_id, change)
    await announce.changed(parts)
    return made


@router.get("/movements", dependencies=[CLERK])
async def list_movements(
    parts: PartsDep,
    variant: uuid.UUID | None = None,
    warehouse: uuid.UUID | None = None,
    reason: Reason | None = None,
    since: Annotated[Since | None, Query(alias="from")] = None,
    until: Annotated[Since | None, Query(alias="to", description="before this moment")] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> MovementPage:
    """Movements, the newest first."""
    wanted = Wanted(variant, warehouse, reason or "", since, until, cursor, limit)
    async with parts.database.transaction() as session:
        return await movements.page(session, wanted)


@router.post("/movements", status_code=201, response_model=MovementMade)
async def record_movement(
    wanted: MovementIn, request: Request, caller: ManagerDep, parts: PartsDep, key: IdempotencyKey = None
) -> Response:
    """Record what was counted, or what the shop begins with; the books change with it."""

    def move(session: AsyncSession) -> Awaitable[MovementMade]:
        return movements.record(session, wanted, by=user_id(caller))

    return await _moved(parts, asked(request, caller, key, wanted), move)


@router.post("/transfers", status_code=201, response_model=MovementMade)
async def transfer(
    wanted: TransferIn, request: Request, caller: ClerkDep, parts: PartsDep, key: IdempotencyKey = None
) -> Response:
    """Carry stock from one warehouse to another."""

    def move(session: AsyncSession) -> Awaitable[MovementMade]:
        return movements.transfer(session, wanted, by=user_id(caller))

    return await _moved(parts, asked(request, caller, key, wanted), move)


async def _moved(parts: Parts, what: Asked, move: Callable[[AsyncSession], Awaitable[MovementMade]]) -> Response:
    """Do it once, and tell everybody the levels that it leaves: nobody, when it was done before."""
    levels: list[LevelOut] = []

    async def work(session: AsyncSession) -> MovementMade:
        made = await move(session)
        levels.extend(made.levels)
        return made

    answer = await answer_once(parts, what, work)
    await announce.changed(parts, levels)
    return answer
