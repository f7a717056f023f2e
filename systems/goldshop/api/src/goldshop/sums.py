"""Sums that reports and figures are made of: what was sold by day, what the stock is worth, what runs low."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop.tables import Item, SalesTotal, StockLevel, Variant

Columns = Select[*tuple[Any, ...]]

_ZERO = Decimal(0)

_PARTITIONED = text("select relkind = 'p' from pg_class where oid = 'movements'::regclass")


@dataclass(frozen=True)
class Day:
    """What was sold on a day, or in a time, less what came back."""

    sales: Decimal = _ZERO
    quantity: Decimal = _ZERO
    net: Decimal = _ZERO
    tax: Decimal = _ZERO
    cost: Decimal = _ZERO

    def __add__(self, other: Day) -> Day:
        return Day(
            self.sales + other.sales,
            self.quantity + other.quantity,
            self.net + other.net,
            self.tax + other.tax,
            self.cost + other.cost,
        )

    @property
    def profit(self) -> Decimal:
        """What is left of the price without tax when the goods are paid."""
        return self.net - self.cost


async def days_of(session: AsyncSession, first: date, last: date) -> dict[date, Day]:
    """What was sold on each day from `first` to `last`; days without sales are left out."""
    columns = (SalesTotal.sales, SalesTotal.quantity, SalesTotal.net, SalesTotal.tax, SalesTotal.cost)
    sums = (func.sum(column) for column in columns)
    query: Columns = select(SalesTotal.day, *sums).where(SalesTotal.day.between(first, last))
    query = query.group_by(SalesTotal.day)
    return {day: Day(*figures) for day, *figures in await session.execute(query)}


async def stock_value(session: AsyncSession) -> Decimal:
    """What is in stock at its average cost."""
    value = func.sum(StockLevel.quantity * Variant.cost)
    query = select(func.coalesce(value, 0)).join(Variant, Variant.id == StockLevel.variant_id)
    return Decimal(await session.scalar(query) or 0)


def running_low() -> Columns:
    """SQL for the items that are at their reorder level or below: id, sku, name, unit, reorder level and stock."""
    levels = (
        select(Variant.item_id, func.sum(StockLevel.quantity).label("stock"))
        .join(StockLevel, StockLevel.variant_id == Variant.id)
        .group_by(Variant.item_id)
        .subquery()
    )
    stock = func.coalesce(levels.c.stock, 0)
    columns = (Item.id, Item.sku, Item.name, Item.unit, Item.reorder_level, stock.label("stock"))
    query = select(*columns).outerjoin(levels, levels.c.item_id == Item.id)
    return query.where(Item.active, Item.stocked, Item.reorder_level > 0, stock <= Item.reorder_level)


async def is_hypertable(session: AsyncSession) -> bool:
    """Whether TimescaleDB keeps the movements; else native partitions do."""
    return not await session.scalar(_PARTITIONED)
