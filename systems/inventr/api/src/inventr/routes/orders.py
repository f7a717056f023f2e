"""Orders."""

from __future__ import annotations

import logging
import uuid

from fastapi import APIRouter, Response

from inventr import orders, stock
from inventr.parts import CLERK, ClerkDep, ManagerDep, Parts, PartsDep
from inventr.schemas import OrderIn, OrderOut, OrderPage
from stackyard_kit.idempotency import IdempotencyKey
from stackyard_kit.pages import Cursor, Limit

log = logging.getLogger(__name__)

router = APIRouter(prefix="/api/orders", tags=["orders"])


@router.post("", status_code=201)
async def place_order(
    wanted: OrderIn, caller: ClerkDep, parts: PartsDep, response: Response, key: IdempotencyKey = None
) -> OrderOut:
    """Place an order. The same Idempotency-Key again gives the same order again and sells nothing more."""
    async with parts.database.transaction() as session:
        placed = await orders.place(session, wanted, by=uuid.UUID(caller.id), key=key)
    answer = orders.shown(placed.order)
    if not placed.products:
        response.headers["Idempotent-Replayed"] = "true"
        return answer
    event: dict[str, object] = {
        "type": "order",
        "number": answer.number,
        "total": str(answer.total),
        "created_at": answer.created_at.isoformat(),
    }
    log.info("order placed", extra={"fields": {"number": answer.number, "total": str(answer.total)}})
    await _tell(parts, placed, event)
    return answer


@router.get("", dependencies=[CLERK])
async def list_orders(
    parts: PartsDep,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> OrderPage:
    """Orders, the newest first."""
    async with parts.database.transaction() as session:
        return await orders.page(session, limit, cursor)


@router.get("/{order_id}", dependencies=[CLERK])
async def read_order(order_id: uuid.UUID, parts: PartsDep) -> OrderOut:
    """One order."""
    async with parts.database.transaction() as session:
        return orders.shown(await orders.get(session, order_id))


@router.post("/{order_id}/cancel")
async def cancel_order(order_id: uuid.UUID, caller: ManagerDep, parts: PartsDep) -> OrderOut:
    """Cancel an order and put its stock back."""
    async with parts.database.transaction() as session:
        cancelled = await orders.cancel(session, order_id, by=uuid.UUID(caller.id))
    answer = orders.shown(cancelled.order)
    if cancelled.products:
        log.info("order cancelled", extra={"fields": {"number": answer.number}})
        await _tell(parts, cancelled)
    return answer


async def _tell(parts: Parts, changed: orders.Placed, *events: dict[str, object]) -> None:
    await parts.cache.invalidate("products", "orders")
    await stock.announce(parts, changed.products, *events)
