"""Best sellers: whatever the time, they are the sums of its days, though whole months are read at once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from goldshop.best_sellers import cover
from hypothesis import given
from hypothesis import strategies as st
from parts import Shop, ShopPostgres

TODAY = datetime.now(UTC).date()
BY_HAND = """
    select items.id::text, sum(day.quantity), sum(day.net), sum(day.net - day.cost)
    from sales_days day join variants on variants.id = variant_id join items on items.id = item_id
    where day between %s and %s group by items.id having sum(day.quantity) <> 0 or sum(day.net) <> 0
    order by sum(day.net) desc, items.id limit 100
"""


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@given(st.dates(max_value=date(9999, 12, 31)), st.integers(0, 800))
def test_months_and_days_make_up_every_time_and_few_days_are_read(first: date, length: int) -> None:
    """PERF-01: a year reads little more than a month."""
    last = first + timedelta(days=min(length, (date.max - first).days))
    found = cover(first, last)
    told = Counter(found.more)
    for month in found.months:
        told.update(day for day in days(month, month.replace(day=28)))
        told.update(month.replace(day=day) for day in (29, 30, 31) if has(month, day))
    told.subtract(found.less)
    assert sorted(told.elements()) == days(first, last)
    assert min(told.values()) >= 0
    assert len(found.more) + len(found.less) <= 32


def has(month: date, day: int) -> bool:
    try:
        month.replace(day=day)
    except ValueError:
        return False
    return True


@pytest.mark.real
@pytest.mark.parametrize(
    ("first", "last"),
    [
        (TODAY, TODAY),
        (TODAY - timedelta(days=29), TODAY),
        (TODAY - timedelta(days=364), TODAY),
        (TODAY - timedelta(days=200), TODAY - timedelta(days=97)),
        (date(TODAY.year, 1, 1), date(TODAY.year, 12, 31)),
    ],
    ids=["today", "30 days", "a year", "some time ago", "this year"],
)
def test_best_sellers_are_the_sums_of_the_days(shop: Shop, postgres: ShopPostgres, first: date, last: date) -> None:
    period = {"from": first.isoformat(), "to": last.isoformat(), "limit": 100}
    rows = shop.clerk.get("/api/reports/top", params=period).json()["rows"]
    with postgres.connect() as owner:
        by_hand = owner.execute(BY_HAND, (first, last)).fetchall()
    told = [(row["id"], *(Decimal(row[name]) for name in ("quantity", "net", "profit"))) for row in rows]
    assert told == by_hand
