"""What becomes of sales: they are listed, read, paid and taken back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from goldshop import ledger, stock
from goldshop.clock import now
from goldshop.ledger import Entry
from goldshop.refusals import missing
from goldshop.sales import Sold
from goldshop.schemas.trade import Payment, SaleLineOut, SaleOut, SalePage, SaleRow
from goldshop.shared import OUTBOX
from goldshop.stock import Cause, Move
from goldshop.tables import Invoice, Sale, SaleLine, Variant
from stackyard_kit.outbox import Event
from stackyard_kit.pages import Keyset, Part
from stackyard_kit.problems import ProblemError

_NEWEST = Keyset(Part(Sale.sold_at, descending=True), Part(Sale.id, descending=True))
HEAD = (joinedload(Sale.customer), joinedload(Sale.warehouse), joinedload(Sale.author), joinedload(Sale.invoice))
"""What `row` needs of a sale."""

_WHOLE = (*HEAD, selectinload(Sale.lines).joinedload(SaleLine.variant).joinedload(Variant.item))


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
    query = select(Sale).options(*HEAD)
    if wanted.since is not None:
        query = query.where(Sale.sold_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Sale.sold_at < wanted.until)
    if wanted.payment is not None:
        query = query.where(Sale.payment == wanted.payment)
    found = await _NEWEST.page(session, query, wanted.cursor, wanted.limit)
    return SalePage(items=[row(one) for one in found.items], next_cursor=found.next_cursor)


async def get(session: AsyncSession, identifier: uuid.UUID) -> SaleOut:
    """The sale with its lines. Raises ProblemError 404."""
    query = select(Sale).where(Sale.id == identifier).options(*_WHOLE)
    found = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if found is None:
        raise missing("sale")
    lines = [_line(one) for one in found.lines]
    return SaleOut.model_validate({**_head(found), "lines": lines, "transaction_id": found.transaction_id})


def row(found: Sale) -> SaleRow:
    """The sale as lists show it; it was loaded with `HEAD`."""
    return SaleRow.model_validate(_head(found))


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


def _head(found: Sale) -> dict[str, object]:
    names = (
        "id",
        "status",
        "customer",
        "warehouse",
        "payment",
        "sold_at",
        "returned_at",
        "net",
        "tax",
        "gross",
        "invoice",
    )
    values = {name: getattr(found, name) for name in names}
    return {**values, "number": f"S-{found.number}", "created_by": found.author.name}


def _line(one: SaleLine) -> SaleLineOut:
    item = one.variant.item
    return SaleLineOut(
        variant_id=one.variant_id,
        item_id=item.id,
        sku=one.sku,
        name=one.name,
        unit=item.unit,
        quantity=one.quantity,
        unit_price=one.unit_price,
        tax_rate=one.tax_rate,
        net=one.net,
        tax=one.tax,
        gross=one.net + one.tax,
    )
