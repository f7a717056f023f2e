"""Roles and rules beside routes."""

import asyncio
from types import SimpleNamespace
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from stackyard_kit import problems
from stackyard_kit.access import (
    Ranked,
    Role,
    UndeclaredRouteError,
    allow,
    caller_of,
    install,
    own,
    own_branch,
    own_record,
    own_tenant,
    public,
    undeclared,
)
from stackyard_kit.keys import standing_keys
from stackyard_kit.testing import signed_in
from stackyard_kit.tokens import AccessTokens, Caller

TOKENS = AccessTokens(standing_keys(), "shop")
ORDERS = {"1": SimpleNamespace(branch_id="north", user_id="7"), "2": SimpleNamespace(branch_id="south", user_id="8")}
LOOKED_FOR = []


def order_of(order_id: str):
    LOOKED_FOR.append(order_id)
    return ORDERS[order_id]


def build():
    app = FastAPI()
    problems.install(app)
    orders = APIRouter(prefix="/orders", dependencies=[allow(Role.USER)])

    @orders.get("")
    async def listed(caller: Annotated[Caller, Depends(caller_of)]) -> str:
        """All orders."""
        return caller.name

    @orders.get("/{order_id}", dependencies=[allow(Role.USER, own_record, subject=order_of, unless=Role.MANAGER)])
    async def read(order: Annotated[SimpleNamespace, Depends(order_of)]) -> str:
        return order.branch_id

    @orders.delete("/{order_id}", dependencies=[allow(Role.MANAGER, own_branch, subject=order_of, hide=True)])
    async def drop(order_id: str) -> str:
        return order_id

    @app.get("/branches/{branch_id}", dependencies=[allow(Role.MANAGER, own_branch, unless=Role.ADMIN)])
    async def branch(branch_id: str) -> str:
        return branch_id

    @app.get("/me")
    async def me(caller: Annotated[Caller, allow()]) -> str:
        return caller.id

    @app.get("/front", dependencies=[public("It is the front page.")])
    async def front() -> str:
        return "welcome"

    app.include_router(orders)
    return app


async def check(token):
    return TOKENS.check(token)


def ask(method, path, role="", id="7", branch="north"):
    async def go():
        app = build()
        install(app, check)
        headers = {}
        if role:
            token = TOKENS.issue(id=id, name="Cleo", role=role, attributes={"branch": branch} if branch else None)
            headers = {"Authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
            return await client.request(method, path)

    return asyncio.run(go())


KNOWN = {"user", "manager", "admin", "super-admin"}
NOBODYS = {"owner", "MANAGER"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/front", KNOWN | NOBODYS | {""}),
        ("GET", "/me", KNOWN | NOBODYS),
        ("GET", "/orders", KNOWN),
        ("GET", "/branches/north", KNOWN - {"user"}),
        ("GET", "/branches/south", {"admin", "super-admin"}),
        ("DELETE", "/orders/1", KNOWN - {"user"}),
    ],
)
def test_every_role_may_do_what_is_declared_and_no_more(method, path, allowed):
    """APP-05: each role against each route; a role that nobody knows may nothing that wants one."""
    for role in KNOWN | NOBODYS | {""}:
        expected = 200 if role in allowed else 403 if role else 401
        assert ask(method, path, role).status_code == expected, role


def test_a_record_is_its_owners_and_its_managers():
    """APP-05: attribute rules."""
    assert ask("GET", "/orders/1", "user", id="7").status_code == 200
    refused = ask("GET", "/orders/1", "user", id="8")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:problem:not-yours")
    assert ask("GET", "/orders/1", "manager", id="8").status_code == 200


def test_a_record_of_others_can_be_hidden():
    """APP-05: whether it exists is not told."""
    assert ask("DELETE", "/orders/2", "manager").status_code == 404
    assert ask("DELETE", "/orders/1", "manager").status_code == 200


def test_nothing_is_looked_for_on_behalf_of_who_is_refused_anyway():
    LOOKED_FOR.clear()
    assert ask("DELETE", "/orders/1", "user").status_code == 403
    assert ask("DELETE", "/orders/1").status_code == 401
    assert LOOKED_FOR == []
    assert ask("GET", "/orders/1", "manager").status_code == 200
    assert LOOKED_FOR == ["1"]


