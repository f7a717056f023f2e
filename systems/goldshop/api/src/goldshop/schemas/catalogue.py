"""Categories, items, variants, barcodes and images."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from goldshop.schemas.common import (
    Code,
    Heard,
    LevelIn,
    LongText,
    Money,
    PriceIn,
    Quantity,
    Rate,
    RateIn,
    Said,
    ShortText,
    Sku,
    Text,
    UnitCost,
)

BarcodeKind = Literal["ean13", "code128", "qr"]
ImageStatus = Literal["pending", "ready", "refused"]

Attributes = Annotated[
    dict[Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00]*$")], ShortText],
    Field(max_length=20),
]
"""What tells a variant from its siblings: {"size": "54", "fineness": "585"}."""


class UnitOut(Said):
    code: str
    name: str
    decimals: int


class CategoryOut(Said):
    """`depth` is 1 at the top; `items` counts those of the categories below it, too."""

    id: uuid.UUID
    name: str
    path: str
    depth: int
    items: int


class CategoryList(Said):
    items: list[CategoryOut]


class CategoryIn(Heard):
    name: Text
    parent_id: uuid.UUID | None = None


class CategoryChange(Heard):
    """What is left out stays. `parent_id` null moves it to the top."""

    name: Text | None = None
    parent_id: uuid.UUID | None = None


class CategoryRef(Said):
    id: uuid.UUID
    name: str
    path: str


class BarcodeIn(Heard):
    """Without a code the shop gives one of its own."""

    code: Code | None = None
    kind: BarcodeKind = "ean13"


class BarcodeOut(Said):
    code: str
    kind: BarcodeKind


class StockOut(Said):
    warehouse_id: uuid.UUID
    warehouse: str
    quantity: Quantity


class VariantIn(Heard):
    sku: Sku
    name: ShortText = ""
    attributes: Attributes = Field(default_factory=dict)
    price: PriceIn
    barcodes: Annotated[list[BarcodeIn], Field(max_length=10)] = Field(default_factory=list)


class VariantChange(Heard):
    sku: Sku | None = None
    name: ShortText | None = None
    attributes: Attributes | None = None
    price: PriceIn | None = None
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None
    active: bool | None = None


class VariantOut(Said):
    """`price` is with tax; `cost` is the moving average of what was paid, without."""

    id: uuid.UUID
    sku: str
    name: str
    attributes: dict[str, str]
    price: Money
    cost: UnitCost
    position: int
    active: bool
    barcodes: list[BarcodeOut]
    stock: Quantity
    stock_by_warehouse: list[StockOut]


class ImageOut(Said):
    """`formats` are those of GET /api/images/{id}/{format}: thumb.webp, card.avif, full.jpg ..."""

    id: uuid.UUID
    item_id: uuid.UUID
    position: int
    status: ImageStatus
    reason: str | None
    alt: str
    width: int | None
    height: int | None
    formats: list[str]
    created_at: datetime


class ImageChange(Heard):
    alt: ShortText | None = None
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None


class ItemIn(Heard):
    sku: Sku
    name: Text
    description: LongText = ""
    category_id: uuid.UUID
    unit: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,8}$")] = "pc"
    tax_rate: RateIn = Decimal("0.21")
    reorder_level: LevelIn = Decimal(0)
    stocked: bool = True
    variants: Annotated[list[VariantIn], Field(min_length=1, max_length=50)]


class ItemChange(Heard):
    sku: Sku | None = None
    name: Text | None = None
    description: LongText | None = None
    category_id: uuid.UUID | None = None
    tax_rate: RateIn | None = None
    reorder_level: LevelIn | None = None
    active: bool | None = None


class ItemRow(Said):
    """An item in a list. `low` says that its stock is at its reorder level or below."""

    id: uuid.UUID
    sku: str
    name: str
    category: CategoryRef
    thumbnail: str | None
    price_from: Money
    stock: Quantity
    unit: str
    variants: int
    stocked: bool
    active: bool
    low: bool


class ItemPage(Said):
    items: list[ItemRow]
    next_cursor: str | None


class ItemOut(Said):
    id: uuid.UUID
    sku: str
    name: str
    description: str
    category: CategoryRef
    unit: str
    tax_rate: Rate
    reorder_level: Quantity
    stocked: bool
    active: bool
    stock: Quantity
    low: bool
    created_at: datetime
    updated_at: datetime
    variants: list[VariantOut]
    images: list[ImageOut]


class ItemRef(Said):
    id: uuid.UUID
    sku: str
    name: str
    unit: str
    tax_rate: Rate
    stocked: bool
    thumbnail: str | None


class LookupOut(Said):
    """What a scanned code stands for."""

    matched: Literal["barcode", "sku", "item"]
    item: ItemRef
    variant: VariantOut
