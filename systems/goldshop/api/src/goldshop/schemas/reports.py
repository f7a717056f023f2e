"""Reports."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from goldshop.schemas.common import CURRENCY, Money, Quantity, Rate, Said
from goldshop.schemas.trade import SaleRow


class PeriodFigures(Said):
    """Sales of a time and of the same length of time before it; `change` is a part of one, null after nothing."""

    days: int
    sales: int
    net: Money
    gross: Money
    profit: Money
    net_before: Money
    change: Rate | None


class DashboardDay(Said):
    date: date
    net: Money
    profit: Money


class LowStock(Said):
    item_id: uuid.UUID
    sku: str
    name: str
    unit: str
    stock: Quantity
    reorder_level: Quantity
    thumbnail: str | None


class OpenInvoice(Said):
    sale_id: uuid.UUID
    number: str
    customer: str | None
    gross: Money
    due_at: datetime
    overdue: bool


class OpenInvoices(Said):
    count: int
    gross: Money
    items: list[OpenInvoice]


class Dashboard(Said):
    currency: str = CURRENCY
    today: PeriodFigures
    week: PeriodFigures
    month: PeriodFigures
    days: list[DashboardDay]
    stock_value: Money
    low_stock_count: int
    low_stock: list[LowStock]
    open_invoices: OpenInvoices
    latest_sales: list[SaleRow]


class SalesReportRow(Said):
    """`start` is the first day of the day, week (from Monday) or month."""

    start: date
    quantity: Quantity
    net: Money
    tax: Money
    cost: Money
    profit: Money


class SalesReport(Said):
    from_: Annotated[date, Field(alias="from", serialization_alias="from")]
    to: date
    by: Literal["day", "week", "month"]
    currency: str = CURRENCY
    rows: list[SalesReportRow]
    net: Money
    tax: Money
    cost: Money
    profit: Money


class TopRow(Said):
    id: uuid.UUID
    name: str
    quantity: Quantity
    net: Money
    profit: Money


class TopReport(Said):
    from_: Annotated[date, Field(alias="from", serialization_alias="from")]
    to: date
    by: Literal["item", "category"]
    currency: str = CURRENCY
    rows: list[TopRow]


class StockValueRow(Said):
    id: uuid.UUID
    name: str
    value: Money


class StockValue(Said):
    """What is in stock at its average cost; `ledger` is what the books say of it."""

    currency: str = CURRENCY
    total: Money
    ledger: Money
    by_category: list[StockValueRow]
    by_warehouse: list[StockValueRow]


class About(Said):
    """How this shop keeps its movements: `timescaledb` or `partitions`."""

    version: str
    movements: Literal["timescaledb", "partitions"]
    currency: str = CURRENCY
