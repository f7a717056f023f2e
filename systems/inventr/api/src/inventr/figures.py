"""Business figures for Prometheus, read from the database so that every process tells the same."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from datetime import time as time_of_day

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from inventr.clock import now
from inventr.tables import Order, Product
from stackyard_kit.metrics import Metrics

FRESH_SECONDS = 5.0
"""How long figures are told again before the database is asked, however often somebody scrapes."""


class BusinessFigures:
    """The gauges of the shop."""

    def __init__(self, metrics: Metrics) -> None:
        self._orders = metrics.gauge("inventr_orders", "Orders by status", ("status",))
        self._orders_today = metrics.gauge("inventr_orders_today", "Orders placed since midnight UTC")
        self._revenue = metrics.gauge("inventr_revenue_eur", "Revenue of all orders not cancelled, in euros")
        self._revenue_today = metrics.gauge("inventr_revenue_today_eur", "Revenue since midnight UTC, in euros")
        self._stock = metrics.gauge("inventr_stock_units", "Units in stock by category", ("category",))
        self._low = metrics.gauge("inventr_products_low_stock", "Products at or below their reorder level")
        self._read_at = float("-inf")

    @property
    def are_fresh(self) -> bool:
        """Whether the gauges hold what was read a moment ago."""
        return time.monotonic() - self._read_at < FRESH_SECONDS

    async def read(self, session: AsyncSession) -> None:
        """Bring the gauges up to date."""
        for status in ("placed", "cancelled"):
            amount, revenue = await self._sum(session, Order.status == status)
            self._orders.labels(status).set(amount)
            if status == "placed":
                self._revenue.set(revenue)
        midnight = datetime.combine(now().date(), time_of_day(), UTC)
        amount, revenue = await self._sum(session, Order.status == "placed", Order.created_at >= midnight)
        self._orders_today.set(amount)
        self._revenue_today.set(revenue)
        by_category = select(Product.category, func.sum(Product.stock)).group_by(Product.category)
        for category, units in await session.execute(by_category):
            self._stock.labels(category).set(units)
        low = select(func.count()).where(Product.stock <= Product.reorder_level)
        self._low.set(await session.scalar(low) or 0)
        self._read_at = time.monotonic()

    async def _sum(self, session: AsyncSession, *conditions: ColumnElement[bool]) -> tuple[int, float]:
        query = select(func.count(), func.coalesce(func.sum(Order.total), 0)).where(*conditions)
        amount, revenue = (await session.execute(query)).one()
        return int(amount), float(revenue)
