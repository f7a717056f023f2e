"""Reports. What was sold comes from sums by day that the database keeps: a year reads as fast as a week."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop import __version__, ledger, sold
from goldshop.catalogue import thumbnails
from goldshop.money import cents
from goldshop.schemas.reports import (
    About,
    Dashboard,
    DashboardDay,
    LowStock,
    OpenInvoice,
    OpenInvoices,
    PeriodFigures,
    SalesReport,
    SalesReportRow,
    StockValue,
    StockValueRow,
)
from goldshop.sums import Columns, Day, days_of, is_hypertable, running_low, stock_value
from goldshop.tables import (
    Category,
    Invoice,
    Item,
    LedgerDay,
    Partner,
    Sale,
    StockLevel,
    Variant,
    Warehouse,
)

By = Literal["day", "week", "month"]

_SHOWN = 8
"""Rows of each list on the dashboard."""

_ZERO = Decimal(0)


async def dashboard(session: AsyncSession, moment: datetime) -> Dashboard:
    """What a shopkeeper looks at in the morning."""
    today = moment.date()
    days = await days_of(session, today - timedelta(days=59), today)
    low, count = await low_stock(session, _SHOWN)
    latest = await sold.page(session, sold.Wanted(limit=_SHOWN))
    return Dashboard(
        today=_figures(days, today, 1),
        week=_figures(days, today, 7),
        month=_figures(days, today, 30),
        days=[
            DashboardDay(date=day, net=days.get(day, Day()).net, profit=days.get(day, Day()).profit)
            for day in _each(today - timedelta(days=29), today)
        ],
        stock_value=cents(await stock_value(session)),
        low_stock_count=count,
        low_stock=low,
        open_invoices=await _open_invoices(session, moment),
        latest_sales=latest.items,
    )


async def sales(session: AsyncSession, first: date, last: date, by: By) -> SalesReport:
    """Sales from `first` to `last`, both included; a day, week or month without any is there with zeros."""
    days = await days_of(session, first, last)
    rows: dict[date, Day] = {}
    for day in _each(first, last):
        start = _start(day, by)
        rows[start] = rows.get(start, Day()) + days.get(day, Day())
    total = _sum(days.values())
    return SalesReport.model_validate(
        {
            "from": first,
            "to": last,
            "by": by,
            "rows": [_row(start, sums) for start, sums in rows.items()],
            "net": total.net,
            "tax": total.tax,
            "cost": total.cost,
            "profit": total.profit,
        }
    )


async def stock_values(session: AsyncSession) -> StockValue:
    """What is in stock at its average cost, by where it is and what it is, beside what the books say."""
    value = func.sum(StockLevel.quantity * Variant.cost)
    priced = select(StockLevel).join(Variant, Variant.id == StockLevel.variant_id)
    of_category = priced.with_only_columns(Category.id, Category.name, value).join(Item, Item.id == Variant.item_id)
    of_category = of_category.join(Category, Category.id == Item.category_id).group_by(Category.id)
    of_place = priced.with_only_columns(Warehouse.id, Warehouse.name, value)
    of_place = of_place.join(Warehouse, Warehouse.id == StockLevel.warehouse_id).group_by(Warehouse.id)
    return StockValue(
        total=cents(await stock_value(session)),
        ledger=await _inventory_account(session),
        by_category=await _values(session, of_category.order_by(value.desc(), Category.id)),
        by_warehouse=await _values(session, of_place.order_by(value.desc(), Warehouse.id)),
    )


async def about(session: AsyncSession) -> About:
    """What this shop is, and how it keeps its movements."""
    keeper: Literal["timescaledb", "partitions"] = "timescaledb" if await is_hypertable(session) else "partitions"
    return About(version=__version__, movements=keeper)


async def low_stock(session: AsyncSession, limit: int) -> tuple[list[LowStock], int]:
    """The items that are lowest against their reorder level, and how many are low in all."""
    low = running_low().subquery()
    query = select(low, func.count().over().label("found"))
    query = query.order_by(low.c.stock / low.c.reorder_level, low.c.name, low.c.id).limit(limit)
    rows = (await session.execute(query)).all()
    pictures = await thumbnails(session, [row.id for row in rows])
    shown = [
        LowStock(
            item_id=row.id,
            sku=row.sku,
            name=row.name,
            unit=row.unit,
            stock=row.stock,
            reorder_level=row.reorder_level,
            thumbnail=pictures.get(row.id),
        )
        for row in rows
    ]
    return shown, rows[0].found if rows else 0


async def _open_invoices(session: AsyncSession, moment: datetime) -> OpenInvoices:
    unpaid = (
        select(Sale.id, Invoice.number, Partner.name, Sale.gross, Invoice.due_at)
        .join(Sale, Sale.id == Invoice.sale_id)
        .outerjoin(Partner, Partner.id == Sale.customer_id)
        .where(Invoice.paid_at.is_(None), Sale.status == "completed")
    ).subquery()
    in_all = (func.count().over().label("found"), func.sum(unpaid.c.gross).over().label("total"))
    query = select(unpaid, *in_all).order_by(unpaid.c.due_at, unpaid.c.number).limit(_SHOWN)
    rows = (await session.execute(query)).all()
    shown = [
        OpenInvoice(
            sale_id=row.id,
            number=row.number,
            customer=row.name,
            gross=row.gross,
            due_at=row.due_at,
            overdue=row.due_at < moment,
        )
        for row in rows
    ]
    return OpenInvoices(count=rows[0].found if rows else 0, gross=rows[0].total if rows else _ZERO, items=shown)


async def _inventory_account(session: AsyncSession) -> Decimal:
    balance = func.coalesce(func.sum(LedgerDay.debit - LedgerDay.credit), 0)
    query = select(balance).where(LedgerDay.account_code == ledger.INVENTORY)
    return Decimal(await session.scalar(query) or 0)


async def _values(session: AsyncSession, query: Columns) -> list[StockValueRow]:
    found = await session.execute(query)
    return [StockValueRow(id=identifier, name=name, value=cents(value)) for identifier, name, value in found]


def _figures(days: dict[date, Day], today: date, length: int) -> PeriodFigures:
    first = today - timedelta(days=length - 1)
    here = _sum(days.get(day, Day()) for day in _each(first, today))
    before = _sum(days.get(day, Day()) for day in _each(first - timedelta(days=length), first - timedelta(days=1)))
    change = ((here.net - before.net) / before.net).quantize(Decimal("0.0001")) if before.net > 0 else None
    return PeriodFigures(
        days=length,
        sales=int(here.sales),
        net=here.net,
        gross=here.net + here.tax,
        profit=here.profit,
        net_before=before.net,
        change=change,
    )


def _row(start: date, sums: Day) -> SalesReportRow:
    return SalesReportRow(
        start=start, quantity=sums.quantity, net=sums.net, tax=sums.tax, cost=sums.cost, profit=sums.profit
    )


def _start(day: date, by: By) -> date:
    if by == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if by == "week" else day


def _sum(days: Iterable[Day]) -> Day:
    return sum(days, Day())


def _each(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
