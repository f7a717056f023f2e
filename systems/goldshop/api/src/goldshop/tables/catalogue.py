"""What is sold."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Computed, ForeignKey, Index, Sequence, SmallInteger, func
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import BigInteger

from goldshop.tables.common import Ltree, Money, Quantity, Table, TaxRate, UnitCost

_SEARCHED = (
    "setweight(to_tsvector('english', name), 'A') || setweight(to_tsvector('simple', sku), 'A')"
    " || setweight(to_tsvector('english', description), 'B')"
)

internal_barcodes = Sequence("internal_barcodes", metadata=Table.metadata, maxvalue=9_999_999_999)
"""The numbers of the barcodes that the shop gives itself."""


class Unit(Table):
    """What is counted: a piece, a gram. `decimals` says how finely."""

    __tablename__ = "units"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    decimals: Mapped[int] = mapped_column(SmallInteger)


class Category(Table):
    """A place in the tree of categories, by its path such as `jewellery.rings`."""

    __tablename__ = "categories"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str]
    path: Mapped[str] = mapped_column(Ltree, unique=True)

    __table_args__ = (Index("categories_below", "path", postgresql_using="gist"),)


class Item(Table):
    """Something the shop sells. A service is not `stocked`. What can be bought are its variants, one at least."""

    __tablename__ = "items"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    sku: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    category_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("categories.id"))
    unit: Mapped[str] = mapped_column(ForeignKey("units.code"))
    tax_rate: Mapped[Decimal] = mapped_column(TaxRate)
    reorder_level: Mapped[Decimal] = mapped_column(Quantity, server_default="0")
    stocked: Mapped[bool] = mapped_column(server_default="true")
    active: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    search: Mapped[str] = mapped_column(TSVECTOR, Computed(_SEARCHED, persisted=True), deferred=True)

    category: Mapped[Category] = relationship(lazy="raise")
    variants: Mapped[list[Variant]] = relationship(
        lazy="raise", order_by="(Variant.position, Variant.id)", back_populates="item"
    )
    images: Mapped[list[Image]] = relationship(lazy="raise", order_by="(Image.position, Image.id)")

    __table_args__ = (
        Index("items_by_name", "name", "id"),
        Index("items_newest", "created_at", "id"),
        Index("items_of_category", "category_id", "name", "id"),
        Index("items_search", "search", postgresql_using="gin"),
        Index(
            "items_similar",
            "name",
            "sku",
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops", "sku": "gin_trgm_ops"},
        ),
    )


class Variant(Table):
    """An item in one size, fineness or colour. `price` is with tax; `cost` is the moving average of what was paid."""

    __tablename__ = "variants"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("items.id"))
    sku: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(server_default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    price: Mapped[Decimal] = mapped_column(Money)
    cost: Mapped[Decimal] = mapped_column(UnitCost, server_default="0")
    position: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default="true")

    item: Mapped[Item] = relationship(lazy="raise", back_populates="variants")
    barcodes: Mapped[list[Barcode]] = relationship(lazy="raise", order_by="Barcode.code")

    __table_args__ = (
        Index("variants_of_item", "item_id", "position", "id"),
        Index("variants_similar", "sku", postgresql_using="gin", postgresql_ops={"sku": "gin_trgm_ops"}),
    )


class Barcode(Table):
    """A code that stands on a variant: `kind` is ean13, code128 or qr."""

    __tablename__ = "barcodes"

    code: Mapped[str] = mapped_column(primary_key=True)
    variant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("variants.id"))
    kind: Mapped[str]

    __table_args__ = (Index("barcodes_of_variant", "variant_id", "code"),)


class Image(Table):
    """A picture of an item: `pending` until the worker has made its `formats`, then `ready`, or `refused` for a reason.

    `formats` says of each that was made where it is: {"thumb.webp": {"width": 160, "height": 160, "bytes": 4711}}.
    """

    __tablename__ = "images"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("items.id"))
    position: Mapped[int] = mapped_column(server_default="0")
    status: Mapped[str] = mapped_column(server_default="pending")
    reason: Mapped[str | None]
    alt: Mapped[str] = mapped_column(server_default="")
    width: Mapped[int | None]
    height: Mapped[int | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    formats: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("images_of_item", "item_id", "position", "id"),)
