"""Sales."""

from __future__ import annotations

import logging
import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop import announce, sales, sold
from goldshop.asking import answer_once, asked
from goldshop.parts import CLERK, ClerkDep, ManagerDep, Parts, PartsDep, Role, user_id
from goldshop.sales import Seller, Sold
from goldshop.schemas.common import Since
from goldshop.schemas.trade import Payment, SaleIn, SaleOut, SalePage
from goldshop.sold import Wanted
from stackyard_kit.idempotency import IdempotencyKey
from stackyard_kit.pages import Cursor, Limit
from stackyard_kit.tokens import Caller

log = logging.getLogger(__name__)

router = APIRouter(prefix="/api/sales", tags=["trade"])


@router.get("", dependencies=[CLERK])
async def list_sales(
    parts: PartsDep,
    since: Annotated[Since | None, Query(alias="from")] = None,
    until: Annotated[Since | None, Query(alias="to", description="before this moment")] = None,
    payment: Payment | None = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> SalePage:
    """Sales, the newest first."""
    async with parts.database.transaction() as session:
        return await sold.page(session, Wanted(since, until, payment, cursor, limit))


@router.post("", status_code=201, response_model=SaleOut)
async def sell(
    wanted: SaleIn, request: Request, caller: ClerkDep, parts: PartsDep, key: IdempotencyKey = None
) -> Response:
    """Sell. The same Idempotency-Key again gives the same answer again and sells nothing more."""
    done: list[Sold] = []

    async def work(session: AsyncSession) -> SaleOut:
        made = await sales.sell(session, wanted, _seller(caller))
        done.append(made)
        return made.sale

    answer = await answer_once(parts, asked(request, caller, key, wanted), work)
    for one in done:
        await _tell(parts, one)
    return answer


@router.get("/{sale_id}", dependencies=[CLERK])
async def read_sale(sale_id: uuid.UUID, parts: PartsDep) -> SaleOut:
    """One sale."""
    async with parts.database.transaction() as session:
        return await sold.get(session, sale_id)


@router.post("/{sale_id}/return")
async def take_back(sale_id: uuid.UUID, caller: ManagerDep, parts: PartsDep) -> SaleOut:
    """Take a sale back: its stock returns, and the books mirror it."""
    async with parts.acting(caller) as session:
        made = await sold.take_back(session, sale_id, by=user_id(caller))
    await _tell(parts, made)
    return made.sale


@router.post("/{sale_id}/payment")
async def pay(sale_id: uuid.UUID, caller: ClerkDep, parts: PartsDep) -> SaleOut:
    """Note that the invoice was paid into the bank."""
    async with parts.acting(caller) as session:
        paid = await sold.pay(session, sale_id, by=user_id(caller))
    await announce.changed(parts)
    return paid


def _seller(caller: Caller) -> Seller:
    return Seller(user_id(caller), caller.name, Role(caller.role).reaches(Role.MANAGER))


async def _tell(parts: Parts, made: Sold) -> None:
    sale = made.sale
    fields = {"number": sale.number, "status": sale.status, "gross": f"{sale.gross:.2f}"}
    log.info("sale", extra={"fields": fields})
    event: announce.Event = {"type": "sale", "id": str(sale.id), **fields, "at": sale.sold_at.isoformat()}
    await announce.changed(parts, made.levels, event)
