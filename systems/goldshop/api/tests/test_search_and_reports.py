"""Finding things however they are spelt, and reports that say what the rows say."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from parts import Shop, ShopPostgres

pytestmark = pytest.mark.real


def found(shop: Shop, query: str) -> list[dict[str, Any]]:
    answer = shop.clerk.get("/api/search", params={"q": query})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("saphire eternity", "sapphire"),
        ("krugerand", "Krugerrand"),
        ("tahitan perls", "Tahitian pearl strand"),
        ("beveled weding band", "Bevelled wedding band"),
        ("qwxzjkvb", ""),
    ],
)
def test_misspelt_names_are_found(shop: Shop, query: str, title: str) -> None:
    """SEARCH-01: names may be misspelt."""
    items = [one for one in found(shop, query) if one["kind"] == "item"]
    if not title:
        assert items == []
        return
    assert title in items[0]["title"]
    assert items[0]["matched_by"] == "similar"


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("rings with a halo", "Halo ring"),
        ("wedding bands platinum", "platinum 950"),
        ("diver", "Northwall Diver"),
        ("krug", "Krug"),
    ],
)
def test_words_are_found_in_every_form_and_while_they_are_typed(shop: Shop, query: str, title: str) -> None:
    """SEARCH-01: full-text search."""
    items = [one for one in found(shop, query) if one["kind"] == "item"]
    assert title in items[0]["title"]
    assert items[0]["matched_by"] == "words"


def test_numbers_codes_and_people_are_found(shop: Shop) -> None:
    """SEARCH-01: documents by number, items by what is scanned, partners by name."""
    assert [(one["kind"], one["title"]) for one in found(shop, "S-17")] == [("sale", "Sale S-17")]
    assert [(one["kind"], one["title"]) for one in found(shop, "p-3")] == [("purchase", "Purchase P-3")]
    year = date.today().year
    assert found(shop, f"{year}-000001")[0]["kind"] == "invoice"
    variant = shop.item()["variants"][0]
    barcodes = [code["code"] for code in variant["barcodes"]] or [variant["sku"]]
    for code in (*barcodes, variant["sku"]):
        hit = found(shop, code)[0]
        assert (hit["kind"], hit["matched_by"]) == ("item", "number")
    assert ("partner", "Nordic Silver Works") in [(one["kind"], one["title"]) for one in found(shop, "nordik silver")]


@pytest.mark.parametrize(
    "query", ["'", "a' or 1=1 --", "%", "\\", "& | !", "()", ":*", "日本", "-" * 100, "S-" + "9" * 12]
)
def test_nothing_that_is_typed_breaks_the_search(shop: Shop, query: str) -> None:
    """SEARCH-01: any text is a question."""
    found(shop, query)


def test_sales_by_month_are_the_sums_of_the_rows(shop: Shop, postgres: ShopPostgres) -> None:
    """Reports equal sums made by hand, returns on the day they came back."""
    last = datetime.now(UTC).date()
    first = last - timedelta(days=364)
    query = (
        "select (sold_at at time zone 'UTC')::date, (returned_at at time zone 'UTC')::date, net, tax, cost from sales"
    )
    by_hand: defaultdict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    with postgres.connect() as owner:
        rows: list[Any] = owner.execute(query).fetchall()
        for sold, returned, *amounts in rows:
            for day, sign in ((sold, 1), (returned, -1)):
                if day is not None and first <= day <= last:
                    sums = by_hand[day.replace(day=1).isoformat()]
                    by_hand[day.replace(day=1).isoformat()] = [a + sign * b for a, b in zip(sums, amounts, strict=True)]
    answer = shop.clerk.get("/api/reports/sales", params={"from": str(first), "to": str(last), "by": "month"}).json()
    reported = {row["start"]: [Decimal(row[name]) for name in ("net", "tax", "cost")] for row in answer["rows"]}
    assert reported == dict(by_hand)
    assert Decimal(answer["net"]) == sum(sums[0] for sums in by_hand.values())
    assert Decimal(answer["profit"]) == sum(sums[0] - sums[2] for sums in by_hand.values())


def test_days_and_weeks_add_up_to_the_months(shop: Shop) -> None:
    period = {"from": "2026-02-01", "to": "2026-02-28"}
    totals = [
        shop.clerk.get("/api/reports/sales", params={**period, "by": by}).json() for by in ("day", "week", "month")
    ]
    assert [len(one["rows"]) for one in totals] == [28, 5, 1]
    assert len({one["net"] for one in totals}) == 1
    assert totals[1]["rows"][0]["start"] == "2026-01-26"


def test_a_sale_and_its_return_are_in_every_report(shop: Shop) -> None:
    """Two pieces at 121.00 that cost 40.00 each, one sale of them taken back."""
    variant = shop.variant("10", price="121.00", cost="40")
    before = shop.clerk.get("/api/reports/dashboard").json()
    value = Decimal(shop.clerk.get("/api/reports/stock-value").json()["total"])
    sales = [shop.clerk.post("/api/sales", json=shop.sale(variant, "2")).json() for _ in range(2)]
    assert shop.manager.post(f"/api/sales/{sales[0]['id']}/return").status_code == 200

    after = shop.clerk.get("/api/reports/dashboard").json()
    assert after["today"]["sales"] == before["today"]["sales"] + 2
    assert Decimal(after["today"]["net"]) - Decimal(before["today"]["net"]) == Decimal("200.00")
    assert Decimal(after["week"]["profit"]) - Decimal(before["week"]["profit"]) == Decimal("120.00")
    assert after["latest_sales"][0]["id"] == sales[1]["id"]
    today = datetime.now(UTC).date().isoformat()
    top = shop.clerk.get("/api/reports/top", params={"from": today, "to": today, "by": "category", "limit": 100}).json()
    own = [row for row in top["rows"] if row["id"] == shop.category]
    assert own
    assert Decimal(own[0]["net"]) >= Decimal("200.00")
    stock = shop.clerk.get("/api/reports/stock-value").json()
    assert Decimal(stock["total"]) == value - 80
    assert stock["total"] == stock["ledger"]
    for rows in (stock["by_warehouse"], stock["by_category"]):
        # Each part is rounded by itself.
        off = sum(Decimal(row["value"]) for row in rows) - Decimal(stock["total"])
        assert abs(off) <= Decimal("0.005") * (len(rows) + 1)


@pytest.mark.parametrize(
    "period", [{"from": "2026-02-02", "to": "2026-02-01"}, {"from": "1900-01-01", "to": "2026-01-01"}, {"from": "x"}]
)
def test_a_time_that_cannot_be_is_refused(shop: Shop, period: dict[str, str]) -> None:
    assert shop.clerk.get("/api/reports/sales", params=period).status_code == 422
