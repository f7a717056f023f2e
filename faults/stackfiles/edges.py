"""Whether an edge fits the parts behind it, over plain data. Nothing of Stackyard is used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from faults.stackfiles import values

Data = dict[str, Any]
_LOCAL = (".localhost", ".local", ".test", ".internal", ".invalid")


def faults(
    data: Data, services: dict[str, Data], resources: dict[str, Data], running: set[str], root: Path
) -> Iterator[str]:
    """What does not fit; nothing for a sound edge, or a file that needs none."""
    edge = data.get("edge")
    if edge is None:
        if any("static" in service for name, service in services.items() if name in running):
            yield "a front end without an edge"
        return
    yield from _host_faults(edge, str(data["system"]))
    yield from _route_faults(edge, services, resources)
    if not edge.get("routes"):
        yield from _derived_faults(services, running)
    yield from _value_faults(edge, root)


def _host_faults(edge: Data, system: str) -> Iterator[str]:
    host = edge.get("host", f"{system}.localhost")
    labels = host.split(".")
    is_given = "host" in edge
    if is_given and not all(0 < len(label) < 64 and label[0] != "-" and label[-1] != "-" for label in labels):
        yield "not a host name"
    is_number = host.replace(".", "").isdecimal()
    if edge.get("tls") == "acme" and ("." not in host or host.endswith(_LOCAL) or is_number):
        yield "no authority gives a certificate for this host"


def _route_faults(edge: Data, services: dict[str, Data], resources: dict[str, Data]) -> Iterator[str]:
    routes = edge.get("routes", {})
    if len({path.rstrip("/") for path in routes}) < len(routes):
        yield "a route given twice"
    for route in routes.values():
        name = route if isinstance(route, str) else route["service"]
        service = services.get(name)
        if service is None or name in resources:
            yield "a route to no service"
        elif "static" not in service and "port" not in service:
            yield "a route to a service without a port"
        if isinstance(route, dict):
            if not 0.001 <= values.duration(route.get("timeout", "1s")) <= 100 * 365 * 86400:
                yield "a timeout that is too short or too long"
            if values.size(route.get("body", "1MB")) < 1:
                yield "a body of nothing"


def _derived_faults(services: dict[str, Data], running: set[str]) -> Iterator[str]:
    statics = [name for name in services if name in running and "static" in services[name]]
    answering = [name for name in services if name in running and name not in statics and "port" in services[name]]
    if (len(statics), len(answering)) not in ((1, 1), (1, 0), (0, 1)):
        yield "an edge without routes, and no single answer"


def _value_faults(edge: Data, root: Path) -> Iterator[str]:
    for key, limit in edge.get("limits", {}).items():
        if (key == "connections") != isinstance(limit, int):
            yield "a limit of the wrong kind"
    if values.size(edge.get("body", "1MB")) < 1:
        yield "a body of nothing"
    if isinstance(edge.get("hsts"), str) and values.duration(edge["hsts"]) > 100 * 365 * 86400:
        yield "hsts: too long"
    if any(values.network_fault(text) for text in edge.get("admin", {}).get("allow", ())):
        yield "admin: not a network"
    tls = edge.get("tls")
    files = [edge.get("maintenance"), *((tls.get("certificate"), tls.get("key")) if isinstance(tls, dict) else ())]
    if any(path is not None and not values.is_file(root / path) for path in files):
        yield "a file that is not there"
