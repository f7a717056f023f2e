"""Items, categories and codes against a real database."""

from __future__ import annotations

from uuid import uuid4

import pytest
from parts import made

pytestmark = pytest.mark.real


def category(shop, name, parent=None):
    return made(shop.manager.post("/api/categories", json={"name": name, "parent_id": parent}))


def path_of(shop, identifier):
    found = shop.clerk.get("/api/categories").json()["items"]
    return next(one["path"] for one in found if one["id"] == identifier)


def test_a_category_moves_with_all_that_is_below_it(shop):
    mark = uuid4().hex[:6]
    top, other = category(shop, f"Jewels {mark}"), category(shop, f"Other {mark}")
    rings = category(shop, "Ringe für Männer", top["id"])
    gold = category(shop, "Gold", rings["id"])
    assert (gold["path"], gold["depth"]) == (f"jewels_{mark}.ringe_fur_manner.gold", 3)
    moved = shop.manager.patch(f"/api/categories/{rings['id']}", json={"parent_id": other["id"], "name": "Rings"})
    assert moved.json()["path"] == f"other_{mark}.rings"
    assert path_of(shop, gold["id"]) == f"other_{mark}.rings.gold"
    below = shop.manager.patch(f"/api/categories/{rings['id']}", json={"parent_id": gold["id"]})
    assert (below.status_code, below.json()["errors"][0]["pointer"]) == (422, "/parent_id")
    up = shop.manager.patch(f"/api/categories/{rings['id']}", json={"parent_id": None, "name": f"Rings {mark}"})
    assert up.json()["path"] == f"rings_{mark}"
    assert path_of(shop, gold["id"]) == f"rings_{mark}.gold"


def test_two_categories_of_one_name_are_refused_where_they_are_siblings_only(shop):
    top = category(shop, f"Top {uuid4().hex[:6]}")
    category(shop, "Silver", top["id"])
    taken = shop.manager.post("/api/categories", json={"name": "SILVER!", "parent_id": top["id"]})
    assert (taken.status_code, taken.json()["type"]) == (409, "urn:problem:category-taken")


def test_a_category_with_something_in_it_stays(shop):
    top = category(shop, f"Top {uuid4().hex[:6]}")
    below = category(shop, "Below", top["id"])
    assert shop.manager.delete(f"/api/categories/{top['id']}").json()["type"] == "urn:problem:category-used"
    assert shop.manager.delete(f"/api/categories/{below['id']}").status_code == 204
    assert shop.manager.delete(f"/api/categories/{below['id']}").status_code == 404
    shop.item()
    assert shop.manager.delete(f"/api/categories/{shop.category}").status_code == 409


def test_a_category_counts_the_items_below_it_and_lists_them(shop):
    top = category(shop, f"Counted {uuid4().hex[:6]}")
    below = category(shop, "Below", top["id"])
    item = shop.item()
    shop.manager.patch(f"/api/items/{item['id']}", json={"category_id": below["id"]})
    counted = {one["id"]: one["items"] for one in shop.clerk.get("/api/categories").json()["items"]}
    assert (counted[top["id"]], counted[below["id"]]) == (1, 1)
    listed = shop.clerk.get("/api/items", params={"category": top["id"]}).json()["items"]
    assert [one["id"] for one in listed] == [item["id"]]
    assert listed[0]["category"]["path"].endswith(".below")


def test_every_variant_gets_a_code_of_the_shops_own_that_a_scanner_accepts(shop):
    """APP-09: EAN-13 of the range for use within a shop, with its check digit."""
    item = shop.item()
    (code,) = [one["code"] for one in item["variants"][0]["barcodes"]]
    assert code.startswith("20")
    assert (sum(map(int, code[::2])) + 3 * sum(map(int, code[1::2]))) % 10 == 0
    found = shop.clerk.get("/api/lookup", params={"code": f" {code} "}).json()
    assert (found["matched"], found["variant"]["id"], found["item"]["id"]) == (
        "barcode",
        item["variants"][0]["id"],
        item["id"],
    )


def test_a_variant_is_found_by_its_sku_its_items_sku_and_the_text_of_its_qr_code(shop):
    item = shop.item()
    sku = item["variants"][0]["sku"]
    for code, matched in (
        (sku.lower(), "sku"),
        (item["sku"], "item"),
        (f"https://goldshop.localhost/v/{sku}", "sku"),
    ):
        found = shop.clerk.get("/api/lookup", params={"code": code})
        assert (found.status_code, found.json()["matched"]) == (200, matched)
    unknown = shop.clerk.get("/api/lookup", params={"code": "4711"})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:problem:unknown-code")


