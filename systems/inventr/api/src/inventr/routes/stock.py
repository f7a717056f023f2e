"""Stock movements."""

from __future__ import annotations

import uuid

from fastapi import APIRouter

from inventr import catalogue, stock
from inventr.parts import CLERK, ClerkDep, PartsDep
from inventr.schemas import MovementIn, MovementList, MovementMade
from stackyard_kit.pages import Limit

router = APIRouter(prefix="/api", tags=["stock"])


@router.get("/products/{product_id}/movements", dependencies=[CLERK])
async def list_movements(product_id: uuid.UUID, parts: PartsDep, limit: Limit = 50) -> MovementList:
    """The newest movements of a product first."""
    async with parts.database.transaction() as session:
        found = await stock.movements(session, product_id, limit)
        return MovementList(items=[stock.shown(one, one.author.name if one.author else None) for one in found])


@router.post("/stock-movements", status_code=201)
async def record_movement(wanted: MovementIn, caller: ClerkDep, parts: PartsDep) -> MovementMade:
    """Record what came in, went missing or was counted."""
    async with parts.database.transaction() as session:
        movement, product = await stock.record(session, wanted, by=uuid.UUID(caller.id))
    await parts.cache.invalidate("products")
    await stock.announce(parts, [product])
    return MovementMade(movement=stock.shown(movement, caller.name), product=catalogue.shown(product))
