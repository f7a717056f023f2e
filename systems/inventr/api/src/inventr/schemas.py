"""What the API says and hears. Money is a decimal string, times are ISO 8601 in UTC."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

CURRENCY = "EUR"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=r"^[^\x00]*$")]
Sku = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9-]{3,32}$")]
Price = Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Heard(BaseModel):
    """A request body: a key that is not known is an error, so that a misspelt one is not silently ignored."""

    model_config = ConfigDict(extra="forbid")


class ProductOut(BaseModel):
    id: uuid.UUID
    sku: str
    name: str
    description: str
    category: str
    price: Decimal
    currency: str = CURRENCY
    stock: int
    reorder_level: int
    updated_at: datetime


class ProductPage(BaseModel):
    items: list[ProductOut]
    next_cursor: str | None
    total: int


class ProductIn(Heard):
    sku: Sku
    name: Text
    description: LongText = ""
    category: Text
    price: Price
    stock: Count = 0
    reorder_level: Count = 0


class ProductChange(Heard):
    """What of a product changes; what is left out stays. Stock changes by movements only."""

    sku: Sku | None = None
    name: Text | None = None
    description: LongText | None = None
    category: Text | None = None
    price: Price | None = None
    reorder_level: Count | None = None


class MovementIn(Heard):
    product_id: uuid.UUID
    quantity: Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
    reason: Literal["received", "adjusted", "returned", "damaged"]
    note: LongText | None = None

    @field_validator("quantity")
    @classmethod
    def _moves(cls, value: int) -> int:
        if value == 0:
            raise ValueError("a movement moves at least one")
        return value


class MovementOut(BaseModel):
    id: uuid.UUID
    product_id: uuid.UUID
    quantity: int
    reason: str
    note: str | None
    created_at: datetime
    created_by: str | None


class MovementList(BaseModel):
    items: list[MovementOut]


class MovementMade(BaseModel):
    movement: MovementOut
    product: ProductOut


class OrderLineIn(Heard):
    product_id: uuid.UUID
    quantity: Annotated[int, Field(ge=1, le=10_000)]


class OrderIn(Heard):
    customer: Text | None = None
    lines: Annotated[list[OrderLineIn], Field(min_length=1, max_length=100)]


class OrderLineOut(BaseModel):
    product_id: uuid.UUID
    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    line_total: Decimal


class OrderOut(BaseModel):
    id: uuid.UUID
    number: str
    status: Literal["placed", "cancelled"]
    customer: str | None
    total: Decimal
    currency: str = CURRENCY
    created_at: datetime
    created_by: str | None
    lines: list[OrderLineOut]


class OrderPage(BaseModel):
    items: list[OrderOut]
    next_cursor: str | None


class RevenueDay(BaseModel):
    date: date
    revenue: Decimal
    orders: int


class TopProduct(BaseModel):
    product_id: uuid.UUID
    sku: str
    name: str
    quantity: int
    revenue: Decimal


class RevenueOut(BaseModel):
    currency: str = CURRENCY
    today: Decimal
    total: Decimal
    orders: int
    average_order: Decimal
    days: list[RevenueDay]
    top_products: list[TopProduct]
