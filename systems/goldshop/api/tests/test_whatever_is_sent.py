"""Whatever is sent, the service answers, and never with its own failure: requests made up from its OpenAPI document.

It comes last, for what it makes up stays in the shop.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import schemathesis
from goldshop import openapi
from hypothesis import HealthCheck, Phase, settings
from parts import Shop, made
from schemathesis.checks import not_a_server_error

pytestmark = pytest.mark.real

LEFT_OUT = r"/api/auth/(login|logout|logout-everywhere|password|refresh)"
"""Signing in is throttled and ends sessions: it has tests of its own."""

document = schemathesis.openapi.from_dict(openapi.document())
# Every method that an address does not have ends in the same place: one of them shows it.
document.config.phases.coverage.unexpected_methods = {"put"}
document = document.exclude(path_regex=LEFT_OUT)


@pytest.fixture(scope="module")
def known(shop: Shop) -> dict[str, str]:
    """Ids of rows that there are, by the names under which requests have them."""
    item = shop.item(unit="g")
    variant = item["variants"][0]["id"]
    shop.open(variant, "1000000", "99.5")
    sale = made(shop.clerk.post("/api/sales", json=shop.sale(variant)))
    lines = [{"variant_id": variant, "quantity": "1", "unit_cost": "5"}]
    order = {"supplier_id": shop.supplier, "warehouse_id": shop.warehouse, "lines": lines}
    return {
        "variant_id": variant,
        "variant": variant,
        "item_id": item["id"],
        "warehouse_id": shop.warehouse,
        "warehouse": shop.warehouse,
        "from_warehouse_id": shop.warehouse,
        "to_warehouse_id": shop.other_warehouse,
        "supplier_id": shop.supplier,
        "customer_id": shop.customer,
        "partner_id": shop.customer,
        "category_id": shop.category,
        "category": shop.category,
        "sale_id": sale["id"],
        "purchase_id": made(shop.manager.post("/api/purchases", json=order))["id"],
        "transaction_id": sale["transaction_id"],
        "account_code": "1000",
        "unit": "g",
    }


def known_in(value: Any, known: dict[str, str]) -> Any:
    """The value with about half of the made up ids in it replaced by those of rows that there are."""
    if isinstance(value, list):
        return [known_in(one, known) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: known[name] if name in known and is_even(one) else known_in(one, known) for name, one in value.items()
    }


def is_even(value: Any) -> bool:
    try:
        return UUID(str(value)).int % 2 == 0
    except ValueError:
        return isinstance(value, str) and len(value) % 2 == 0


@document.parametrize()
@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_nothing_that_is_sent_makes_the_service_fail(case, shop: Shop, known: dict[str, str]):
    """APP-06: no 5xx, and every failure is a problem document."""
    # In place of what it has made up from the security scheme.
    case.headers = {**(case.headers or {}), "Authorization": shop.admin.headers["Authorization"]}
    case.body = known_in(case.body, known)
    case.path_parameters = known_in(case.path_parameters or {}, known)
    case.query = known_in(case.query or {}, known)
    answer = case.call(base_url=shop.api.url)
    case.validate_response(answer, checks=[not_a_server_error])
    # Some are sent without a token, on purpose.
    assert answer.status_code != 401 or "Authorization" not in answer.request.headers
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == ["application/problem+json"]
