"""The hostile client: a few of its requests are answered rightly, and an edge that is careless is found out."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from faults.__main__ import ground
from faults.client import http2, paths, shapes, smuggling
from faults.client.sieges import Outcome, large_bodies, old_tls, ranges, tls_garbage, websockets
from faults.client.target import Target, attacked, statuses
from faults.client.verdict import framing_fault, shows_internals
from faults.hostile import besieged

from tests.e2e.conftest import eventually

RIGHT = "GET /judge/x HTTP/1.1\r\nHost: attacked.localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (RIGHT, ""),
        (RIGHT + RIGHT, "2 requests"),
        (RIGHT.replace("/x", "/smuggled"), "a smuggled request"),
        ("POST /x HTTP/1.1\r\nHost: attacked.localhost\r\nContent-Length: 3\r\n\r\nabc", ""),
        (
            "POST /x HTTP/1.1\r\nHost: attacked.localhost\r\nContent-Length: 0\r\n\r\nGET /smuggled",
            "a smuggled request",
        ),
        ("GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n", "another host"),
        ("GET /x HTTP/1.1\r\nHost: attacked.localhost\r\nX: a\nY: b\r\n\r\n", "line breaks that are none"),
        ("GET /x HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", "a length and a transfer"),
        ("GET /x HTTP/1.1\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\nabc", "content-length twice"),
        ("GET /x HTTP/1.1\r\nContent-Length : 3\r\n\r\n", "a header name that is none"),
        ("(the rest could not be read)", "the judge could not read"),
    ],
)
def test_what_reaches_the_service_is_judged(raw: str, fault: str) -> None:
    assert framing_fault([raw], 1).startswith(fault)
    assert bool(framing_fault([raw], 1)) == bool(fault)


@pytest.mark.parametrize("body", [b"nginx/1.22.1", b"not for the outside", b"Traceback (most recent", b"at /var/tmp/x"])
def test_a_word_about_the_inside_is_seen(body: bytes) -> None:
    assert shows_internals(b"HTTP/1.1 500 Oops\r\nServer: nginx\r\n\r\n" + body)


def test_every_answer_on_a_connection_is_counted() -> None:
    one = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"path": 1}'
    assert statuses(one + b"HTTP/1.1 404 Not Found\r\n\r\n") == [200, 404]
    assert statuses(b"no such thing as HTTP/1.1 200 ") == []


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with ground() as folder, attacked(folder) as found:
        yield found


@pytest.mark.real
def test_a_few_requests_of_every_kind_are_answered_rightly(target: Target) -> None:
    """EDGE-10, EDGE-12: nothing hidden is served, nothing smuggled, and no error shows the inside."""
    some = [shape for kind in shapes.SHAPES.values() for shape in kind if 408 not in shape.right]
    assert {shape.name: fault for shape in some if (fault := smuggling.fault_of(target, shape))} == {}
    assert {shape.name: fault for shape in http2.SHAPES if (fault := http2.fault_of(target, shape))} == {}
    assert [result for result in paths.results(target, "hostile", 1) if not result.is_kept] == []


@pytest.mark.real
def test_short_sieges_disturb_nobody(target: Target) -> None:
    """EDGE-01, EDGE-12: refused in the edge's own words, while somebody else is served."""
    for siege, count in ((large_bodies, 1), (tls_garbage, 20), (old_tls, 1), (websockets, 5), (ranges, 7)):
        result = besieged(target, siege, count, "a siege", "nothing happens", 0.05)
        assert result.is_kept, result


@pytest.mark.real
def test_a_part_that_dies_under_a_siege_is_seen(target: Target) -> None:
    def kill(_: Target, __: int) -> Outcome:
        os.kill(_pid(target, "app-1"), signal.SIGKILL)
        eventually(lambda: target.life()["app-1"][1] > 0)
        return Outcome(tried=1)

    result = besieged(target, kill, 1, "a death", "nothing happens", 0.05)
    assert (result.tried, result.held) == (1, 0)
    assert any("parts were restarted" in note for note in result.notes)


@pytest.mark.real
def test_an_edge_without_its_guard_is_found_out(target: Target) -> None:
    """EDGE-10: the guard taken out of the running nginx."""
    guard = next(target.checkout.folder.glob(".stackyard/development/**/guard.conf"))
    kept = guard.read_text()
    try:
        guard.write_text("# nothing is hidden\n")
        _reload(target, 200)
        found = {result.fault: result for result in paths.results(target, "hostile", 1)}
    finally:
        guard.write_text(kept)
        _reload(target, 404)
    assert not found["paths towards dot files and backups"].is_kept
    assert not found["paths towards internal endpoints and administration"].is_kept


def _pid(target: Target, part: str) -> int:
    pid = target.life()[part][0]
    assert pid
    return pid


def _reload(target: Target, status: int) -> None:
    os.kill(_pid(target, "edge"), signal.SIGHUP)
    raw = f"GET /judge/metrics HTTP/1.1\r\nHost: {target.host}\r\nConnection: close\r\n\r\n".encode()
    eventually(lambda: statuses(target.exchange(raw)) == [status])
