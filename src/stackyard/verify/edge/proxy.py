"""EDGE-06: requests reach services as clients made them, and what services are told of clients is true."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.model.system import System
from stackyard.observe.view import View
from stackyard.resources.nginx.render import TOLD
from stackyard.verify.check import Check, Look, Seen, saw
from stackyard.verify.edge.headers import unless_edge
from stackyard.verify.edge.log import lines_of, upstreams
from stackyard.verify.edge.paths import absent, edge_in, mark, proxied, reachable
from stackyard.verify.edge.told import told
from stackyard.verify.edge.wire import Wire

_FORGED = "203.0.113.7"
"""An address of the documentation, which nobody has."""
_WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "c3RhY2t5YXJkLXZlcmlmeQ==",
}
_TUNNEL = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABk"}


def unless_service(system: System) -> str:
    """Why services behind the edge are no concern of this system, or ""."""
    return unless_edge(system) or ("" if proxied(system) else "no route leads to a service")


def _routes(view: View) -> Iterator[Seen]:
    system = view.system
    asked = {}
    with Wire(view) as wire:
        for route in proxied(system):
            path = f"{absent(route.path)}/a%2Fb%20c"
            if reachable(edge_in(system), path):
                seen = mark()
                # What follows the question mark stands in no log.
                answer = wire.ask(f"{path}?x=1", headers={"X-Request-ID": seen})
                asked[seen] = (route, answer)
    rows = lines_of(view, asked)
    for seen, (route, answer) in asked.items():
        row = rows[seen]
        service = system.service(route.service)
        places = view.upstreams(service)
        tried = upstreams(row)
        fault = ""
        if not tried or tried[-1] not in places:
            fault = f"a request for {route.path} does not reach {service.name} but {tried or 'nobody'}"
        elif answer.status in (502, 503, 504):
            fault = f"{service.name} does not answer for {route.path}"
        came = f"{answer.line()}; in the access log {row.get('path')} to {row.get('upstream')}"
        yield saw(answer.sent, came, fault=fault)


def _request_id(view: View) -> Iterator[Seen]:
    asked, answers = mark(), []
    with Wire(view) as wire:
        for path in [absent(route.path) for route in edge_in(view.system).routes]:
            if reachable(edge_in(view.system), path):
                answers.append(wire.ask(path, headers={"X-Request-ID": asked}))
        odd = wire.ask(absent("/"), headers={"X-Request-ID": 'x"};alert(1)//'})
    for answer in answers:
        is_same = answer.all("X-Request-ID") == [asked]
        yield saw(answer.sent, answer.line("X-Request-ID"), fault="a client's request id is lost", unless=is_same)
    is_new = len(odd.all("X-Request-ID")) == 1 and odd.get("X-Request-ID").isalnum()
    yield saw(odd.sent, odd.line("X-Request-ID"), fault="an id that is no id is passed on", unless=is_new)
    sent, headers = told(view, headers={"X-Request-ID": asked})
    came = headers.get("x-request-id", "")
    fault = "a service is not told the id of the request"
    yield saw(sent, f"X-Request-ID: {came}", fault=fault, unless=came == asked)


def _client(view: View) -> Iterator[Seen]:
    names = [name for name in TOLD if name.startswith(("X-Forwarded", "X-Real", "X-Orig", "X-Rew", "Forw", "Proxy"))]
    sent, headers = told(view, headers=dict.fromkeys(names, _FORGED))
    came = "; ".join(f"{name}: {headers.get(name.lower(), '')}" for name in names)
    forged = [name for name in names if _FORGED in headers.get(name.lower(), "")]
    yield saw(sent, came, fault=f"a service believes what a client says in {', '.join(forged)}", unless=not forged)
    own = headers[""]
    for name in ("X-Real-IP", "X-Forwarded-For"):
        fault = f"a service is not told the address of the client in {name}"
        yield saw(
            f"{name} of that", headers.get(name.lower(), ""), fault=fault, unless=headers.get(name.lower()) == own
        )
    host = edge_in(view.system).host
    is_told = headers.get("host", "").partition(":")[0] == host and headers.get("x-forwarded-proto") in (
        "http",
        "https",
    )
    came = f"Host: {headers.get('host')}; X-Forwarded-Proto: {headers.get('x-forwarded-proto')}"
    yield saw("the host and scheme of that", came, fault="a service is not told host and scheme", unless=is_told)


def _websockets(view: View) -> Iterator[Seen]:
    sent, headers = told(view, headers=_WEBSOCKET)
    came = f"Connection: {headers.get('connection')}; Upgrade: {headers.get('upgrade')}"
    passes = headers.get("upgrade") == "websocket" and headers.get("connection") == "upgrade"
    yield saw(sent, came, fault="a WebSocket does not get through to a service", unless=passes)
    sent, headers = told(view, headers=_TUNNEL)
    came = f"Connection: {headers.get('connection')}; Upgrade: {headers.get('upgrade')}"
    fault = "an upgrade to h2c gets through, past every rule of the edge"
    yield saw(sent, came, fault=fault, unless=not headers.get("upgrade"))


CHECKS = (
    Check(
        "edge.routes",
        ("EDGE-06",),
        "each route leads to its service, and the service answers",
        Look.OUTSIDE,
        _routes,
        unless_service,
    ),
    Check(
        "edge.request-id",
        ("EDGE-06", "APP-03"),
        "a request has one id, the client's where that is a sane one, and services are told it",
        Look.OUTSIDE,
        _request_id,
        unless_edge,
    ),
    Check(
        "edge.client",
        ("EDGE-06",),
        "services are told who the client is, and a client cannot lie about that",
        Look.INSIDE,
        _client,
        unless_service,
    ),
    Check(
        "edge.websockets",
        ("EDGE-06",),
        "WebSockets get through to services, and no other upgrade does",
        Look.INSIDE,
        _websockets,
        unless_service,
    ),
)
