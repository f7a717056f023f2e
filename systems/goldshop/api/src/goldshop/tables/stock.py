"""Where things are, how many, and why."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from goldshop.tables.catalogue import Variant
from goldshop.tables.common import Quantity, Table, UnitCost
from goldshop.tables.people import User
from stackyard_kit.partitions import Monthly

MOVEMENT_MONTHS = Monthly("movements", ahead=3)
"""How movements are partitioned where TimescaleDB does not do it."""

AUDIT_MONTHS = Monthly("audit.changes", ahead=3)
"""How the audit trail is partitioned."""


class Warehouse(Table):
    """A place where stock is kept: the shop itself, the vault, a fair."""

    __tablename__ = "warehouses"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default="true")


class StockLevel(Table):
    """How much of a variant is in a warehouse: always the sum of its movements, never negative."""

    __tablename__ = "stock_levels"

    variant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    warehouse_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("warehouses.id"), primary_key=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)

    __table_args__ = (Index("stock_levels_of_warehouse", "warehouse_id"),)


class LowStockTold(Table):
    """An item of which it was told that it runs low, until there is enough again."""

    __tablename__ = "low_stock_told"

    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    told_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Movement(Table):
    """One change of stock, in at more than zero and out at less. Rows are added, never changed."""

    __tablename__ = "movements"

    at: Mapped[datetime] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    variant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("variants.id"))
    warehouse_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("warehouses.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit_cost: Mapped[Decimal] = mapped_column(UnitCost)
    reason: Mapped[str]
    document_kind: Mapped[str | None]
    document_id: Mapped[uuid.UUID | None]
    note: Mapped[str | None]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))

    variant: Mapped[Variant] = relationship(lazy="raise")
    warehouse: Mapped[Warehouse] = relationship(lazy="raise")
    author: Mapped[User] = relationship(lazy="raise")

    __table_args__ = (
        Index("movements_of_variant", "variant_id", "at", "id"),
        Index("movements_of_warehouse", "warehouse_id", "at", "id"),
        Index("movements_by_reason", "reason", "at", "id"),
    )
