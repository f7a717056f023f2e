"""What is made of the answers of services: documents, figures, errors, tokens, pages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from stackyard.model.system import Redis
from stackyard.model.values import Version
from stackyard.verify.services import errors, figures, frontend, interface
from stackyard.verify.services.direct import Operation, operations
from stackyard.verify.services.health import beside, find
from stackyard.verify.services.tokens import signed
from tests.native.literals import here

_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "shop", "version": "1"},
    "paths": {
        "/orders": {
            "get": {"security": [{"bearer": []}], "responses": {"200": {"description": "all"}}},
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": {"201": {"description": "made"}},
            },
        },
        "/orders/{id}": {
            "get": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "one"}},
            },
        },
    },
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
}


def test_a_document_tells_what_may_be_asked_and_who_must_sign_in() -> None:
    assert operations(_DOCUMENT) == (
        Operation("get", "/orders", is_secured=True, takes_json=False),
        Operation("post", "/orders", is_secured=False, takes_json=True),
        Operation("get", "/orders/{id}", is_secured=False, takes_json=False),
    )
    assert [one.is_plain for one in operations(_DOCUMENT)] == [True, False, False]
    assert all(one.is_secured for one in operations({**_DOCUMENT, "security": [{"bearer": []}]}))


def test_a_document_is_judged_by_somebody_else() -> None:
    assert interface.faults_in(_DOCUMENT) == []
    assert interface.faults_in({**_DOCUMENT, "info": {}}) != []
    assert interface.faults_in({**_DOCUMENT, "paths": {}}) == ["it describes no operation"]
    assert interface.faults_in({"swagger": "2.0"}) == ["it is of no version that is known: none"]


def test_figures_are_read_as_prometheus_reads_them() -> None:
    found = figures.parse('# TYPE http_requests counter\nhttp_requests_total{route="/a"} 3\n')
    assert found == {("http_requests_total", "[('route', '/a')]"): 3.0}
    assert figures.parse("<html>no figures</html>") is None
    assert figures.parse("") is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('Traceback (most recent call last):\n  File "x.py"', "a stack trace"),
        ("java.lang.Error\n    at org.shop.Main.run(Main.java:7)", "a stack trace"),
        ("cannot open /srv/app/settings.py", "a path of the server"),
        ('syntax error in "SELECT id FROM orders"', "a statement of the database"),
        ("psycopg.OperationalError: no", "the name of an exception"),
        ('{"title": "Not Found", "detail": "Select a product from the list."}', ""),
    ],
)
def test_an_answer_that_tells_of_the_inside_is_noticed(text: str, what: str) -> None:
    assert errors.internals(text) == what


def _problem(body: object, status: int = 404, request: str = "") -> httpx.Response:
    kind = {"content-type": "application/problem+json", **({"x-request-id": request} if request else {})}
    return httpx.Response(status, headers=kind, content=json.dumps(body))


def test_a_problem_document_is_held_to_its_rfc() -> None:
    """APP-06: bodies of errors are as RFC 9457 has them."""
    good = {"title": "Not Found", "status": 404, "correlation_id": "abc"}
    assert errors.problem_faults(_problem(good)) == []
    assert errors.problem_faults(_problem({**good, "status": 500})) == [
        "a problem document of status 500 in an answer of 404"
    ]
    assert errors.problem_faults(_problem({"status": 404})) == ["a problem document without a title"]
    assert errors.problem_faults(_problem(good, request="def")) == ["a problem document with the id of another request"]
    assert errors.problem_faults(httpx.Response(404, text="no")) == []


def test_a_token_is_signed_as_its_rfc_has_it() -> None:
    head, body, mark = signed({"sub": "nobody"}, "key").split(".")
    expected = hmac.new(b"key", f"{head}.{body}".encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(f"{mark}=") == expected
    assert signed({"sub": "nobody"}, "", algorithm="none").endswith(".")


def test_a_page_names_what_it_needs_first() -> None:
    page = frontend.parse(
        '<link rel="stylesheet" href="/a.css"><link rel="icon" href="/i.png"><link rel="manifest" href="/m.json">'
        '<link rel="modulepreload" href="/b.js"><script type="module" src="/c.js"></script><script>inline()</script>'
    )
    assert (page.first, page.manifest) == (["/a.css", "/b.js", "/c.js"], "/m.json")


def test_what_a_service_says_about_a_resource_is_found_by_its_name_or_kind() -> None:
    cache = Redis("sessions", Version((7,)), here())
    assert find(cache, {"sessions": {"status": "ok"}, "redis": {"status": "no"}}) == {"status": "ok"}
    assert find(cache, {"redis": {"status": "ok"}}) == {"status": "ok"}
    assert find(cache, {"postgresql": {"status": "ok"}}) is None
    assert beside("/api/health/readiness", "detailed") == ("/api/health/detailed", "/api/health/readiness/detailed")
