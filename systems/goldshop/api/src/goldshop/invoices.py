"""Invoices: numbered without gaps within a year, paid at the counter or later."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop.schemas.trade import InvoiceOut, Payment
from goldshop.tables import Invoice, InvoiceYear

DUE = timedelta(days=14)
"""How long a customer has who pays by transfer."""


async def issue(session: AsyncSession, sale_id: uuid.UUID, payment: Payment, at: datetime) -> InvoiceOut:
    """The invoice of a sale. Call it last: the next invoice waits for this one to be committed."""
    numbered = insert_or(InvoiceYear).values(year=at.year, last=1)
    numbered = numbered.on_conflict_do_update(index_elements=["year"], set_={"last": InvoiceYear.last + 1})
    number = await session.scalar(numbered.returning(InvoiceYear.last))
    later = payment == "transfer"
    values = {
        "id": uuid.uuid4(),
        "number": f"{at.year}-{number:06d}",
        "issued_at": at,
        "due_at": at + DUE if later else at,
        "paid_at": None if later else at,
    }
    await session.execute(insert(Invoice).values(sale_id=sale_id, **values))
    return InvoiceOut.model_validate(values)
