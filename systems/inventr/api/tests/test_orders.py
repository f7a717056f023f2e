"""Orders and stock against a real database."""

import asyncio
from uuid import uuid4

import httpx
import pytest

pytestmark = pytest.mark.real


def order(client, product, quantity, key=None):
    headers = {"Idempotency-Key": key} if key else {}
    body = {"lines": [{"product_id": product["id"], "quantity": quantity}]}
    return client.post("/api/orders", json=body, headers=headers)


def level(client, product):
    return client.get(f"/api/products/{product['id']}").json()["stock"]


def at_once(api, client, bodies):
    """All requests together, from many connections."""

    async def go():
        limits = httpx.Limits(max_connections=len(bodies))
        headers = {"Authorization": client.headers["Authorization"]}
        async with httpx.AsyncClient(base_url=api.url, headers=headers, limits=limits, timeout=60) as many:
            answers = await asyncio.gather(
                *(many.post("/api/orders", json=body, headers=extra) for body, extra in bodies)
            )
            return [(answer.status_code, answer.json()) for answer in answers]

    return asyncio.run(go())


def test_an_order_takes_its_stock_and_a_cancelled_one_puts_it_back(clerk, manager, product):
    placed = order(clerk, product, 3)
    assert placed.status_code == 201
    body = placed.json()
    assert (body["total"], body["status"], body["currency"], body["created_by"]) == (
        "7.50",
        "placed",
        "EUR",
        "Cleo Clerk",
    )
    assert level(clerk, product) == 7
    assert clerk.post(f"/api/orders/{body['id']}/cancel").status_code == 403
    for _ in range(2):
        cancelled = manager.post(f"/api/orders/{body['id']}/cancel")
        assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert level(clerk, product) == 10
    movements = clerk.get(f"/api/products/{product['id']}/movements").json()["items"]
    assert [(one["quantity"], one["reason"]) for one in movements] == [(3, "cancelled"), (-3, "sold"), (10, "received")]


def test_fifty_orders_at_once_for_ten_items_sell_exactly_ten(api, clerk, product):
    body = {"lines": [{"product_id": product["id"], "quantity": 1}]}
    answers = at_once(api, clerk, [(body, {})] * 50)
    assert sorted(status for status, _ in answers) == [201] * 10 + [409] * 40
    refused = next(body for status, body in answers if status == 409)
    assert refused["type"] == "urn:problem:out-of-stock"
    assert refused["errors"][0]["pointer"] == "/lines/0/quantity"
    assert level(clerk, product) == 0


def test_orders_that_name_products_in_opposite_order_do_not_wait_for_each_other(api, manager, clerk, product):
    other = manager.post(
        "/api/products", json={"sku": "T-OTHER", "name": "Other", "category": "Testing", "price": "1", "stock": 100}
    ).json()
    manager.post("/api/stock-movements", json={"product_id": product["id"], "quantity": 90, "reason": "received"})
    there = {"lines": [{"product_id": one["id"], "quantity": 1} for one in (product, other)]}
    back = {"lines": there["lines"][::-1]}
    answers = at_once(api, clerk, [(there, {}), (back, {})] * 15)
    assert {status for status, _ in answers} == {201}
    assert (level(clerk, product), level(clerk, other)) == (70, 70)


def test_the_same_key_orders_once_even_at_once(api, clerk, product):
    key = {"Idempotency-Key": str(uuid4())}
    body = {"lines": [{"product_id": product["id"], "quantity": 2}]}
    answers = at_once(api, clerk, [(body, key)] * 8)
    assert {status for status, _ in answers} == {201}
    assert len({body["number"] for _, body in answers}) == 1
    assert level(clerk, product) == 8
    again = clerk.post("/api/orders", json=body, headers=key)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_key_cannot_stand_before_another_order(clerk, product):
    assert order(clerk, product, 1, key="one-key").status_code == 201
    other = order(clerk, product, 2, key="one-key")
    assert (other.status_code, other.json()["type"]) == (422, "urn:problem:idempotency-key-reused")
    assert level(clerk, product) == 9


def test_an_order_that_failed_leaves_its_key_free(clerk, product):
    assert order(clerk, product, 11, key="late-key").status_code == 409
    clerk.post("/api/stock-movements", json={"product_id": product["id"], "quantity": 1, "reason": "returned"})
    assert order(clerk, product, 11, key="late-key").status_code == 201


def test_two_lines_of_one_product_count_together(clerk, product):
    line = {"product_id": product["id"], "quantity": 6}
    refused = clerk.post("/api/orders", json={"lines": [line, line]})
    assert refused.status_code == 409
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/lines/1/quantity"]
    assert level(clerk, product) == 10


def test_nobody_takes_more_out_of_stock_than_there_is(clerk, product):
    wanted = {"product_id": product["id"], "quantity": -11, "reason": "damaged"}
    refused = clerk.post("/api/stock-movements", json=wanted)
    assert (refused.status_code, refused.json()["title"]) == (409, "Out of stock")
    made = clerk.post("/api/stock-movements", json={**wanted, "quantity": -4, "note": "Fell off the shelf"})
    assert made.status_code == 201
    assert (made.json()["product"]["stock"], made.json()["movement"]["created_by"]) == (6, "Cleo Clerk")


def test_every_level_is_the_sum_of_its_movements(postgres, clerk):
    ledger = "select product_id, sum(quantity) as moved from stock_movements group by product_id"
    query = f"select sku from products left join ({ledger}) ledger on product_id = id where stock <> coalesce(moved, 0)"
    with postgres.connect() as owner:
        assert owner.execute(query).fetchall() == []


def test_pages_follow_each_other_without_gaps(clerk):
    seen, cursor = [], ""
    while cursor is not None:
        page = clerk.get("/api/products", params={"limit": 13, "cursor": cursor}).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == page["total"]
    orders = clerk.get("/api/orders", params={"limit": 5}).json()
    following = clerk.get("/api/orders", params={"limit": 5, "cursor": orders["next_cursor"]}).json()
    numbers = [int(one["number"]) for one in orders["items"] + following["items"]]
    assert numbers == sorted(set(numbers), reverse=True)


def test_a_search_looks_in_name_sku_and_description_and_takes_percent_signs_literally(clerk):
    def found(search):
        return [one["sku"] for one in clerk.get("/api/products", params={"search": search}).json()["items"]]

    assert found("mug BLUE") == ["KIT-101"]
    assert found("kit-104") == ["KIT-104"]
    assert found("walnut paring") == ["KIT-105"]
    assert found("%") == found("_") == []


def test_revenue_names_every_day_and_counts_no_cancelled_order(clerk, manager, product):
    before = clerk.get("/api/revenue", params={"days": 7}).json()
    kept = order(clerk, product, 2).json()
    gone = order(clerk, product, 2).json()
    manager.post(f"/api/orders/{gone['id']}/cancel")
    after = clerk.get("/api/revenue", params={"days": 7}).json()
    assert len(after["days"]) == 7
    assert after["days"][-1]["revenue"] == after["today"]
    assert float(after["total"]) == pytest.approx(float(before["total"]) + float(kept["total"]))
    assert after["orders"] == before["orders"] + 1


def test_the_product_list_shows_a_change_at_once(clerk, product):
    """CACHE-03: cache-aside, made old by the change itself."""
    search = {"search": product["sku"]}
    assert clerk.get("/api/products", params=search).json()["items"][0]["stock"] == 10
    order(clerk, product, 4)
    assert clerk.get("/api/products", params=search).json()["items"][0]["stock"] == 6
