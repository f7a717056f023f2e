"""Purchases."""

from __future__ import annotations

import logging
import uuid

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop import announce, purchases
from goldshop.asking import answer_once, asked
from goldshop.parts import CLERK, ClerkDep, ManagerDep, PartsDep, user_id
from goldshop.schemas.trade import PurchaseIn, PurchaseOut, PurchasePage, PurchaseStatus
from stackyard_kit.idempotency import IdempotencyKey
from stackyard_kit.pages import Cursor, Limit

log = logging.getLogger(__name__)

router = APIRouter(prefix="/api/purchases", tags=["trade"])


@router.get("", dependencies=[CLERK])
async def list_purchases(
    parts: PartsDep, status: PurchaseStatus | None = None, cursor: Cursor = "", limit: Limit = 50
) -> PurchasePage:
    """Purchases, the newest first."""
    async with parts.database.transaction() as session:
        return await purchases.page(session, status, cursor, limit)


@router.post("", status_code=201, response_model=PurchaseOut)
async def order(
    wanted: PurchaseIn, request: Request, caller: ManagerDep, parts: PartsDep, key: IdempotencyKey = None
) -> Response:
    """Order goods from a supplier."""

    async def work(session: AsyncSession) -> PurchaseOut:
        return await purchases.order(session, wanted, by=user_id(caller))

    return await answer_once(parts, asked(request, caller, key, wanted), work)


@router.get("/{purchase_id}", dependencies=[CLERK])
async def read_purchase(purchase_id: uuid.UUID, parts: PartsDep) -> PurchaseOut:
    """One purchase."""
    async with parts.database.transaction() as session:
        return await purchases.get(session, purchase_id)


@router.post("/{purchase_id}/receive")
async def receive(purchase_id: uuid.UUID, caller: ClerkDep, parts: PartsDep) -> PurchaseOut:
    """Take in what was ordered: stock, average cost and books change together."""
    async with parts.acting(caller) as session:
        received = await purchases.receive(session, purchase_id, by=user_id(caller))
    log.info("purchase received", extra={"fields": {"number": received.purchase.number}})
    await announce.changed(parts, received.levels)
    return received.purchase


@router.post("/{purchase_id}/cancel")
async def cancel(purchase_id: uuid.UUID, caller: ManagerDep, parts: PartsDep) -> PurchaseOut:
    """Cancel what is on its way."""
    async with parts.acting(caller) as session:
        return await purchases.cancel(session, purchase_id)
