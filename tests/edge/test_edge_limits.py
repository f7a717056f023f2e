"""The rate and connection limits, counted on the wire."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .yard import HOST, Echo, Yard, limit, route, system

pytestmark = pytest.mark.real


def statuses(edge: Yard, path: str, count: int) -> tuple[list[int], float]:
    """The statuses of so many requests over one connection, and how long they took."""
    connection = http.client.HTTPSConnection("127.0.0.1", edge.https, context=edge.context())
    start = time.monotonic()
    found = []
    for _ in range(count):
        connection.request("GET", path, headers={"Host": HOST})
        response = connection.getresponse()
        response.read()
        found.append(response.status)
    connection.close()
    return found, time.monotonic() - start


def test_the_promised_count_passes_and_the_next_is_told_when_to_come_back(
    yard: Callable[..., Yard], echo: Callable[..., Echo], front: Path
) -> None:
    """EDGE-03: 5 a minute on the sign-in, with a problem document and the seconds to wait."""
    edge = yard(of=system(limits=(limit("/api/auth", 5, "min"),)), upstreams={"api": (echo().address,)}, front=front)
    found, _ = statuses(edge, "/api/auth/login", 7)
    assert found == [200] * 5 + [429] * 2
    refused = edge.ask("/api//auth/%6cogin?x", headers={"X-Forwarded-For": "1.2.3.4"})
    assert refused.status == 429
    assert refused.get("Content-Type") == "application/problem+json"
    assert refused.get("Retry-After") == "12"
    assert (refused.json["status"], refused.json["title"]) == (429, "Too many requests")
    assert refused.json["correlation_id"] == refused.get("X-Request-ID")


def test_a_request_counts_below_the_longest_path_only(
    yard: Callable[..., Yard], echo: Callable[..., Echo], front: Path
) -> None:
    """EDGE-03: several zones beside each other, told apart by whole segments of the path."""
    limits = (limit("/", 30, "min"), limit("/api", 10, "min"), limit("/api/auth", 2, "min"))
    edge = yard(of=system(limits=limits), upstreams={"api": (echo().address,)}, front=front)
    for path, promised in (("/api/auth", 2), ("/api/authors", 10), ("/orders", 30)):
        found, _ = statuses(edge, path, promised + 2)
        assert found == [200] * promised + [429] * 2, path


@pytest.mark.parametrize(("rate", "burst"), [(10, 20), (30, 0)])
def test_a_limit_per_second_lets_rate_and_burst_through_at_once(
    yard: Callable[..., Yard], echo: Callable[..., Echo], rate: int, burst: int
) -> None:
    """EDGE-03: 10 and 30 a second."""
    edge = yard(of=system(limits=(limit("/", rate, "s", burst),)), upstreams={"api": (echo().address,)})
    found, seconds = statuses(edge, "/api/x", 100)
    passed = found.count(200)
    assert found[: rate + burst] == [200] * (rate + burst)
    assert passed <= rate + burst + seconds * rate + 1
    assert set(found) == {200, 429}


def test_connections_of_one_address_are_limited(yard: Callable[..., Yard], echo: Callable[..., Echo]) -> None:
    """EDGE-03: so many requests of one address at a time, not one more."""
    api = echo()
    edge = yard(of=system(connections=3), upstreams={"api": (api.address,)})
    held = [edge.connect() for _ in range(3)]
    for stream in held:
        stream.sendall(f"GET /api/hold HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        assert api.arrived.acquire(timeout=5)
    refused = edge.ask("/api/x")
    assert (refused.status, refused.get("Retry-After")) == (429, "1")
    api.let_go.set()
    for stream in held:
        assert stream.recv(12) == b"HTTP/1.1 200"
        stream.close()


def test_bodies_up_to_the_limit_pass_and_larger_ones_are_refused(
    yard: Callable[..., Yard], echo: Callable[..., Echo]
) -> None:
    routes = (route("/api", "api"), route("/api/photos", "api", body=2000))
    edge = yard(of=system(routes=routes, body=1000), upstreams={"api": (echo().address,)})
    for path, most in (("/api/x", 1000), ("/api/photos", 2000)):
        assert edge.ask(path, method="POST", body=b"x" * most).json["received"] == most
        refused = edge.ask(path, method="POST", body=b"x" * (most + 1))
        assert (refused.status, refused.json["title"]) == (413, "The request is too large")
