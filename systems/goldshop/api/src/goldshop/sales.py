"""Sales: each takes its stock, writes its books and its invoice in one transaction, or does not come about at all."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from goldshop import invoices, ledger, partners, stock
from goldshop.clock import now
from goldshop.ledger import Entry, credit, debit
from goldshop.money import cents, without_tax
from goldshop.refusals import check_amount
from goldshop.rows import insert_together
from goldshop.schemas.stock import LevelOut
from goldshop.schemas.trade import Payment, SaleIn, SaleLineIn, SaleLineOut, SaleOut
from goldshop.shared import OUTBOX
from goldshop.stock import Cause, Levels, Move, Ware
from goldshop.tables import Partner, Sale, SaleLine, Warehouse
from stackyard_kit.outbox import Event
from stackyard_kit.problems import ProblemError

PAID_INTO: dict[Payment, str] = {"cash": ledger.CASH, "card": ledger.CARD, "transfer": ledger.RECEIVABLES}
"""The account that a payment reaches first."""


@dataclass(frozen=True)
class Sold:
    """A sale, and the levels that it changed."""

    sale: SaleOut
    levels: list[LevelOut]


@dataclass(frozen=True)
class Seller:
    """Who sells. Only some may ask another price than that of the variant."""

    id: uuid.UUID
    name: str
    sets_prices: bool


@dataclass(frozen=True)
class _Line:
    """A line with its money; `cost` is what all of it cost the shop."""

    ware: Ware
    quantity: Decimal
    unit_price: Decimal
    gross: Decimal
    net: Decimal
    cost: Decimal

    @property
    def tax(self) -> Decimal:
        """What of the price is tax."""
        return self.gross - self.net


@dataclass(frozen=True)
class _Sums:
    """What a sale comes to."""

    gross: Decimal
    net: Decimal
    cost: Decimal

    @property
    def tax(self) -> Decimal:
        """What of the price is tax."""
        return self.gross - self.net


async def sell(session: AsyncSession, wanted: SaleIn, seller: Seller) -> Sold:
    """Sell what is wanted. Raises ProblemError 409 when something is out of stock, 422 for what cannot be sold."""
    warehouse = await stock.check_warehouse(session, wanted.warehouse_id)
    customer = None
    if wanted.customer_id is not None:
        customer = await partners.check(session, wanted.customer_id, "customer")
    # Prices and costs are read under the locks: what is being received elsewhere changes them.
    levels = await stock.lock(session, {(line.variant_id, warehouse.id) for line in wanted.lines})
    lines = await _lines(session, wanted.lines, seller)
    _check_there(levels, lines, warehouse.id)
    sums = _Sums(*(sum((getattr(line, name) for line in lines), Decimal(0)) for name in ("gross", "net", "cost")))
    entries = _entries(sums, wanted.payment)
    sale = Sale(
        id=uuid.uuid4(),
        customer_id=wanted.customer_id,
        warehouse_id=warehouse.id,
        status="completed",
        payment=wanted.payment,
        sold_at=now(),
        net=sums.net,
        tax=sums.tax,
        gross=sums.gross,
        cost=sums.cost,
        created_by=seller.id,
    )
    await _write(session, sale, lines, levels, entries)
    invoice = await invoices.issue(session, sale.id, wanted.payment, sale.sold_at)
    answer = _shown(sale, lines, seller.name, warehouse, customer, invoice)
    payload = {"id": str(sale.id), "number": answer.number, "gross": f"{sale.gross:.2f}", "invoice": invoice.number}
    await OUTBOX.write(session, Event("sale.completed", payload))
    return Sold(answer, stock.shown(levels, {_place(line, warehouse.id) for line in lines if line.ware.item.stocked}))


async def _lines(session: AsyncSession, wanted: Sequence[SaleLineIn], seller: Seller) -> list[_Line]:
    wares = await stock.wares(session, [line.variant_id for line in wanted])
    lines = []
    for index, line in enumerate(wanted):
        ware = wares[line.variant_id]
        stock.check_quantity(ware, line.quantity, f"/lines/{index}/quantity")
        price = ware.variant.price if line.unit_price is None else line.unit_price
        if price != ware.variant.price and not seller.sets_prices:
            detail = f"{ware.title} costs {ware.variant.price}; another price needs a manager."
            raise ProblemError(403, detail, kind="price-not-allowed")
        gross = cents(line.quantity * price)
        cost = cents(line.quantity * ware.variant.cost)
        lines.append(_Line(ware, line.quantity, price, gross, without_tax(gross, ware.item.tax_rate), cost))
    for name in ("gross", "cost"):
        check_amount(sum((getattr(line, name) for line in lines), Decimal(0)), "/lines")
    return lines


def _check_there(levels: Levels, lines: Sequence[_Line], warehouse: uuid.UUID) -> None:
    stock.check_there(
        levels,
        [
            (_place(line, warehouse), line.quantity, f"/lines/{index}/quantity", line.ware)
            for index, line in enumerate(lines)
            if line.ware.item.stocked
        ],
    )


def _entries(sums: _Sums, payment: Payment) -> list[Entry]:
    return [
        debit(PAID_INTO[payment], sums.gross),
        credit(ledger.SALES, sums.net),
        credit(ledger.OUTPUT_VAT, sums.tax),
        debit(ledger.COST_OF_GOODS, sums.cost),
        credit(ledger.INVENTORY, sums.cost),
    ]


async def _write(
    session: AsyncSession, sale: Sale, lines: Sequence[_Line], levels: Levels, entries: Sequence[Entry]
) -> None:
    # What many want at once, the sums by day that lines and postings change, comes last.
    sale.transaction_id = uuid.uuid4() if any(entry.amount for entry in entries) else None
    session.add(sale)
    await session.flush()
    text = f"Sale S-{sale.number}"
    header = ledger.Header(sale.sold_at.date(), text, "sale", sale.created_by, sale.id, id=sale.transaction_id)
    await ledger.open_transaction(session, header, entries)
    moves = [
        Move(*_place(line, sale.warehouse_id), -line.quantity, line.ware.variant.cost)
        for line in lines
        if line.ware.item.stocked
    ]
    await stock.move(session, levels, moves, _because_of(sale))
    rows = [_row(sale.id, position, line) for position, line in enumerate(lines, start=1)]
    await insert_together(session, SaleLine, rows)
    await ledger.post(session, sale.transaction_id, entries)


def _because_of(sale: Sale) -> Cause:
    return Cause("sold", sale.sold_at, sale.created_by, "sale", sale.id)


def _place(line: _Line, warehouse: uuid.UUID) -> stock.Place:
    return line.ware.variant.id, warehouse


def _row(sale: uuid.UUID, position: int, line: _Line) -> dict[str, object]:
    return {
        "sale_id": sale,
        "position": position,
        "variant_id": line.ware.variant.id,
        "sku": line.ware.variant.sku,
        "name": line.ware.title,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "tax_rate": line.ware.item.tax_rate,
        "net": line.net,
        "tax": line.tax,
        "unit_cost": line.ware.variant.cost,
    }


def _shown(
    sale: Sale,
    lines: Sequence[_Line],
    seller: str,
    warehouse: Warehouse,
    customer: Partner | None,
    invoice: object,
) -> SaleOut:
    names = ("id", "status", "payment", "sold_at", "returned_at", "net", "tax", "gross", "transaction_id")
    values = {name: getattr(sale, name) for name in names}
    return SaleOut.model_validate(
        {
            **values,
            "number": f"S-{sale.number}",
            "customer": customer,
            "warehouse": warehouse,
            "created_by": seller,
            "invoice": invoice,
            "lines": [_line_shown(line) for line in lines],
        }
    )


def _line_shown(line: _Line) -> SaleLineOut:
    return SaleLineOut(
        variant_id=line.ware.variant.id,
        item_id=line.ware.item.id,
        sku=line.ware.variant.sku,
        name=line.ware.title,
        unit=line.ware.item.unit,
        quantity=line.quantity,
        unit_price=line.unit_price,
        tax_rate=line.ware.item.tax_rate,
        net=line.net,
        tax=line.tax,
        gross=line.gross,
    )
