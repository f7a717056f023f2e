"""Business figures for Prometheus, read from the database so that every process tells the same."""

from __future__ import annotations

import time

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop import sums
from goldshop.clock import now
from goldshop.tables import LedgerDay, SalesTotal
from stackyard_kit.metrics import Metrics
from stackyard_kit.partitions import PartitionFigures

FRESH_SECONDS = 5.0
"""How long figures are told again before the database is asked, however often somebody scrapes."""


class BusinessFigures:
    """The gauges of the shop. All of them come from sums, so a scrape costs the same however much was sold."""

    def __init__(self, metrics: Metrics) -> None:
        self._sales = metrics.gauge("goldshop_sales", "Sales since the shop opened")
        self._sales_today = metrics.gauge("goldshop_sales_today", "Sales since midnight UTC")
        self._revenue = metrics.gauge("goldshop_revenue_eur", "Sales without tax, less what came back, in euros")
        self._revenue_today = metrics.gauge("goldshop_revenue_today_eur", "The same since midnight UTC")
        self._stock = metrics.gauge("goldshop_stock_value_eur", "What is in stock at its average cost, in euros")
        self._low = metrics.gauge("goldshop_items_low_stock", "Items at their reorder level or below")
        self._imbalance = metrics.gauge("goldshop_ledger_imbalance_eur", "Debits less credits of all books: always 0")
        self._hypertable = metrics.gauge(
            "goldshop_movements_hypertable", "1 when TimescaleDB keeps the movements, 0 when native partitions do"
        )
        self._partitions = PartitionFigures(metrics, "movements")
        self._read_at = float("-inf")

    @property
    def are_fresh(self) -> bool:
        """Whether the gauges hold what was read a moment ago."""
        return time.monotonic() - self._read_at < FRESH_SECONDS

    async def read(self, session: AsyncSession) -> None:
        """Bring the gauges up to date."""
        totals = (func.coalesce(func.sum(SalesTotal.sales), 0), func.coalesce(func.sum(SalesTotal.net), 0))
        for count, revenue, condition in (
            (self._sales, self._revenue, SalesTotal.day <= now().date()),
            (self._sales_today, self._revenue_today, SalesTotal.day == now().date()),
        ):
            sales, net = (await session.execute(select(*totals).where(condition))).one()
            count.set(int(sales))
            revenue.set(float(net))
        self._stock.set(float(await sums.stock_value(session)))
        low = select(func.count()).select_from(sums.running_low().subquery())
        self._low.set(await session.scalar(low) or 0)
        imbalance = select(func.coalesce(func.sum(LedgerDay.debit - LedgerDay.credit), 0))
        self._imbalance.set(float(await session.scalar(imbalance) or 0))
        self._hypertable.set(await sums.is_hypertable(session))
        await self._partitions.measure(session)
        self._read_at = time.monotonic()
