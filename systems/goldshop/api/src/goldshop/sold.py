"""What becomes of sales: they are listed, read, paid and taken back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from goldshop import ledger, stock
from goldshop.clock import now
from goldshop.ledger import Entry
from goldshop.refusals import missing
from goldshop.sales import Sold
from goldshop.schemas.trade import Payment, SaleLineOut, SaleOut, SalePage, SaleRow
from goldshop.shared import OUTBOX
from goldshop.stock import Cause, Move
from goldshop.sums import Columns
from goldshop.tables import Invoice, Item, Partner, Sale, SaleLine, User, Variant, Warehouse
from stackyard_kit.outbox import Event
from stackyard_kit.pages import Keyset, Part
from stackyard_kit.problems import ProblemError

_NEWEST = Keyset(Part(Sale.sold_at, descending=True), Part(Sale.id, descending=True))
# Columns and not entities: the people at the till read lists all day, and most of what an entity costs is not shown.
_HEADS: Columns = (
    select(
        *(Sale.id, Sale.number, Sale.status, Sale.payment, Sale.sold_at, Sale.returned_at),
        *(Sale.net, Sale.tax, Sale.gross, Sale.transaction_id),
        *(Sale.customer_id, Partner.name.label("customer")),
        *(Sale.warehouse_id, Warehouse.code.label("warehouse_code"), Warehouse.name.label("warehouse")),
        User.name.label("created_by"),
        *(Invoice.id.label("invoice_id"), Invoice.number.label("invoice_number")),
        *(Invoice.issued_at, Invoice.due_at, Invoice.paid_at),
    )
    .outerjoin(Sale.customer)
    .outerjoin(Sale.warehouse)
    .outerjoin(Sale.author)
    .outerjoin(Sale.invoice)
)
_LINES: Columns = (
    select(
        *(SaleLine.variant_id, Item.id.label("item_id"), SaleLine.sku, SaleLine.name, Item.unit, SaleLine.quantity),
        *(SaleLine.unit_price, SaleLine.tax_rate, SaleLine.net, SaleLine.tax),
        (SaleLine.net + SaleLine.tax).label("gross"),
    )
    .join(SaleLine.variant)
    .join(Variant.item)
    .order_by(SaleLine.position)
)


@dataclass(frozen=True)
class Wanted:
    """Which sales a list is to hold."""

    since: datetime | None = None
    until: datetime | None = None
    payment: Payment | None = None
    cursor: str = ""
    limit: int = 50


async def page(session: AsyncSession, wanted: Wanted) -> SalePage:
    """One page of the sales wanted, the newest first."""
    query = _HEADS
    if wanted.since is not None:
        query = query.where(Sale.sold_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Sale.sold_at < wanted.until)
    if wanted.payment is not None:
        query = query.where(Sale.payment == wanted.payment)
    rows = (await session.execute(_NEWEST.narrow(query, wanted.cursor, wanted.limit))).all()
    found = _NEWEST.cut(rows, wanted.limit, lambda row: (row.sold_at, row.id))
    return SalePage(items=[SaleRow.model_validate(_head(row)) for row in found.items], next_cursor=found.next_cursor)


async def get(session: AsyncSession, identifier: uuid.UUID) -> SaleOut:
    """The sale with its lines. Raises ProblemError 404."""
    head = (await session.execute(_HEADS.where(Sale.id == identifier))).one_or_none()
    if head is None:
        raise missing("sale")
    lines = [
        SaleLineOut.model_validate(line) for line in await session.execute(_LINES.where(SaleLine.sale_id == identifier))
    ]
    return SaleOut.model_validate({**_head(head), "lines": lines, "transaction_id": head.transaction_id})


async def take_back(session: AsyncSession, identifier: uuid.UUID, *, by: uuid.UUID) -> Sold:
    """Take a sale back whole: stock returns at what it cost then, and the books mirror those of the sale.

    Raises ProblemError 404, or 409 when it came back before.
    """
    sale = await _completed(session, identifier)
    lines = list(
        await session.scalars(
            select(SaleLine)
            .where(SaleLine.sale_id == identifier)
            .order_by(SaleLine.position)
            .options(joinedload(SaleLine.variant).joinedload(Variant.item))
        )
    )
    moves = [
        Move(line.variant_id, sale.warehouse_id, line.quantity, line.unit_cost)
        for line in lines
        if line.variant.item.stocked
    ]
    places = {one.place for one in moves}
    levels = await stock.lock_for_arrival(session, places)
    wares = await stock.wares(session, [one.variant_id for one in moves], also_inactive=True)
    stock.average(levels, wares, moves)
    moment = now()
    entries = await _mirrored(session, sale)
    text = f"Return of sale S-{sale.number}"
    header = ledger.Header(moment.date(), text, "return", by, sale.id, sale.transaction_id)
    transaction = await ledger.open_transaction(session, header, entries)
    await stock.move(session, levels, moves, Cause("returned", moment, by, "sale", sale.id))
    sale.status, sale.returned_at = "returned", moment
    await session.flush()
    await ledger.post(session, transaction, entries)
    payload = {"id": str(sale.id), "number": f"S-{sale.number}", "gross": f"{sale.gross:.2f}"}
    await OUTBOX.write(session, Event("sale.returned", payload))
    return Sold(await get(session, identifier), stock.shown(levels, places))


async def pay(session: AsyncSession, identifier: uuid.UUID, *, by: uuid.UUID) -> SaleOut:
    """Note that the invoice of a sale was paid into the bank. Raises ProblemError 404, or 409 when nothing is due."""
    sale = await _completed(session, identifier)
    invoice = await _invoice(session, identifier)
    if invoice is None or invoice.paid_at is not None:
        raise ProblemError(409, "This has been paid.", kind="already-paid")
    moment = now()
    invoice.paid_at = moment
    entries = [ledger.debit(ledger.BANK, sale.gross), ledger.credit(ledger.RECEIVABLES, sale.gross)]
    header = ledger.Header(moment.date(), f"Payment of invoice {invoice.number}", "payment", by, sale.id)
    await session.flush()
    await ledger.write(session, header, entries)
    return await get(session, identifier)


async def _completed(session: AsyncSession, identifier: uuid.UUID) -> Sale:
    sale = await session.get(Sale, identifier, with_for_update=True)
    if sale is None:
        raise missing("sale")
    if sale.status == "returned":
        raise ProblemError(409, "This sale came back.", kind="already-returned")
    return sale


async def _invoice(session: AsyncSession, sale: uuid.UUID) -> Invoice | None:
    return (await session.scalars(select(Invoice).where(Invoice.sale_id == sale).with_for_update())).one_or_none()


async def _mirrored(session: AsyncSession, sale: Sale) -> list[Entry]:
    if sale.transaction_id is None:
        return []
    written = await ledger.entries_of(session, sale.transaction_id)
    invoice = await _invoice(session, sale.id)
    # Who has paid by transfer is paid back from the bank, for he owes nothing any more.
    settled = sale.payment == "transfer" and invoice is not None and invoice.paid_at is not None
    moved = {ledger.RECEIVABLES: ledger.BANK} if settled else {}
    return [Entry(moved.get(entry.account, entry.account), -entry.amount) for entry in written]


def _head(row: Any) -> dict[str, object]:
    customer = row.customer_id and {"id": row.customer_id, "name": row.customer}
    invoice = row.invoice_id and {
        "id": row.invoice_id,
        "number": row.invoice_number,
        "issued_at": row.issued_at,
        "due_at": row.due_at,
        "paid_at": row.paid_at,
    }
    return {
        "id": row.id,
        "number": f"S-{row.number}",
        "status": row.status,
        "customer": customer,
        "warehouse": {"id": row.warehouse_id, "code": row.warehouse_code, "name": row.warehouse},
        "payment": row.payment,
        "sold_at": row.sold_at,
        "returned_at": row.returned_at,
        "net": row.net,
        "tax": row.tax,
        "gross": row.gross,
        "created_by": row.created_by,
        "invoice": invoice,
    }
