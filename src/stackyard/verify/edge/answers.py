"""One answer of every kind that an edge gives, with nothing done to get it: what goes for all is judged on these."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.model.system import System
from stackyard.observe.view import View
from stackyard.verify.edge.paths import absent, built, edge_in, files_of, limit_of, proxied, reachable, room, static
from stackyard.verify.edge.wire import Answer, Wire

_LONGEST_LINE = 17_000
"""Bytes of a request line that are more than the edge takes."""
_MOST = 300
"""Requests that a check makes to be refused one: more would be a load, and no look."""


def good(view: View) -> Iterator[Answer]:
    """From every route: the page of a front end with one of its assets, and a service's word on an absent path."""
    system = view.system
    with Wire(view) as wire:
        for route in static(system):
            base = route.path.rstrip("/")
            if reachable(edge_in(system), f"{base}/"):
                yield wire.ask(f"{base}/")
            folder = built(view, route)
            for name in list(files_of(folder, "assets/*"))[:1] if folder else ():
                yield wire.ask(f"{base}/{name}")
        for route in proxied(system):
            path = absent(route.path)
            if reachable(edge_in(system), path):
                yield wire.ask(path)


def errors(view: View) -> Iterator[Answer]:
    """The edge's own errors: 400, 404, 405, 413, 414, 421, 429 and 503, as far as this system has them."""
    system, edge = view.system, edge_in(view.system)
    with Wire(view) as wire:
        yield wire.ask("/.stackyard-verify")
        yield wire.ask("/", host=f"stackyard-verify.{'x' * 8}.invalid")
        yield _raw(wire, "GET", absent("/"), "Content-Length: many", "a length that is no number")
        yield _raw(wire, "GET", f"/{'x' * _LONGEST_LINE}", "", f"{_LONGEST_LINE} bytes of address")
        yield _raw(wire, "POST", absent("/"), f"Content-Length: {_largest(system) + 1}", "a length over the limit")
        for route in static(system)[:1]:
            if reachable(edge, f"{route.path.rstrip('/')}/"):
                yield _raw(wire, "POST", f"{route.path.rstrip('/')}/", "Content-Length: 0", "a method that files lack")
    yield from _refused(view)
    with Wire(view, inside=True) as inside:
        yield inside.ask("/nginx-away")


def _refused(view: View) -> Iterator[Answer]:
    """The answer to one request too many, from the limit that takes the fewest."""
    edge = edge_in(view.system)
    paths = [absent(limit.path) for limit in edge.limits]
    reached = [path for path in paths if reachable(edge, path) and limit_of(edge, path) and room(edge, path) <= _MOST]
    if not reached:
        return
    path = min(reached, key=lambda one: room(edge, one))
    with Wire(view) as wire:
        for _ in range(2 * room(edge, path) + 10):
            answer = wire.ask(path)
            if answer.status == 429:
                yield answer
                return


def _largest(system: System) -> int:
    """Bytes that no route takes."""
    edge = edge_in(system)
    return max([edge.body, *(route.body for route in edge.routes if route.body is not None)])


def _raw(wire: Wire, method: str, target: str, header: str, what: str) -> Answer:
    """A request of which nothing is sent but its head: what it announces never reaches anybody."""
    lines = [
        f"{method} {target} HTTP/1.1",
        f"Host: {wire.authority}",
        "Connection: close",
        *([header] if header else []),
    ]
    shown = f"{method} {target[:60]} with {what} from {wire.source or 'this machine'}"
    return wire.send("\r\n".join([*lines, "", ""]).encode(), shown)
