"""One request, from the edge to the log of the service that answered it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

from stackyard.model.system import Route, System
from stackyard.observe.view import View
from stackyard.verify.check import Check, DoesNotApplyError, Look, Seen, saw
from stackyard.verify.client import client, edge_of
from stackyard.verify.logs.content import entries, wait_for
from stackyard.verify.services.direct import serves_nothing

_TELLING = frozenset({"debug", "info"})
"""Levels at which a service writes a line for a request that went well; above them the file wants none."""
_KEYS = ("correlation_id", "request_id", "trace_id", "x_request_id")


def _followed(view: View) -> Iterator[Seen]:
    """The id of a careful client is kept; one that could spoil a log is not."""
    edge_of(view)
    judged = False
    for route in _routes(view.system):
        if not entries(view, route.service):
            continue
        judged = True
        name = f"verify-{secrets.token_hex(8)}"
        path = f"{route.path.rstrip('/')}/{name}"
        with client(view) as visitor:
            answer = visitor.get(path, headers={"X-Request-ID": name})
        sent = f"GET {route.path}/… with X-Request-ID {name}: answered {answer.status_code}"
        yield saw(
            f"{sent}; X-Request-ID of the answer",
            answer.headers.get("x-request-id", "none"),
            fault="the answer does not give the id back",
            unless=answer.headers.get("x-request-id") == name,
        )
        yield _line(view, "edge", name, sent)
        if _level(view, route.service) in _TELLING:
            yield _line(view, route.service, name, sent)
        yield from _careful(view, route)
    if not judged:
        raise DoesNotApplyError("no service behind the edge writes its log as JSON")


def _level(view: View, service: str) -> str:
    """The level that a service is told to log at."""
    usual = view.system.logs.level
    told = (one.environment.get("LOG_LEVEL", usual) for one in view.planned().values() if one.part == service)
    return next(told, usual)


def _routes(system: System) -> tuple[Route, ...]:
    """One route of each service that answers itself."""
    statics = {service.name for service in system.services if service.is_static}
    routes = system.edge.routes if system.edge else ()
    return tuple({route.service: route for route in reversed(routes) if route.service not in statics}.values())


def _line(view: View, part: str, name: str, sent: str) -> Seen:
    keys = ("request_id",) if part == "edge" else _KEYS
    found = None
    for key in keys:
        found = wait_for(view, part, key, name, patience=5.0 if key == keys[0] else 0.0)
        if found is not None:
            break
    return saw(
        f"{sent}; a line with this id in the log of {part}",
        json.dumps(found) if found else "none within 5 s",
        fault=f"the log of {part} does not hold the id of a request",
        unless=found is not None,
    )


def _careful(view: View, route: Route) -> Iterator[Seen]:
    """An id with a quote and a line end in it, which would be a second line of the log if it were taken as it is."""
    word = secrets.token_hex(8)
    with client(view) as visitor:
        answer = visitor.get(f"{route.path.rstrip('/')}/{word}", headers={"X-Request-ID": f'{word}"}} forged'})
    given = answer.headers.get("x-request-id", "")
    yield saw(
        f"GET {route.path}/… with an X-Request-ID that holds quotes and braces; X-Request-ID of the answer",
        given or "none",
        fault="an id that can spoil a log is taken from a client",
        unless=bool(given) and "forged" not in given,
    )


def _concerns_nobody(system: System) -> str:
    if system.edge is None:
        return "the system has no edge"
    return serves_nothing(system)


CHECKS = (
    Check(
        "services.correlation",
        ("APP-03",),
        "a request can be followed by its id from the edge into the service",
        Look.LOG,
        _followed,
        unless=_concerns_nobody,
    ),
)
