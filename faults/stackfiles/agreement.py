"""Whether the system that was read says what the file says: the model on trial, beside the judge's own reading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from faults.stackfiles import values
from stackyard.model.system import Edge, Service, System
from stackyard.model.values import Value

Data = dict[str, Any]


def disagreements(system: System, data: Data, environment: str) -> Iterator[str]:
    """What the system says otherwise than the file, in words."""
    if (system.name, system.environment) != (data["system"], environment):
        yield "the name or the environment"
    services, resources = _running(data, "services", environment), _running(data, "resources", environment)
    if [one.name for one in system.services] != list(services):
        yield "which services run"
    if [one.name for one in system.resources] != list(resources):
        yield "which resources run"
    for service in system.services:
        yield from _service(service, services.get(service.name, {}))
    for resource in system.resources:
        given = resources.get(resource.name, {}).get("port")
        if given is not None and resource.port != given:
            yield "the port of a resource"
    yield from _edge(system.edge, data.get("edge"))
    if {secret.name for secret in system.secrets} != set(data.get("secrets", {})):
        yield "the secrets"
    yield from _ports(system)


def _running(data: Data, section: str, environment: str) -> Data:
    return {
        name: part
        for name, part in data.get(section, {}).items()
        if not part.get("profiles") or environment in part["profiles"]
    }


def _service(service: Service, given: Data) -> Iterator[str]:
    if not service.is_static and service.port != given.get("port"):
        yield "the port of a service"
    if [need.name for need in service.needs] != list(given.get("needs", ())):
        yield "what a service needs"
    if service.replicas != given.get("replicas", 1):
        yield "how many run"
    if list(service.environment) != list(given.get("environment", {})):
        yield "the variables of a service"
    for name, value in given.get("environment", {}).items():
        if isinstance(value, str) and "$" not in value and _spaced(service.environment.get(name)) != _spaced((value,)):
            yield "the value of a variable"
    if service.stop_grace != round(values.duration(given.get("stop_grace_period", "15s")), 6):
        yield "the time to stop"


def _spaced(value: Value | None) -> str:
    """The text with plain spaces: the judge does not tell a tab from a space."""
    return re.sub(r"[ \t]+", " ", "".join(map(str, value or ()))).strip()


def _edge(edge: Edge | None, given: Data | None) -> Iterator[str]:
    if (edge is None) != (given is None):
        yield "whether there is an edge"
    if edge is None or given is None:
        return
    if "host" in given and edge.host != given["host"]:
        yield "the host"
    if (edge.http, edge.https) != (given.get("http", 80), given.get("https", 443)):
        yield "the ports of the edge"
    if edge.body != values.size(given.get("body", "10MB")):
        yield "the largest body"
    if "limits" in given and edge.connections != given["limits"].get("connections", 20):
        yield "the connections of one address"
    if {limit.path for limit in edge.limits} != {"/", "/api"} | {_bare(path) for path in _paths(given)}:
        yield "the limits"


def _paths(given: Data) -> list[str]:
    return [path for path in given.get("limits", {}) if path != "connections"]


def _bare(path: str) -> str:
    return path.rstrip("/") or "/"


def _ports(system: System) -> Iterator[str]:
    """What must be true of any system, whatever the file said."""
    ports = [part.port for part in (*system.services, *system.resources) if part.port is not None]
    if system.edge is not None:
        ports += [system.edge.http, *([system.edge.https] if system.edge.tls != "off" else [])]
    if len(set(ports)) < len(ports) or not all(0 < port < 65536 for port in ports):
        yield "two parts on one port, or a port that is none"
    if system.edge is not None:
        names = {service.name for service in system.services}
        if any(route.service not in names for route in system.edge.routes):
            yield "a route to what does not run"
