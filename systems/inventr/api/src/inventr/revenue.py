"""Revenue: what was sold day by day (in UTC), cancelled orders left out."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, Date, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from inventr.clock import now
from inventr.schemas import RevenueDay, RevenueOut, TopProduct
from inventr.tables import Order, OrderLine

TOP = 10
"""Products named as the best sellers."""

_CENT = Decimal("0.01")


async def report(session: AsyncSession, days: int) -> RevenueOut:
    """The last `days` days, today among them; a day without orders is there with zeros."""
    today = now().date()
    first = today - timedelta(days=days - 1)
    by_day = await _by_day(session, first)
    rows = [by_day.get(day, RevenueDay(date=day, revenue=Decimal("0.00"), orders=0)) for day in _each(first, today)]
    total = sum((row.revenue for row in rows), Decimal("0.00"))
    orders = sum(row.orders for row in rows)
    return RevenueOut(
        today=rows[-1].revenue,
        total=total,
        orders=orders,
        average_order=(total / max(orders, 1)).quantize(_CENT),
        days=rows,
        top_products=await _top(session, first),
    )


async def _by_day(session: AsyncSession, first: date) -> dict[date, RevenueDay]:
    day = cast(func.timezone("UTC", Order.created_at), Date).label("day")
    query = select(day, func.sum(Order.total), func.count()).where(*_counted(first)).group_by(day)
    return {
        found: RevenueDay(date=found, revenue=revenue, orders=orders)
        for found, revenue, orders in await session.execute(query)
    }


async def _top(session: AsyncSession, first: date) -> list[TopProduct]:
    quantity = func.sum(OrderLine.quantity).label("quantity")
    revenue = func.sum(OrderLine.unit_price * OrderLine.quantity).label("revenue")
    query = (
        select(OrderLine.product_id, func.max(OrderLine.sku), func.max(OrderLine.name), quantity, revenue)
        .join(Order, Order.id == OrderLine.order_id)
        .where(*_counted(first))
        .group_by(OrderLine.product_id)
        .order_by(revenue.desc(), OrderLine.product_id)
        .limit(TOP)
    )
    return [
        TopProduct(product_id=identifier, sku=sku, name=name, quantity=count, revenue=amount)
        for identifier, sku, name, count, amount in await session.execute(query)
    ]


def _counted(first: date) -> tuple[ColumnElement[bool], ...]:
    return (Order.status == "placed", Order.created_at >= datetime.combine(first, time(), UTC))


def _each(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
