"""Purchases: ordered, and when they are received stock, average cost and the books change together."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from goldshop import ledger, partners, stock
from goldshop.clock import now
from goldshop.money import cents
from goldshop.refusals import check_amount, missing, refused
from goldshop.schemas.stock import LevelOut
from goldshop.schemas.trade import (
    PurchaseIn,
    PurchaseLineOut,
    PurchaseOut,
    PurchasePage,
    PurchaseRow,
    PurchaseStatus,
)
from goldshop.shared import OUTBOX
from goldshop.stock import Cause, Move
from goldshop.tables import Purchase, PurchaseLine, Variant
from stackyard_kit.outbox import Event
from stackyard_kit.pages import Keyset, Part
from stackyard_kit.problems import ProblemError

_NEWEST = Keyset(Part(Purchase.ordered_at, descending=True), Part(Purchase.id, descending=True))
_HEAD = (joinedload(Purchase.supplier), joinedload(Purchase.warehouse), joinedload(Purchase.author))
_WHOLE = (*_HEAD, selectinload(Purchase.lines).joinedload(PurchaseLine.variant).joinedload(Variant.item))


@dataclass(frozen=True)
class Received:
    """A purchase that came in, and the levels that it changed."""

    purchase: PurchaseOut
    levels: list[LevelOut]


async def page(session: AsyncSession, status: PurchaseStatus | None, cursor: str, limit: int) -> PurchasePage:
    """One page of purchases, the newest first."""
    query = select(Purchase).options(*_HEAD)
    if status is not None:
        query = query.where(Purchase.status == status)
    found = await _NEWEST.page(session, query, cursor, limit)
    rows = [PurchaseRow.model_validate(_head(one)) for one in found.items]
    return PurchasePage(items=rows, next_cursor=found.next_cursor)


async def get(session: AsyncSession, identifier: uuid.UUID) -> PurchaseOut:
    """The purchase with its lines. Raises ProblemError 404."""
    query = select(Purchase).where(Purchase.id == identifier).options(*_WHOLE)
    found = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if found is None:
        raise missing("purchase")
    return PurchaseOut.model_validate(
        {**_head(found), "lines": [_line(one) for one in found.lines], "transaction_id": found.transaction_id}
    )


async def order(session: AsyncSession, wanted: PurchaseIn, *, by: uuid.UUID) -> PurchaseOut:
    """Order goods. Raises ProblemError 422 for what cannot be ordered."""
    await partners.check(session, wanted.supplier_id, "supplier")
    await stock.check_warehouse(session, wanted.warehouse_id)
    wares = await stock.wares(session, [line.variant_id for line in wanted.lines])
    lines = []
    for index, line in enumerate(wanted.lines):
        ware = wares[line.variant_id]
        if not ware.item.stocked:
            raise refused(f"/lines/{index}/variant_id", f"{ware.title} is a service and not bought.")
        stock.check_quantity(ware, line.quantity, f"/lines/{index}/quantity")
        rate = ware.item.tax_rate if line.tax_rate is None else line.tax_rate
        lines.append({**line.model_dump(), "tax_rate": rate, "position": index + 1})
    sums = _sums(lines)
    check_amount(sums["gross"], "/lines")
    purchase = Purchase(
        id=uuid.uuid4(),
        supplier_id=wanted.supplier_id,
        warehouse_id=wanted.warehouse_id,
        ordered_at=now(),
        created_by=by,
        **sums,
    )
    session.add(purchase)
    await session.flush()
    await session.execute(insert(PurchaseLine), [{**line, "purchase_id": purchase.id} for line in lines])
    return await get(session, purchase.id)


async def receive(session: AsyncSession, identifier: uuid.UUID, *, by: uuid.UUID) -> Received:
    """Take in what was ordered, into stock and books. Raises ProblemError 404, or 409 when it is not on its way."""
    purchase = await _on_its_way(session, identifier)
    lines = list(
        await session.scalars(
            select(PurchaseLine).where(PurchaseLine.purchase_id == identifier).order_by(PurchaseLine.position)
        )
    )
    moves = [Move(line.variant_id, purchase.warehouse_id, line.quantity, line.unit_cost) for line in lines]
    places = {one.place for one in moves}
    levels = await stock.lock_for_arrival(session, places)
    wares = await stock.wares(session, [one.variant_id for one in moves], also_inactive=True)
    stock.average(levels, wares, moves)
    moment = now()
    entries = [
        ledger.debit(ledger.INVENTORY, purchase.net),
        ledger.debit(ledger.INPUT_VAT, purchase.tax),
        ledger.credit(ledger.PAYABLES, purchase.gross),
    ]
    header = ledger.Header(moment.date(), f"Purchase P-{purchase.number}", "purchase", by, purchase.id)
    purchase.transaction_id = await ledger.open_transaction(session, header, entries)
    purchase.status, purchase.received_at = "received", moment
    await stock.move(session, levels, moves, Cause("received", moment, by, "purchase", purchase.id))
    await ledger.post(session, purchase.transaction_id, entries)
    payload = {"id": str(purchase.id), "number": f"P-{purchase.number}", "gross": f"{purchase.gross:.2f}"}
    await OUTBOX.write(session, Event("purchase.received", payload))
    return Received(await get(session, identifier), stock.shown(levels, places))


async def cancel(session: AsyncSession, identifier: uuid.UUID) -> PurchaseOut:
    """Cancel what is on its way. Raises ProblemError 404 or 409."""
    purchase = await _on_its_way(session, identifier)
    purchase.status = "cancelled"
    await session.flush()
    return await get(session, identifier)


async def _on_its_way(session: AsyncSession, identifier: uuid.UUID) -> Purchase:
    purchase = await session.get(Purchase, identifier, with_for_update=True)
    if purchase is None:
        raise missing("purchase")
    if purchase.status != "ordered":
        raise ProblemError(409, f"This purchase has been {purchase.status}.", kind=f"purchase-{purchase.status}")
    return purchase


def _sums(lines: list[dict[str, object]]) -> dict[str, Decimal]:
    # Tax is that of all lines of a rate together, as suppliers work it out.
    by_rate: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        quantity, cost, rate = (Decimal(str(line[name])) for name in ("quantity", "unit_cost", "tax_rate"))
        by_rate[rate] += cents(quantity * cost)
    net = sum(by_rate.values(), Decimal(0))
    tax = sum((cents(part * rate) for rate, part in by_rate.items()), Decimal(0))
    return {"net": net, "tax": tax, "gross": net + tax}


def _head(found: Purchase) -> dict[str, object]:
    names = ("id", "status", "supplier", "warehouse", "ordered_at", "received_at", "net", "tax", "gross")
    values = {name: getattr(found, name) for name in names}
    return {**values, "number": f"P-{found.number}", "created_by": found.author.name}


def _line(one: PurchaseLine) -> PurchaseLineOut:
    item = one.variant.item
    return PurchaseLineOut(
        variant_id=one.variant_id,
        item_id=item.id,
        sku=one.variant.sku,
        name=stock.title(item, one.variant),
        unit=item.unit,
        quantity=one.quantity,
        unit_cost=one.unit_cost,
        tax_rate=one.tax_rate,
        net=cents(one.quantity * one.unit_cost),
    )
