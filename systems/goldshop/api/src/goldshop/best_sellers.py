"""What sold best in a time, from sums by month, and from those by day where a month is not inside as a whole."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from sqlalchemy import ARRAY, Date, Subquery, any_, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import QueryableAttribute

from goldshop.schemas.reports import TopReport, TopRow
from goldshop.sums import Columns
from goldshop.tables import Category, Item, SalesDay, SalesMonth, Variant


@dataclass
class Cover:
    """Months and days that make up a time: the sums of `months` and `more` days, without those of the days `less`."""

    months: list[date] = field(default_factory=list)
    more: list[date] = field(default_factory=list)
    less: list[date] = field(default_factory=list)


def cover(first: date, last: date) -> Cover:
    """The time from `first` to `last`, both included.

    A month that is mostly inside is taken as a whole, without its days outside: at most sixteen days of it are read.
    """
    found = Cover()
    for days in _months(first, last):
        inside = [day for day in days if first <= day <= last]
        outside = [day for day in days if not first <= day <= last]
        if len(outside) < len(inside):
            found.months.append(days[0])
            found.less += outside
        else:
            found.more += inside
    return found


async def top(session: AsyncSession, first: date, last: date, by: Literal["item", "category"], limit: int) -> TopReport:
    """What sold best, by what it brought in."""
    sold = _sold(cover(first, last))
    of = Item if by == "item" else Category
    quantity, net, profit = (func.sum(column) for column in (sold.c.quantity, sold.c.net, sold.c.profit))
    query: Columns = (
        select(of.id, of.name, quantity, net, profit)
        .join(Variant, Variant.id == sold.c.variant_id)
        .join(Item, Item.id == Variant.item_id)
    )
    if by == "category":
        query = query.join(Category, Category.id == Item.category_id)
    query = query.group_by(of.id).having(or_(quantity != 0, net != 0)).order_by(net.desc(), of.id).limit(limit)
    rows = [
        TopRow(id=identifier, name=name, quantity=pieces, net=amount, profit=earned)
        for identifier, name, pieces, amount, earned in await session.execute(query)
    ]
    return TopReport.model_validate({"from": first, "to": last, "by": by, "rows": rows})


def _sold(time: Cover) -> Subquery:
    parts = (
        _sums(SalesMonth, SalesMonth.month, time.months, 1),
        _sums(SalesDay, SalesDay.day, time.more, 1),
        _sums(SalesDay, SalesDay.day, time.less, -1),
    )
    each = union_all(*parts).subquery()
    # By variant first: what is joined afterwards are a few thousand rows at most, however long the time.
    sums = (func.sum(each.c[name]).label(name) for name in ("quantity", "net", "profit"))
    return select(each.c.variant_id, *sums).group_by(each.c.variant_id).subquery()


def _sums(
    of: type[SalesDay | SalesMonth], period: QueryableAttribute[date], wanted: list[date], sign: Literal[1, -1]
) -> Columns:
    figures: tuple[tuple[str, Any], ...] = (("quantity", of.quantity), ("net", of.net), ("profit", of.net - of.cost))
    return select(of.variant_id, *((sign * figure).label(name) for name, figure in figures)).where(
        period == any_(literal(wanted, ARRAY(Date)))
    )


def _months(first: date, last: date) -> Iterator[list[date]]:
    # The days of each month, without a step beyond the first or the last day that there is.
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        year, month = divmod(number, 12)
        yield [date(year, month + 1, day + 1) for day in range(monthrange(year, month + 1)[1])]
