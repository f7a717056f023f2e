"""Purchases: ordered, and when they are received stock, average cost and the books change together."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

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
from goldshop.sums import Columns
from goldshop.tables import Item, Partner, Purchase, PurchaseLine, User, Variant, Warehouse
from stackyard_kit.outbox import Event
from stackyard_kit.pages import Keyset, Part
from stackyard_kit.problems import ProblemError

_NEWEST = Keyset(Part(Purchase.ordered_at, descending=True), Part(Purchase.id, descending=True))
_HEADS: Columns = (
    select(
        *(Purchase.id, Purchase.number, Purchase.status, Purchase.ordered_at, Purchase.received_at),
        *(Purchase.net, Purchase.tax, Purchase.gross, Purchase.transaction_id),
        *(Purchase.supplier_id, Partner.name.label("supplier")),
        *(Purchase.warehouse_id, Warehouse.code.label("warehouse_code"), Warehouse.name.label("warehouse")),
        User.name.label("created_by"),
    )
    .outerjoin(Purchase.supplier)
    .outerjoin(Purchase.warehouse)
    .outerjoin(Purchase.author)
)
_LINES: Columns = (
    select(
        *(PurchaseLine.variant_id, PurchaseLine.quantity, PurchaseLine.unit_cost, PurchaseLine.tax_rate),
        *(Variant.sku, Variant.name.label("variant"), Item.id.label("item_id"), Item.name.label("item"), Item.unit),
    )
    .join(PurchaseLine.variant)
    .join(Variant.item)
    .order_by(PurchaseLine.position)
)


@dataclass(frozen=True)
class Received:
    """A purchase that came in, and the levels that it changed."""

    purchase: PurchaseOut
    levels: list[LevelOut]


async def page(session: AsyncSession, status: PurchaseStatus | None, cursor: str, limit: int) -> PurchasePage:
    """One page of purchases, the newest first."""
    query = _HEADS
    if status is not None:
        query = query.where(Purchase.status == status)
    rows = (await session.execute(_NEWEST.narrow(query, cursor, limit))).all()
    found = _NEWEST.cut(rows, limit, lambda row: (row.ordered_at, row.id))
    items = [PurchaseRow.model_validate(_head(row)) for row in found.items]
    return PurchasePage(items=items, next_cursor=found.next_cursor)


async def get(session: AsyncSession, identifier: uuid.UUID) -> PurchaseOut:
    """The purchase with its lines. Raises ProblemError 404."""
    head = (await session.execute(_HEADS.where(Purchase.id == identifier))).one_or_none()
    if head is None:
        raise missing("purchase")
    lines = [_line(row) for row in await session.execute(_LINES.where(PurchaseLine.purchase_id == identifier))]
    return PurchaseOut.model_validate({**_head(head), "lines": lines, "transaction_id": head.transaction_id})


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


def _head(row: Any) -> dict[str, object]:
    return {
        "id": row.id,
        "number": f"P-{row.number}",
        "status": row.status,
        "supplier": {"id": row.supplier_id, "name": row.supplier},
        "warehouse": {"id": row.warehouse_id, "code": row.warehouse_code, "name": row.warehouse},
        "ordered_at": row.ordered_at,
        "received_at": row.received_at,
        "net": row.net,
        "tax": row.tax,
        "gross": row.gross,
        "created_by": row.created_by,
    }


def _line(row: Any) -> PurchaseLineOut:
    return PurchaseLineOut(
        variant_id=row.variant_id,
        item_id=row.item_id,
        sku=row.sku,
        name=stock.title(row.item, row.variant),
        unit=row.unit,
        quantity=row.quantity,
        unit_cost=row.unit_cost,
        tax_rate=row.tax_rate,
        net=cents(row.quantity * row.unit_cost),
    )
