"""What the edge says: security headers everywhere, errors in its own words, a page while the service is away."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from .yard import HOST, POLICY, Echo, Yard, limit, route, system

pytestmark = pytest.mark.real

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PROMISED = {
    "X-Frame-Options": ["SAMEORIGIN"],
    "X-Content-Type-Options": ["nosniff"],
    "X-XSS-Protection": ["1; mode=block"],
    "Referrer-Policy": ["strict-origin-when-cross-origin"],
    "Permissions-Policy": ["camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"],
    "Content-Security-Policy": [POLICY],
    "Strict-Transport-Security": ["max-age=31536000; includeSubDomains"],
}


def test_the_security_headers_stand_on_every_answer_once(
    yard: Callable[..., Yard], echo: Callable[..., Echo], front: Path
) -> None:
    """EDGE-02: pages, assets, API answers, refusals and errors alike, whatever the service says itself."""
    edge = yard(
        of=system(limits=(limit("/api/few", 1, "min"),), cors=("https://app.example",), admin_paths=("/api/admin",)),
        upstreams={"api": (echo().address,)},
        front=front,
    )
    preflight = {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"}
    edge.ask("/api/few")
    answers = {
        "page": (200, edge.ask("/")),
        "fallback": (200, edge.ask("/orders/7")),
        "asset": (200, edge.ask("/assets/index-4f3a2b1c.js")),
        "not modified": (304, edge.ask("/", headers={"If-None-Match": edge.ask("/").get("ETag") or ""})),
        "range": (206, edge.ask("/logo.svg", headers={"Range": "bytes=0-9"})),
        "bad range": (416, edge.ask("/logo.svg", headers={"Range": "bytes=999999-"})),
        "condition": (412, edge.ask("/", headers={"If-Match": '"none"'})),
        "proxied": (200, edge.ask("/api/x")),
        "busy": (503, edge.ask("/api/busy")),
        "preflight": (204, edge.ask("/api/x", method="OPTIONS", headers=preflight)),
        "missing": (404, edge.ask("/assets/none.js")),
        "hidden": (404, edge.ask("/.env")),
        "method": (405, edge.ask("/", method="POST")),
        "too many": (429, edge.ask("/api/few")),
        "forbidden": (403, edge.ask("/api/admin")),
        "too large": (413, edge.ask("/", method="POST", headers={"Content-Length": "99999999"})),
        "away": (503, edge.ask("/live")),
        "away, page": (503, edge.ask("/live", headers=HTML)),
        "malformed": (400, edge.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: x\r\n\r\n".encode())),
        "long": (414, edge.ask("/" + "x" * 20_000)),
        "heavy": (431, edge.ask("/", headers={"Cookie": "x" * 20_000})),
    }
    for what, (status, answer) in answers.items():
        assert answer.status == status, what
        for name, values in PROMISED.items():
            assert answer.all(name) == values, (what, name)
        assert len(answer.all("X-Request-ID")) == 1, what
        assert answer.get("Server") == "nginx", what
        assert answer.get("X-Powered-By") is None, what
    assert answers["too large"][1].json["status"] == 413


def test_the_policy_of_the_stack_file_is_sent_as_written(yard: Callable[..., Yard], front: Path) -> None:
    """EDGE-02: a real Content-Security-Policy."""
    policy = "default-src 'self'; img-src 'self' https://cdn.example"
    edge = yard(of=system(csp=policy, hsts=0), front=front)
    for path in ("/", "/none.js"):
        assert edge.ask(path).all("Content-Security-Policy") == [policy]
        assert edge.ask(path).get("Strict-Transport-Security") is None


def test_a_stack_file_may_turn_the_policy_off(yard: Callable[..., Yard], front: Path) -> None:
    edge = yard(of=system(csp=""), front=front)
    for path in ("/", "/none.js"):
        assert edge.ask(path).all("Content-Security-Policy") == []
        assert edge.ask(path).get("X-Frame-Options") == "SAMEORIGIN"


def test_a_browser_is_never_told_to_use_tls_for_all_of_localhost(yard: Callable[..., Yard], front: Path) -> None:
    edge = yard(front=front)
    assert edge.ask("/").get("Strict-Transport-Security")
    for host in ("localhost", "127.0.0.1"):
        assert edge.ask("/", host=host).get("Strict-Transport-Security") is None


def test_an_error_is_a_page_for_people_and_a_problem_document_for_programs(
    yard: Callable[..., Yard], echo: Callable[..., Echo], front: Path
) -> None:
    """EDGE-12: errors never show internals."""
    edge = yard(upstreams={"api": (echo().address,)}, front=front)
    page = edge.ask("/none.png", headers=HTML)
    assert page.get("Content-Type") == "text/html; charset=utf-8"
    assert b"There is nothing here" in page.body
    program = edge.ask("/none.png")
    assert program.get("Content-Type") == "application/problem+json"
    assert program.json == {
        "type": "about:blank",
        "title": "There is nothing here",
        "status": 404,
        "detail": "",
        "correlation_id": program.get("X-Request-ID"),
    }
    assert edge.ask("/api/metrics", headers=HTML).get("Content-Type") == "application/problem+json"
    for answer in (page, program, edge.ask("/", method="TRACE"), edge.ask("/%00"), edge.send(b"nonsense\r\n\r\n")):
        assert answer.status in (400, 404, 405)
        assert b"nginx" not in answer.body
        assert answer.get("Cache-Control") == "no-store"


def test_nobody_can_ask_for_the_pages_of_errors_themselves(yard: Callable[..., Yard], front: Path) -> None:
    edge = yard(front=front)
    for path in ("/.edge/page", "/.edge/away-page", "/%2eedge/problem", "//.edge/away-problem"):
        assert edge.ask(path).status == 404


def test_while_the_service_is_away_people_see_a_page_and_programs_a_problem(
    yard: Callable[..., Yard], echo: Callable[..., Echo], front: Path
) -> None:
    """EDGE-12: the service is stopped under a running edge, and comes back without one."""
    api = echo()
    edge = yard(upstreams={"api": (api.address,), "live": (api.address,)}, front=front)
    assert edge.ask("/api/x").status == 200
    api.stop()
    refused = edge.ask("/api/x", headers=HTML)
    assert (refused.status, refused.get("Retry-After")) == (503, "30")
    assert (refused.json["status"], refused.json["detail"]) == (503, "Wait and send the request again.")
    page = edge.ask("/live/", headers=HTML)
    assert (page.status, page.get("Retry-After")) == (503, "30")
    assert page.get("Content-Type") == "text/html; charset=utf-8"
    assert b"Back in a moment" in page.body
    assert edge.ask("/").status == 200  # the front end is still there


def test_the_page_needs_nothing_that_a_policy_could_refuse(yard: Callable[..., Yard]) -> None:
    """EDGE-12: self-contained, without styles, scripts or anything to load."""
    page = yard().ask("/live/", headers=HTML).body.decode()
    assert not re.search(r"<style|<script|style=|src=|url\(|<link|\son\w+=", page)
    assert "$" not in page


def test_a_system_can_bring_its_own_page(yard: Callable[..., Yard], folder: Path) -> None:
    """EDGE-12: served from a file, and still with status 503."""
    own = folder / "away.html"
    own.write_text("<p>Inventory day. Back at noon.</p>")
    answer = yard(maintenance=str(own)).ask("/live/", headers=HTML | {"If-None-Match": "*", "Range": "bytes=0-3"})
    assert (answer.status, answer.body) == (503, own.read_bytes())
    assert answer.get("Content-Type") == "text/html; charset=utf-8"


def test_an_answer_in_time_or_a_word_that_it_may_have_been_done(
    yard: Callable[..., Yard], echo: Callable[..., Echo]
) -> None:
    """EDGE-12: a service that does not answer within the timeout of its route."""
    edge = yard(of=system(routes=(route("/api", "api", timeout=1.0),)), upstreams={"api": (echo().address,)})
    answer = edge.ask("/api/hold", method="POST", body=b"x")
    assert answer.status == 503
    assert answer.json["detail"].endswith("may or may not have been done.")


def test_what_a_service_says_about_its_own_errors_passes(yard: Callable[..., Yard], echo: Callable[..., Echo]) -> None:
    answer = yard(upstreams={"api": (echo().address,)}).ask("/api/busy")
    assert (answer.status, answer.json["name"]) == (503, "api")


def test_the_log_tells_each_request_without_its_query(
    yard: Callable[..., Yard], echo: Callable[..., Echo], front: Path
) -> None:
    """LOG-02: one line of JSON each, with the id that follows the request, and no secret from the address."""
    api = echo()
    edge = yard(of=system("production"), upstreams={"api": (api.address,)}, front=front)
    agent = 'Agent "\\ ü' + "y" * 5000
    edge.ask("/api/x?token=hush", headers={"X-Request-ID": "order-42-abc", "User-Agent": agent})
    edge.ask("/orders/7?token=hush")
    api.stop()
    edge.ask("/api/x?token=hush")
    proxied, page, away = edge.lines(3)
    assert proxied["request_id"] == "order-42-abc"
    assert (proxied["path"], proxied["status"], proxied["method"]) == ("/api/x", 200, "GET")
    assert (proxied["upstream"], proxied["upstream_status"]) == (api.address, "200")
    assert proxied["agent"].startswith('Agent "\\ ')
    assert len(proxied["agent"]) <= 200
    assert (page["path"], page["upstream"]) == ("/orders/7", "")
    assert (away["path"], away["status"], away["upstream_status"]) == ("/api/x", 503, "502")
    assert "hush" not in edge.errors()