def test_nothing_is_nobodys_own():
    """APP-05: two absent attributes are not equal."""
    somebody = Caller("7", "Cleo", "user", None, attributes={"tenant": "acme", "branch": ""})
    assert own_tenant(somebody, SimpleNamespace(tenant_id="acme"))
    assert not own_tenant(somebody, SimpleNamespace(tenant_id="other"))
    for nothing in (SimpleNamespace(branch_id=""), SimpleNamespace(branch_id=None), SimpleNamespace(), None):
        assert not own_branch(somebody, nothing)
        assert not own_record(somebody, nothing)
    assert own("id", "author")(somebody, SimpleNamespace(author=7))
    assert ask("GET", "/branches/north", "manager", branch="").status_code == 403


def test_a_rule_that_answers_no_bool_lets_nobody_in():
    async def forgotten(caller, subject):
        return False

    app = FastAPI()
    problems.install(app)

    @app.get("/x", dependencies=[allow(Role.USER, forgotten)])
    async def x() -> str:
        return "in"

    install(app, check)

    async def go():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.get("/x", headers=signed_in(TOKENS, role="user"))

    with pytest.warns(RuntimeWarning, match="never awaited"):
        assert asyncio.run(go()).status_code == 403


def test_a_service_names_its_own_roles():
    class Rank(Ranked):
        CLERK = "clerk"
        KEEPER = "keeper"

    assert Rank.KEEPER.reaches(Rank.CLERK)
    assert not Rank.CLERK.reaches(Rank.KEEPER)
    assert not Rank.KEEPER.reaches(Role.ADMIN)
    with pytest.raises(ValueError, match="at or above"):
        allow(Rank.KEEPER, own_branch, unless=Rank.CLERK)


def test_the_document_shows_who_may_what():
    """APP-05: rules are visible in OpenAPI. APP-06: the document itself."""
    app = build()
    install(app, check)
    paths = app.openapi()["paths"]
    assert app.openapi() is app.openapi()
    branch = paths["/branches/{branch_id}"]["get"]
    assert branch["x-allowed"] == {"role": "manager", "rules": ["own_branch"], "unless": "admin"}
    assert branch["security"] == [{"bearer": []}]
    expected = "Allowed: manager and above, if it belongs to one's own branch; admin and above without that."
    assert branch["description"] == expected
    assert paths["/orders"]["get"]["x-allowed"] == {"role": "user"}
    assert paths["/orders"]["get"]["description"] == "All orders.\n\nAllowed: user and above."
    assert paths["/orders/{order_id}"]["get"]["x-allowed"][1]["role"] == "user"
    assert paths["/front"]["get"]["x-allowed"] == {"public": "It is the front page."}
    assert "security" not in paths["/front"]["get"]
    assert app.openapi()["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_a_route_that_declares_nothing_is_found_and_the_start_refused():
    """APP-05: nothing is open by oversight."""
    app = build()
    assert undeclared(app) == []
    forgotten = APIRouter(prefix="/api")

    @forgotten.get("/one")
    async def one(caller: Annotated[Caller, Depends(caller_of)]) -> str:
        return caller.id

    @forgotten.post("/one")
    async def other() -> None: ...

    @forgotten.websocket("/ws")
    async def socket() -> None: ...

    @forgotten.websocket("/declared", dependencies=[public("It signs in with its first message.")])
    async def declared() -> None: ...

    app.include_router(forgotten)
    app.router.routes.append(Mount("/files", StaticFiles(directory=".")))
    assert undeclared(app) == ["GET /api/one", "POST /api/one", "WEBSOCKET /api/ws", "MOUNT /files"]
    with pytest.raises(UndeclaredRouteError, match="GET /api/one, POST /api/one"):
        install(app, check)
    install(app, check, strict=False)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eDp5", "bearer x.y.z", "Bearer a b c", "x" * 9000])
def test_what_is_no_bearer_token_is_a_401_that_says_how(header):
    async def go():
        app = build()
        install(app, check)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.get("/me", headers={"Authorization": header})

    answer = asyncio.run(go())
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
