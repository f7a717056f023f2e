"""Whatever is sent, the service answers, and never with its own failure: requests made up from its OpenAPI document.

It comes last, for what it makes up stays in the shop.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from inventr.application import ROUTERS
from parts import JWT_SECRET, Api
from schemathesis.checks import not_a_server_error

from stackyard_kit.application import create_fastapi
from stackyard_kit.settings import Secret, Settings

pytestmark = pytest.mark.real

LEFT_OUT = r"/api/auth/(login|logout|logout-everywhere|password|refresh)"
"""Signing in is throttled and ends sessions: it has tests of its own."""


NOWHERE = Settings(
    database_url=Secret("postgresql://nobody:none@127.0.0.1:1/none"),
    redis_url=Secret("redis://127.0.0.1:1/0"),
    jwt_secret=Secret(JWT_SECRET),
)
document = create_fastapi(NOWHERE, title="inventr", version="0", routers=ROUTERS).openapi()


@pytest.fixture(scope="module")
def boss(api: Api) -> Iterator[httpx.Client]:
    with api.client("manager@inventr.example") as client:
        yield client


@pytest.fixture(scope="module")
def known(boss: httpx.Client) -> str:
    """The id of a product that there is."""
    wanted = {"sku": "T-WHATEVER", "name": "Whatever", "category": "Testing", "price": "2.50", "stock": 10}
    found: str = boss.post("/api/products", json=wanted).raise_for_status().json()["id"]
    return found


@schemathesis.openapi.from_dict(document).exclude(path_regex=LEFT_OUT).parametrize()
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_nothing_that_is_sent_makes_the_service_fail(case, api: Api, boss: httpx.Client, known: str):
    """APP-06: no 5xx, and every failure is a problem document."""
    # In place of what it has made up from the security scheme.
    case.headers = {**(case.headers or {}), "Authorization": boss.headers["Authorization"]}
    if "product_id" in (case.path_parameters or {}):
        case.path_parameters["product_id"] = known
    answer = case.call(base_url=api.url)
    case.validate_response(answer, checks=[not_a_server_error])
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == ["application/problem+json"]
