"""Invoices to send or to print."""

from __future__ import annotations

import asyncio
import os
import uuid
from datetime import UTC, date, datetime
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from goldshop import invoicing
from goldshop.invoicing import Line, Seller
from goldshop.parts import CLERK, PartsDep
from goldshop.refusals import missing
from goldshop.tables import Invoice, Sale, SaleLine, Variant

router = APIRouter(prefix="/api/sales", tags=["trade"])

_PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}
_WHOLE = (
    joinedload(Sale.customer),
    joinedload(Sale.invoice),
    selectinload(Sale.lines).joinedload(SaleLine.variant).joinedload(Variant.item),
)


@router.get("/{sale_id}/invoice.pdf", response_class=Response, responses=_PDF, dependencies=[CLERK])
async def read_invoice(sale_id: uuid.UUID, parts: PartsDep) -> Response:
    """The invoice of a sale as a PDF. Who sells, SHOP_NAME, SHOP_ADDRESS and the like in the environment say."""
    async with parts.database.transaction() as session:
        sale, invoice = await _load(session, sale_id)
    document = _document(sale, invoice)
    body = await asyncio.to_thread(invoicing.render, document, Seller.from_environment(os.environ))
    headers = {
        "Content-Disposition": f'inline; filename="invoice-{invoice.number}.pdf"',
        "Cache-Control": "private, no-cache",
    }
    return Response(body, media_type="application/pdf", headers=headers)


async def _load(session: AsyncSession, identifier: uuid.UUID) -> tuple[Sale, Invoice]:
    sale = (await session.scalars(select(Sale).where(Sale.id == identifier).options(*_WHOLE))).one_or_none()
    if sale is None or sale.invoice is None:
        raise missing("invoice")
    return sale, sale.invoice


def _document(sale: Sale, invoice: Invoice) -> invoicing.Invoice:
    customer = sale.customer
    return invoicing.Invoice(
        number=invoice.number,
        sale_number=f"S-{sale.number}",
        issued=_day(invoice.issued_at),
        due=_day(invoice.due_at),
        paid=_day(invoice.paid_at) if invoice.paid_at else None,
        customer="\n".join((customer.name, *customer.address.splitlines())) if customer else "",
        customer_tax_id=customer.tax_id if customer else "",
        lines=tuple(_line(line) for line in sale.lines),
    )


def _line(line: SaleLine) -> Line:
    return Line(
        sku=line.sku,
        name=line.name,
        quantity=line.quantity,
        unit=line.variant.item.unit,
        unit_price=line.unit_price,
        tax_rate=line.tax_rate,
        net=line.net,
        tax=line.tax,
    )


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
