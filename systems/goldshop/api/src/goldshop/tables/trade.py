"""Purchases, sales and invoices."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Numeric, SmallInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from goldshop.tables.catalogue import Variant
from goldshop.tables.common import Money, Quantity, Table, TaxRate, UnitCost
from goldshop.tables.people import User
from goldshop.tables.stock import Warehouse


class Partner(Table):
    """Whom the shop buys from (supplier) or sells to (customer)."""

    __tablename__ = "partners"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    kind: Mapped[str]
    name: Mapped[str]
    email: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")
    tax_id: Mapped[str] = mapped_column(server_default="")
    active: Mapped[bool] = mapped_column(server_default="true")

    __table_args__ = (
        Index("partners_by_name", "kind", "name", "id"),
        Index("partners_similar", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
    )


class Purchase(Table):
    """Goods ordered from a supplier; they are stock and books when they have been received."""

    __tablename__ = "purchases"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("partners.id"))
    warehouse_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("warehouses.id"))
    status: Mapped[str] = mapped_column(server_default="ordered")
    ordered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    received_at: Mapped[datetime | None]
    net: Mapped[Decimal] = mapped_column(Money)
    tax: Mapped[Decimal] = mapped_column(Money)
    gross: Mapped[Decimal] = mapped_column(Money)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    transaction_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("transactions.id"))

    lines: Mapped[list[PurchaseLine]] = relationship(lazy="raise", order_by="PurchaseLine.position")
    supplier: Mapped[Partner] = relationship(lazy="raise")
    warehouse: Mapped[Warehouse] = relationship(lazy="raise")
    author: Mapped[User] = relationship(lazy="raise")

    __table_args__ = (
        Index("purchases_newest", "ordered_at", "id"),
        Index("purchases_by_status", "status", "ordered_at", "id"),
        Index("purchases_of_supplier", "supplier_id"),
    )


class PurchaseLine(Table):
    """One variant of a purchase; `unit_cost` is without tax."""

    __tablename__ = "purchase_lines"

    purchase_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("purchases.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("variants.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit_cost: Mapped[Decimal] = mapped_column(UnitCost)
    tax_rate: Mapped[Decimal] = mapped_column(TaxRate)

    variant: Mapped[Variant] = relationship(lazy="raise")

    __table_args__ = (Index("purchase_lines_of_variant", "variant_id"),)


class Sale(Table):
    """What a customer bought, paid by cash, card or transfer. One that came back keeps its lines."""

    __tablename__ = "sales"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    customer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("partners.id"))
    warehouse_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("warehouses.id"))
    status: Mapped[str] = mapped_column(server_default="completed")
    payment: Mapped[str]
    sold_at: Mapped[datetime] = mapped_column(server_default=func.now())
    returned_at: Mapped[datetime | None]
    net: Mapped[Decimal] = mapped_column(Money)
    tax: Mapped[Decimal] = mapped_column(Money)
    gross: Mapped[Decimal] = mapped_column(Money)
    cost: Mapped[Decimal] = mapped_column(Money)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    transaction_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("transactions.id", deferrable=True, initially="DEFERRED")
    )

    lines: Mapped[list[SaleLine]] = relationship(lazy="raise", order_by="SaleLine.position")
    customer: Mapped[Partner | None] = relationship(lazy="raise")
    warehouse: Mapped[Warehouse] = relationship(lazy="raise")
    author: Mapped[User] = relationship(lazy="raise")
    invoice: Mapped[Invoice | None] = relationship(lazy="raise", back_populates="sale")

    __table_args__ = (
        Index("sales_newest", "sold_at", "id"),
        Index("sales_by_payment", "payment", "sold_at", "id"),
        Index("sales_of_customer", "customer_id"),
    )


class SaleLine(Table):
    """One variant of a sale as it was then: `unit_price` with tax, `net` and `tax` of the whole line."""

    __tablename__ = "sale_lines"

    sale_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sales.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("variants.id"))
    sku: Mapped[str]
    name: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit_price: Mapped[Decimal] = mapped_column(Money)
    tax_rate: Mapped[Decimal] = mapped_column(TaxRate)
    net: Mapped[Decimal] = mapped_column(Money)
    tax: Mapped[Decimal] = mapped_column(Money)
    unit_cost: Mapped[Decimal] = mapped_column(UnitCost)

    variant: Mapped[Variant] = relationship(lazy="raise")

    __table_args__ = (Index("sale_lines_of_variant", "variant_id"),)


class Invoice(Table):
    """The invoice of a sale. Numbers such as 2026-000123 have no gaps within a year."""

    __tablename__ = "invoices"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    number: Mapped[str] = mapped_column(unique=True)
    sale_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sales.id"), unique=True)
    issued_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]

    sale: Mapped[Sale] = relationship(lazy="raise", back_populates="invoice")

    __table_args__ = (Index("invoices_open", "due_at", postgresql_where=text("paid_at is null")),)


class InvoiceYear(Table):
    """The last number given to an invoice of a year."""

    __tablename__ = "invoice_years"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(BigInteger)


class SalesDay(Table):
    """What was sold of a variant on a day, less what came back. Kept by triggers."""

    __tablename__ = "sales_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    variant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    net: Mapped[Decimal] = mapped_column(Numeric(18, 2))
    tax: Mapped[Decimal] = mapped_column(Numeric(18, 2))
    cost: Mapped[Decimal] = mapped_column(Numeric(18, 2))


class SalesMonth(Table):
    """The same for the month that begins on `month`."""

    __tablename__ = "sales_months"

    month: Mapped[date] = mapped_column(primary_key=True)
    variant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    net: Mapped[Decimal] = mapped_column(Numeric(18, 2))
    tax: Mapped[Decimal] = mapped_column(Numeric(18, 2))
    cost: Mapped[Decimal] = mapped_column(Numeric(18, 2))


class SalesTotal(Table):
    """What was sold on a day, less what came back, in several rows (shards) to be added up. Kept by triggers."""

    __tablename__ = "sales_totals"

    day: Mapped[date] = mapped_column(primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    sales: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    net: Mapped[Decimal] = mapped_column(Numeric(18, 2))
    tax: Mapped[Decimal] = mapped_column(Numeric(18, 2))
    cost: Mapped[Decimal] = mapped_column(Numeric(18, 2))