def test_a_makers_code_is_checked_and_belongs_to_one_variant(shop, postgres):
    one, other = (shop.item()["variants"][0]["id"] for _ in range(2))
    wrong = shop.clerk.post(f"/api/variants/{one}/barcodes", json={"code": "4006381333932"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/code")
    made(shop.clerk.post(f"/api/variants/{one}/barcodes", json={"code": "4006381333931"}))
    taken = shop.clerk.post(f"/api/variants/{other}/barcodes", json={"code": "4006381333931"})
    assert (taken.status_code, taken.json()["type"]) == (409, "urn:problem:code-taken")
    with postgres.connect_app() as app, pytest.raises(Exception, match="barcodes_check_digit"):
        app.execute("insert into barcodes values ('4006381333932', %s, 'ean13')", [one])


def test_items_are_found_while_they_are_typed_and_by_what_they_mean(shop):
    item = shop.item()
    shop.manager.patch(f"/api/items/{item['id']}", json={"name": "Engraved quizzical bracelets", "description": "Rare"})

    def found(q):
        return [one["id"] for one in shop.clerk.get("/api/items", params={"q": q}).json()["items"]]

    assert item["id"] in found("quizz")
    assert item["id"] in found("BRACELET quizzical")
    assert found(item["variants"][0]["sku"].lower()) == [item["id"]]
    assert found("quizzical nothing") == []
    assert found("%_") == []


def test_pages_of_items_follow_each_other_without_gaps_in_both_orders(shop):
    for sort in ("name", "newest"):
        seen, cursor = [], ""
        while cursor is not None and len(seen) < 600:
            wanted = {"sort": sort, "limit": 200, "cursor": cursor}
            page = shop.clerk.get("/api/items", params=wanted).json()
            seen += [one["id"] for one in page["items"]]
            cursor = page["next_cursor"]
        assert len(seen) == len(set(seen)) >= 400
    for cursor in ("!", "AAAA", "WyJ4Il0"):
        assert shop.clerk.get("/api/items", params={"cursor": cursor}).status_code == 422


def test_what_runs_out_is_listed_and_a_sale_changes_the_list_at_once(shop):
    """CACHE-03: cache-aside, made old by the change itself."""
    variant = shop.variant("3")
    sku = shop.clerk.get("/api/movements", params={"variant": variant}).json()["items"][0]["sku"].removesuffix("-A")
    item = shop.clerk.get("/api/items", params={"q": sku}).json()["items"][0]
    shop.manager.patch(f"/api/items/{item['id']}", json={"reorder_level": "2"})

    def row(**more):
        return [
            (one["stock"], one["low"])
            for one in shop.clerk.get("/api/items", params={"q": sku, **more}).json()["items"]
        ]

    assert (row(), row(stock="low"), row(stock="out")) == ([("3", False)], [], [])
    made(shop.clerk.post("/api/sales", json=shop.sale(variant)))
    assert (row(), row(stock="low"), row(stock="out")) == ([("2", True)], [("2", True)], [])
    made(shop.clerk.post("/api/sales", json=shop.sale(variant, "2")))
    assert (row(stock="low"), row(stock="out")) == ([("0", True)], [("0", True)])


def test_a_sku_is_taken_once_and_what_is_not_named_stays(shop):
    one, other = shop.item(), shop.item()
    taken = shop.manager.patch(f"/api/items/{one['id']}", json={"sku": other["sku"]})
    assert (taken.status_code, taken.json()["errors"][0]["pointer"]) == (409, "/sku")
    changed = shop.manager.patch(f"/api/variants/{one['variants'][0]['id']}", json={"price": "99.50"}).json()
    assert (changed["variants"][0]["price"], changed["variants"][0]["sku"]) == ("99.50", one["variants"][0]["sku"])
    more = made(shop.manager.post(f"/api/items/{one['id']}/variants", json={"sku": f"{one['sku']}-B", "price": "5"}))
    assert [each["position"] for each in more["variants"]] == [0, 1]
    gone = shop.manager.patch(f"/api/items/{one['id']}", json={"active": False})
    assert gone.json()["active"] is False
    refused = shop.clerk.post("/api/sales", json=shop.sale(one["variants"][0]["id"]))
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:problem:no-such-variant")
