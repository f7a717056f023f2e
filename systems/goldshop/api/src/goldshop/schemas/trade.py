"""Partners, purchases, sales and invoices."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from goldshop.schemas.common import (
    CURRENCY,
    CostIn,
    Heard,
    LongText,
    Money,
    PriceIn,
    Quantity,
    QuantityIn,
    Rate,
    RateIn,
    Said,
    ShortText,
    Text,
    UnitCost,
)

PartnerKind = Literal["supplier", "customer"]
PurchaseStatus = Literal["ordered", "received", "cancelled"]
SaleStatus = Literal["completed", "returned"]
Payment = Literal["cash", "card", "transfer"]

Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^([^@\s\x00]+@[^@\s\x00]+)?$")
]


class PartnerIn(Heard):
    kind: PartnerKind
    name: Text
    email: Email = ""
    phone: ShortText = ""
    address: LongText = ""
    tax_id: ShortText = ""


class PartnerChange(Heard):
    name: Text | None = None
    email: Email | None = None
    phone: ShortText | None = None
    address: LongText | None = None
    tax_id: ShortText | None = None
    active: bool | None = None


class PartnerOut(Said):
    id: uuid.UUID
    kind: PartnerKind
    name: str
    email: str
    phone: str
    address: str
    tax_id: str
    active: bool


class PartnerPage(Said):
    items: list[PartnerOut]
    next_cursor: str | None


class PartnerRef(Said):
    id: uuid.UUID
    name: str


class WarehouseRef(Said):
    id: uuid.UUID
    code: str
    name: str


class PurchaseLineIn(Heard):
    """`unit_cost` is without tax; the rate of the item is taken where none is named."""

    variant_id: uuid.UUID
    quantity: QuantityIn
    unit_cost: CostIn
    tax_rate: RateIn | None = None


class PurchaseIn(Heard):
    supplier_id: uuid.UUID
    warehouse_id: uuid.UUID
    lines: Annotated[list[PurchaseLineIn], Field(min_length=1, max_length=200)]


class PurchaseLineOut(Said):
    variant_id: uuid.UUID
    item_id: uuid.UUID
    sku: str
    name: str
    unit: str
    quantity: Quantity
    unit_cost: UnitCost
    tax_rate: Rate
    net: Money


class PurchaseRow(Said):
    id: uuid.UUID
    number: str
    status: PurchaseStatus
    supplier: PartnerRef
    warehouse: WarehouseRef
    ordered_at: datetime
    received_at: datetime | None
    net: Money
    tax: Money
    gross: Money
    currency: str = CURRENCY
    created_by: str


class PurchasePage(Said):
    items: list[PurchaseRow]
    next_cursor: str | None


class PurchaseOut(PurchaseRow):
    lines: list[PurchaseLineOut]
    transaction_id: uuid.UUID | None


class SaleLineIn(Heard):
    """Without a `unit_price` (with tax) it is the variant's; another one is for managers."""

    variant_id: uuid.UUID
    quantity: QuantityIn
    unit_price: PriceIn | None = None


class SaleIn(Heard):
    customer_id: uuid.UUID | None = None
    warehouse_id: uuid.UUID
    payment: Payment
    lines: Annotated[list[SaleLineIn], Field(min_length=1, max_length=100)]


class InvoiceOut(Said):
    id: uuid.UUID
    number: str
    issued_at: datetime
    due_at: datetime
    paid_at: datetime | None


class SaleLineOut(Said):
    """`unit_price` is with tax; `net`, `tax` and `gross` are those of the whole line."""

    variant_id: uuid.UUID
    item_id: uuid.UUID
    sku: str
    name: str
    unit: str
    quantity: Quantity
    unit_price: Money
    tax_rate: Rate
    net: Money
    tax: Money
    gross: Money


class SaleRow(Said):
    id: uuid.UUID
    number: str
    status: SaleStatus
    customer: PartnerRef | None
    warehouse: WarehouseRef
    payment: Payment
    sold_at: datetime
    returned_at: datetime | None
    net: Money
    tax: Money
    gross: Money
    currency: str = CURRENCY
    created_by: str
    invoice: InvoiceOut | None


class SalePage(Said):
    items: list[SaleRow]
    next_cursor: str | None


class SaleOut(SaleRow):
    lines: list[SaleLineOut]
    transaction_id: uuid.UUID | None
