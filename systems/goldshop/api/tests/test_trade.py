"""Buying and selling against a real database: stock, invoices and books change together or not at all."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal
from uuid import uuid4

import httpx
import pytest
from parts import made

pytestmark = pytest.mark.real


def at_once(shop, bodies):
    """All sales together, from many connections."""

    async def go():
        limits = httpx.Limits(max_connections=len(bodies))
        headers = {"Authorization": shop.clerk.headers["Authorization"]}
        async with httpx.AsyncClient(base_url=shop.api.url, headers=headers, limits=limits, timeout=60) as many:
            answers = await asyncio.gather(
                *(many.post("/api/sales", json=body, headers=extra) for body, extra in bodies)
            )
            return [(answer.status_code, answer.json()) for answer in answers]

    return asyncio.run(go())


def postings(shop, transaction):
    found = shop.manager.get(f"/api/ledger/transactions/{transaction}").json()
    return {one["account_code"]: one["amount"] for one in found["postings"]}


def test_goods_are_ordered_received_sold_and_taken_back_and_stock_and_books_are_right_at_each_step(shop):
    """APP-06, DB-13: receive, sell, return; the books name every cent, and are closed with zero."""
    variant = shop.item(price="121.00")["variants"][0]["id"]
    lines = [{"variant_id": variant, "quantity": "4", "unit_cost": "30.00"}]
    order = {"supplier_id": shop.supplier, "warehouse_id": shop.warehouse, "lines": lines}
    ordered = made(shop.manager.post("/api/purchases", json=order))
    assert (ordered["status"], ordered["net"], ordered["tax"], ordered["gross"]) == (
        "ordered",
        "120.00",
        "25.20",
        "145.20",
    )

    received = shop.clerk.post(f"/api/purchases/{ordered['id']}/receive")
    assert received.status_code == 200, received.text
    assert postings(shop, received.json()["transaction_id"]) == {"1200": "120.00", "1400": "25.20", "2000": "-145.20"}
    assert shop.level(variant) == "4"
    again = shop.clerk.post(f"/api/purchases/{ordered['id']}/receive")
    assert (again.status_code, again.json()["type"]) == (409, "urn:problem:purchase-received")

    sold = made(shop.clerk.post("/api/sales", json=shop.sale(variant, "3", payment="card")))
    assert (sold["gross"], sold["net"], sold["tax"]) == ("363.00", "300.00", "63.00")
    assert postings(shop, sold["transaction_id"]) == {
        "1010": "363.00",
        "4000": "-300.00",
        "2100": "-63.00",
        "5000": "90.00",
        "1200": "-90.00",
    }
    assert sold["invoice"]["paid_at"] is not None
    assert shop.level(variant) == "1"

    assert shop.clerk.post(f"/api/sales/{sold['id']}/return").status_code == 403
    back = shop.manager.post(f"/api/sales/{sold['id']}/return")
    assert (back.status_code, back.json()["status"]) == (200, "returned")
    assert shop.level(variant) == "4"
    assert shop.manager.post(f"/api/sales/{sold['id']}/return").status_code == 409
    mirrored = shop.manager.get(f"/api/ledger/transactions/{sold['transaction_id']}").json()["reversed_by"]
    assert postings(shop, mirrored) == {
        "1010": "-363.00",
        "4000": "300.00",
        "2100": "63.00",
        "5000": "-90.00",
        "1200": "90.00",
    }
    moved = shop.clerk.get("/api/movements", params={"variant": variant}).json()["items"]
    assert [(one["reason"], one["quantity"]) for one in moved] == [("returned", "3"), ("sold", "-3"), ("received", "4")]


def test_what_is_bought_at_another_price_changes_the_average_cost(shop):
    variant = shop.variant("2", cost="10")
    lines = [{"variant_id": variant, "quantity": "1", "unit_cost": "20.00"}]
    order = {"supplier_id": shop.supplier, "warehouse_id": shop.other_warehouse, "lines": lines}
    ordered = made(shop.manager.post("/api/purchases", json=order))
    assert shop.clerk.post(f"/api/purchases/{ordered['id']}/receive").status_code == 200
    item = shop.clerk.get(f"/api/items/{ordered['lines'][0]['item_id']}").json()
    assert (item["variants"][0]["cost"], item["stock"]) == ("13.3333", "3")


def test_a_transfer_is_owed_until_it_is_paid_and_paid_back_from_the_bank(shop):
    variant = shop.variant("2", cost="10")
    sale = shop.sale(variant, payment="transfer", customer_id=shop.customer)
    sold = made(shop.clerk.post("/api/sales", json=sale))
    assert (sold["invoice"]["paid_at"], postings(shop, sold["transaction_id"])["1100"]) == (None, "121.00")
    paid = shop.clerk.post(f"/api/sales/{sold['id']}/payment")
    assert paid.status_code == 200
    assert paid.json()["invoice"]["paid_at"] is not None
    assert shop.clerk.post(f"/api/sales/{sold['id']}/payment").json()["type"] == "urn:problem:already-paid"
    assert shop.manager.post(f"/api/sales/{sold['id']}/return").status_code == 200
    mirrored = shop.manager.get(f"/api/ledger/transactions/{sold['transaction_id']}").json()["reversed_by"]
    assert postings(shop, mirrored)["1020"] == "-121.00"


def test_gold_is_sold_by_the_gram_and_investment_gold_without_tax(shop):
    variant = shop.variant("12.5", cost="52.1234", price="60.00", unit="g", tax_rate="0")
    sold = made(shop.clerk.post("/api/sales", json=shop.sale(variant, "2.75")))
    assert (sold["gross"], sold["tax"], sold["lines"][0]["quantity"]) == ("165.00", "0.00", "2.75")
    assert postings(shop, sold["transaction_id"])["5000"] == "143.34"
    assert shop.level(variant) == "9.75"
    finer = shop.clerk.post("/api/sales", json=shop.sale(variant, "0.001"))
    assert (finer.status_code, finer.json()["errors"][0]["pointer"]) == (422, "/lines/0/quantity")


def test_a_service_is_sold_without_stock_and_without_cost(shop):
    variant = shop.item(price="24.20", stocked=False)["variants"][0]["id"]
    sold = made(shop.clerk.post("/api/sales", json=shop.sale(variant, "2")))
    assert postings(shop, sold["transaction_id"]) == {"1000": "48.40", "4000": "-40.00", "2100": "-8.40"}


def test_only_a_manager_asks_another_price(shop):
    """APP-05: what depends on a value of the request."""
    variant = shop.variant()
    cheap = shop.sale(variant)
    cheap["lines"][0]["unit_price"] = "60.50"
    refused = shop.clerk.post("/api/sales", json=cheap)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:problem:price-not-allowed")
    assert made(shop.manager.post("/api/sales", json=cheap))["net"] == "50.00"


def test_forty_sales_at_once_of_ten_pieces_sell_exactly_ten(shop):
    """DB-13: stock is never negative, whoever asks at the same time."""
    variant = shop.variant("10")
    answers = at_once(shop, [(shop.sale(variant), {})] * 40)
    assert sorted(status for status, _ in answers) == [201] * 10 + [409] * 30
    refused = next(body for status, body in answers if status == 409)
    assert (refused["type"], refused["errors"][0]["pointer"]) == ("urn:problem:out-of-stock", "/lines/0/quantity")
    assert shop.level(variant) == "0"


def test_sales_that_name_variants_in_opposite_order_do_not_wait_for_each_other(shop):
    one, two, service = shop.variant("30"), shop.variant("30"), shop.item(stocked=False)["variants"][0]["id"]
    there = shop.sale(one)
    there["lines"] = [{"variant_id": variant, "quantity": "1"} for variant in (one, service, two)]
    back = {**there, "lines": there["lines"][::-1]}
    answers = at_once(shop, [(there, {}), (back, {})] * 10)
    assert {status for status, _ in answers} == {201}
    assert (shop.level(one), shop.level(two)) == ("10", "10")


def test_the_lines_of_a_sale_and_those_of_its_books_are_written_by_one_statement_each(shop, postgres):
    """DB-13: triggers then lock sums in their own order, and not in that of the lines."""
    lines = [{"variant_id": shop.variant("3"), "quantity": "1"} for _ in range(3)]
    before = len(postgres.log())
    made(shop.clerk.post("/api/sales", json={**shop.sale(""), "lines": lines}))
    ran = postgres.log()[before:]
    for table in ("sale_lines", "postings"):
        assert len(re.findall(rf"execute \S+: /\*.*\*/ INSERT INTO {table} ", ran)) == 1


def test_the_same_key_sells_once_even_at_once(shop):
    """APP-06: idempotency keys."""
    variant = shop.variant("10")
    key = {"Idempotency-Key": str(uuid4())}
    answers = at_once(shop, [(shop.sale(variant, "2"), key)] * 8)
    assert {status for status, _ in answers} <= {201, 409}
    assert {body["type"] for status, body in answers if status == 409} <= {"urn:problem:idempotency-key-in-use"}
    again = shop.clerk.post("/api/sales", json=shop.sale(variant, "2"), headers=key)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert {body["number"] for status, body in answers if status == 201} == {again.json()["number"]}
    assert shop.level(variant) == "8"
    other = shop.clerk.post("/api/sales", json=shop.sale(variant, "3"), headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:problem:idempotency-key-reused")


def test_two_lines_of_one_variant_count_together_and_nothing_of_a_refused_sale_is_there(shop, postgres):
    variant = shop.variant("10")
    body = shop.sale(variant, "6")
    body["lines"] *= 2
    with postgres.connect() as owner:
        before = owner.execute("select count(*), max(number) from invoices").fetchone()
        refused = shop.clerk.post("/api/sales", json=body)
        assert [error["pointer"] for error in refused.json()["errors"]] == ["/lines/1/quantity"]
        assert owner.execute("select count(*), max(number) from invoices").fetchone() == before
    assert shop.level(variant) == "10"


def test_invoices_are_numbered_without_gaps(shop, postgres):
    variant = shop.variant("5")
    at_once(shop, [(shop.sale(variant), {})] * 9)
    with postgres.connect() as owner:
        numbers = "select left(number, 4) as year, right(number, 6)::int as number from invoices"
        gaps = owner.execute(f"select year from ({numbers}) n group by year having max(number) <> count(*)").fetchall()
    assert gaps == []


def test_stock_is_carried_between_warehouses_and_counted(shop):
    variant = shop.variant("10", cost="3")
    transfer = {
        "variant_id": variant,
        "from_warehouse_id": shop.warehouse,
        "to_warehouse_id": shop.other_warehouse,
        "quantity": "4",
    }
    moved = made(shop.clerk.post("/api/transfers", json=transfer))
    assert sorted(level["quantity"] for level in moved["levels"]) == ["4", "6"]
    more = shop.clerk.post("/api/transfers", json={**transfer, "quantity": "7"})
    assert (more.status_code, more.json()["errors"][0]["detail"].split(": ")[1]) == (409, "only 6 pc left.")
    counted = {"variant_id": variant, "warehouse_id": shop.warehouse, "quantity": "-2", "note": "Lost"}
    assert shop.clerk.post("/api/movements", json=counted).status_code == 403
    gone = made(shop.manager.post("/api/movements", json=counted))
    assert postings(shop, gone["movements"][0]["document_id"]) == {"1200": "-6.00", "5100": "6.00"}
    assert shop.level(variant) == "4"
    assert shop.manager.patch(f"/api/warehouses/{shop.warehouse}", json={"active": False}).status_code == 409


def test_every_level_is_the_sum_of_its_movements(shop, postgres):
    """DB-13: levels, which are never negative, and movements agree."""
    shop.variant("3")
    moved = "select variant_id, warehouse_id, sum(quantity) as moved from movements group by 1, 2"
    query = f"""
        select variant_id from stock_levels full join ({moved}) m using (variant_id, warehouse_id)
        where coalesce(quantity, 0) <> coalesce(moved, 0)
    """
    with postgres.connect() as owner:
        assert owner.execute(query).fetchall() == []


def test_each_sale_comes_to_the_sum_of_its_lines_and_of_its_postings(shop, postgres):
    """DB-13: money is exact."""
    variant = shop.variant("100", cost="0.3333", price="0.07")
    for quantity in ("1", "3", "7"):
        made(shop.clerk.post("/api/sales", json=shop.sale(variant, quantity)))
    lines = "select sale_id, sum(net) as net, sum(tax) as tax from sale_lines group by 1"
    books = "select transaction_id, sum(amount) filter (where account_code = '4000') as booked from postings group by 1"
    query = f"""
        select sales.number from sales
        join ({lines}) l on l.sale_id = sales.id left join ({books}) b using (transaction_id)
        where l.net <> sales.net or l.tax <> sales.tax or coalesce(-booked, 0) <> sales.net
    """
    with postgres.connect() as owner:
        assert owner.execute(query).fetchall() == []
        total = owner.execute("select sum(amount) from postings").fetchone()
    assert total == (Decimal(0),)
