"""EDGE-07: which replica a request goes to, as the access log tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from stackyard.model.system import Route, System
from stackyard.observe.view import View
from stackyard.verify.check import Check, Look, Seen, saw
from stackyard.verify.edge.headers import unless_edge
from stackyard.verify.edge.log import lines_of, upstreams
from stackyard.verify.edge.paths import absent, edge_in, mark, proxied, reachable, room
from stackyard.verify.edge.wire import Wire

_ROUNDS = 5
_COOKIE = "edge_affinity"


def _shared(system: System) -> tuple[Route, ...]:
    return tuple(route for route in proxied(system) if system.service(route.service).replicas > 1)


def _spread(view: View) -> Iterator[Seen]:
    system = view.system
    for route in _shared(system):
        replicas = system.service(route.service).replicas
        found: Counter[str] = Counter()
        for _ in range(_ROUNDS):
            # A few at a time: a hash leaves one of them out now and then.
            found.update(_asked(view, route, {}, 4 * replicas))
            if len(found) == replicas:
                break
        wanted = view.upstreams(system.service(route.service))
        shown = ", ".join(f"{count} to {place}" for place, count in found.most_common())
        idle = ", ".join(sorted(wanted - found.keys()))
        fault = f"no request for {route.path} goes to {idle}" if idle else ""
        yield saw(f"{found.total()} GETs below {route.path}, in the access log", shown, fault=fault)


def _stays(view: View) -> Iterator[Seen]:
    for route in _shared(view.system):
        if not route.affinity:
            continue
        with Wire(view) as wire:
            answer = wire.ask(absent(route.path))
        cookie = answer.get("Set-Cookie").partition(";")[0]
        fault = f"a client of {route.path} gets no cookie to stay with its replica"
        is_given = cookie.startswith(f"{_COOKIE}=")
        yield saw(answer.sent, answer.line("Set-Cookie"), fault=fault, unless=is_given)
        found = _asked(view, route, {"Cookie": cookie}, 12)
        fault = f"a client of {route.path} is sent from replica to replica"
        shown = ", ".join(f"{count} to {place}" for place, count in found.most_common())
        yield saw(
            f"{found.total()} GETs below {route.path} with its cookie", shown, fault=fault, unless=len(found) == 1
        )


def _asked(view: View, route: Route, headers: Mapping[str, str], count: int) -> Counter[str]:
    """Where so many requests went, each counted at the first place that it was sent to."""
    marks = [mark() for _ in range(count)]
    left = 0
    wire = Wire(view)
    for one in marks:
        if not left:
            # An address of its own for as many as its limit takes.
            wire.close()
            wire, left = Wire(view), min(count, room(edge_in(view.system), absent(route.path)))
        wire.ask(absent(route.path), headers={**headers, "X-Request-ID": one})
        left -= 1
    wire.close()
    rows = lines_of(view, marks)
    return Counter(place for row in rows.values() for place in upstreams(row)[:1])


def _unless_shared(system: System) -> str:
    routes = () if system.edge is None else _shared(system)
    is_seen = any(reachable(edge_in(system), absent(route.path)) for route in routes)
    return unless_edge(system) or ("" if is_seen else "no route leads to a service with replicas")


def _unless_affine(system: System) -> str:
    is_asked = system.edge is not None and any(route.affinity for route in _shared(system))
    return _unless_shared(system) or ("" if is_asked else "no route asks for affinity")


CHECKS = (
    Check(
        "edge.balance",
        ("EDGE-07", "SCALE-01"),
        "requests are spread over the replicas of a service",
        Look.LOG,
        _spread,
        _unless_shared,
    ),
    Check(
        "edge.affinity",
        ("EDGE-07",),
        "a client stays with its replica where the file says so",
        Look.LOG,
        _stays,
        _unless_affine,
    ),
)
