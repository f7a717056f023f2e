"""EDGE-03: how much one address may ask, and hold. Shown from addresses that nobody else has: no user is counted."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

from stackyard.model.system import Limit, System
from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw
from stackyard.verify.client import edge_of, own_address
from stackyard.verify.edge.headers import unless_edge
from stackyard.verify.edge.paths import absent, edge_in, harmless, reachable
from stackyard.verify.edge.wire import Answer, Wire

_MOST = 400
"""Requests that may be made to see a limit: more would be a load, and no look."""
_PATIENCE = 8.0
"""Seconds after which a service is too slow to show a limit: what it answers meanwhile is refilled."""
_SECONDS = {"s": 1.0, "min": 60.0}
_SLACK = 2
"""Requests by which the clocks of client and server may differ."""


@dataclass(frozen=True)
class Burst:
    """What came of asking until one is refused: how many passed, in how many seconds, and the refusal if any came."""

    passed: int
    seconds: float
    refusal: Answer | None


def _rates(view: View) -> Iterator[Seen]:
    edge = edge_in(view.system)
    _require_own_address(view)
    unseen = []
    for limit in edge.limits:
        path = absent(limit.path)
        if not reachable(edge, path):
            continue
        if limit.rate.count + limit.burst > _MOST:
            unseen.append(f"{limit.path} lets {limit.rate.count + limit.burst} requests through at once")
            continue
        yield from _rate(view, limit, path)
    if unseen:
        raise CannotSeeError(f"{'; '.join(unseen)}: too many to ask for without a load")


def _rate(view: View, limit: Limit, path: str) -> Iterator[Seen]:
    with Wire(view) as wire:
        burst = _ask_until_refused(wire, path, limit)
        sent = f"GET {path} again and again from {wire.source}: {limit.path} allows {limit.rate} and {limit.burst} more"
    end = burst.refusal.line("Retry-After") if burst.refusal else "no refusal"
    came = f"{burst.passed} passed in {burst.seconds:.2f} s, then {end}"
    yield saw(sent, came, fault=wrong(limit, burst))
    if burst.refusal is None:
        return
    with Wire(view) as other:
        answer = other.ask(path)
    fault = f"another address is refused, too, while one has used up {limit.path}"
    yield saw(f"{answer.sent}, another one", answer.line(), fault=fault, unless=answer.status != 429)


def wrong(limit: Limit, burst: Burst) -> str:
    """What a burst shows to be wrong with a limit; "" when it is as it should be.

    Raises CannotSeeError when the service was too slow to run into the limit.
    """
    room = limit.rate.count + limit.burst
    refilled = burst.seconds * limit.rate.count / _SECONDS[limit.rate.per]
    if burst.passed > room + refilled + _SLACK:
        return (
            f"{limit.path} lets {burst.passed} requests through in {burst.seconds:.1f} s, not {room} and {limit.rate}"
        )
    if burst.refusal is None:
        raise CannotSeeError(f"{limit.path} is answered too slowly to run into its limit of {limit.rate}")
    if burst.passed < room:
        return f"{limit.path} refuses after {burst.passed} requests, not after {room}"
    if not burst.refusal.get("Retry-After").isdigit():
        return f"who is refused at {limit.path} is not told when to come back"
    return ""


def _ask_until_refused(wire: Wire, path: str, limit: Limit) -> Burst:
    """Stops at the first refusal, when more has passed than may, and when it takes too long."""
    begun = time.monotonic()
    room, rate = limit.rate.count + limit.burst, limit.rate.count / _SECONDS[limit.rate.per]
    passed, seconds = 0, 0.0
    while passed <= room + seconds * rate + _SLACK and seconds < _PATIENCE:
        answer = wire.ask(path)
        seconds = time.monotonic() - begun
        if answer.status == 429:
            return Burst(passed, seconds, answer)
        passed += 1
    return Burst(passed, seconds, None)


def _connections(view: View) -> Iterator[Seen]:
    """Requests that announce a byte and do not send it stay with the edge, and none of them reaches a service."""
    most = edge_in(view.system).connections
    _require_own_address(view)
    if most > _MOST:
        raise CannotSeeError(f"{most} connections are too many to hold without a load")
    _, path = harmless(view.system, fewest=most + 1)
    wire = Wire(view)
    with contextlib.ExitStack() as held:
        for number in range(1, most + 1):
            answer = _hold(held, wire, path)
            if answer.status == 429:
                fault = f"only {number - 1} connections of one address are served, not {most}"
                yield saw(f"connection {number} from {wire.source}", answer.line(), fault=fault)
                return
        sent = f"connection {most + 1} from {wire.source}, while {most} hold a request each"
        refused = Wire(view, source=wire.source)
        held.callback(refused.close)
        answer = refused.ask(path)
        fault = f"more than {most} connections of one address are served"
        yield saw(sent, answer.line("Retry-After"), fault=fault, unless=answer.status == 429)
        with Wire(view) as other:
            answer = other.ask(path)
        fault = "another address is refused, too, while one holds all it may"
        yield saw(f"{answer.sent}, meanwhile", answer.line(), fault=fault, unless=answer.status != 429)


def _hold(held: contextlib.ExitStack, wire: Wire, path: str) -> Answer:
    """Begin a request; the answer, an interim one as a rule, shows that the edge has counted it."""
    head = f"GET {path} HTTP/1.1\r\nHost: {wire.authority}\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
    sent = f"GET {path} from {wire.source}, with a byte to come"
    try:
        stream: socket.socket = held.enter_context(wire.stream())
        stream.sendall(head.encode())
        first = _exactly(stream, 12)
    except OSError as error:
        raise CannotSeeError(f"no answer to {sent}: {type(error).__name__}: {error}") from None
    return Answer(sent, int(first[9:12] or 0), (), b"")


def _exactly(stream: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = stream.recv(count - len(data))
        if not piece:
            raise ConnectionResetError("the connection was closed")
        data += piece
    return data


def _require_own_address(view: View) -> None:
    if own_address(edge_of(view)) is None:
        raise CannotSeeError("this machine has no address of its own to run into a limit with")


def _unless_limited(system: System) -> str:
    return unless_edge(system) or ("" if system.edge and system.edge.limits else "the file sets no limits")


def _unless_counted(system: System) -> str:
    is_counted = system.edge is not None and system.edge.connections
    return unless_edge(system) or ("" if is_counted else "the file does not limit connections")


CHECKS = (
    Check(
        "edge.limits",
        ("EDGE-03",),
        "each address may make as many requests as the file says, and others do not notice",
        Look.OUTSIDE,
        _rates,
        _unless_limited,
    ),
    Check(
        "edge.connections",
        ("EDGE-03",),
        "each address may hold as many connections as the file says, and others do not notice",
        Look.OUTSIDE,
        _connections,
        _unless_counted,
    ),
)
