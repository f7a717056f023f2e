"""The tables, as the migrations leave them."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Identity, Index, Numeric, UniqueConstraint, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import LargeBinary

from stackyard_kit.identity import identity_tables

Money = Numeric(12, 2)
Moment = DateTime(timezone=True)


class Table(DeclarativeBase):
    """What all tables share."""


class User(Table):
    """Someone who signs in."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())

    __table_args__ = (
        CheckConstraint("role in ('clerk', 'manager', 'admin')", name="users_role"),
        CheckConstraint("email = lower(email)", name="users_email_lower"),
    )


identity = identity_tables(Table.metadata)


class Product(Table):
    """Something on the shelves. `stock` is the sum of its movements, kept in the same transaction as they are."""

    __tablename__ = "products"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    sku: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    category: Mapped[str]
    price: Mapped[Decimal] = mapped_column(Money)
    stock: Mapped[int] = mapped_column(server_default="0")
    reorder_level: Mapped[int] = mapped_column(server_default="0")
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())

    __table_args__ = (
        CheckConstraint("stock >= 0", name="products_stock_not_negative"),
        CheckConstraint("price >= 0", name="products_price_not_negative"),
        CheckConstraint("reorder_level >= 0", name="products_reorder_level_not_negative"),
        Index("products_by_name", "name", "id"),
        Index("products_by_category", "category"),
        Index(
            "products_search",
            "name",
            "sku",
            "description",
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops", "sku": "gin_trgm_ops", "description": "gin_trgm_ops"},
        ),
    )


class Order(Table):
    """What a customer bought. A cancelled order keeps its lines; movements of their own put the stock back."""

    __tablename__ = "orders"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    number: Mapped[int] = mapped_column(Identity(always=True, start=1001), unique=True)
    status: Mapped[str] = mapped_column(server_default="placed")
    customer: Mapped[str | None]
    total: Mapped[Decimal] = mapped_column(Money, server_default="0")
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now(), index=True)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    idempotency_key: Mapped[str | None]
    request_digest: Mapped[bytes | None] = mapped_column(LargeBinary)

    lines: Mapped[list[OrderLine]] = relationship(order_by="OrderLine.position", lazy="raise")
    author: Mapped[User] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("status in ('placed', 'cancelled')", name="orders_status"),
        UniqueConstraint("created_by", "idempotency_key", name="orders_once"),
    )


class OrderLine(Table):
    """One product of an order, at the price of that day."""

    __tablename__ = "order_lines"

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("products.id"), index=True)
    sku: Mapped[str]
    name: Mapped[str]
    quantity: Mapped[int]
    unit_price: Mapped[Decimal] = mapped_column(Money)

    __table_args__ = (CheckConstraint("quantity > 0", name="order_lines_quantity_positive"),)


class Movement(Table):
    """One change of a product's stock: the ledger. Rows are added, never changed."""

    __tablename__ = "stock_movements"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int]
    reason: Mapped[str]
    note: Mapped[str | None]
    order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("orders.id"))
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))

    author: Mapped[User | None] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("quantity <> 0", name="stock_movements_quantity_not_zero"),
        CheckConstraint(
            "reason in ('received', 'adjusted', 'returned', 'damaged', 'sold', 'cancelled')",
            name="stock_movements_reason",
        ),
        Index("stock_movements_by_product", "product_id", "created_at"),
    )
