"""From all parts of a file to those that run: profiles, usual ports, derived routes, and what depends on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from stackyard.model.system import Edge, Objects, Postgres, Queue, Redis, Resource, Route, Service, System, Tls
from stackyard.model.values import Ref
from stackyard.spec.checks import Draft, need_path
from stackyard.spec.references import SECRET

_USUAL_PORTS: dict[type, int] = {Postgres: 5432, Redis: 6379, Objects: 9000, Queue: 5672}
_STATIC_PORT = 3000
_Part = TypeVar("_Part", bound=Service | Resource)


def select(draft: Draft, profiles: Sequence[str]) -> System:
    """The system with the parts that run under `profiles`, complete. What does not fit goes into the report."""
    active = {*profiles, draft.system.environment}
    services = _running(draft.system.services, active)
    resources = _running(draft.system.resources, active)
    running = {part.name for part in (*services, *resources)}
    left_out = draft.names - running
    known = draft.parts()
    for service in services:
        _check_left_out(draft, service, left_out, known)
    taken = _check_ports(draft, services, resources)
    services = _with_static_port(services, taken)
    resources = _with_usual_ports(resources, taken)
    edge = _completed(draft, services, left_out)
    return replace(draft.system, services=services, resources=resources, edge=edge, profiles=tuple(profiles))


def _running(parts: tuple[_Part, ...], active: set[str]) -> tuple[_Part, ...]:
    return tuple(part for part in parts if not part.profiles or active & set(part.profiles))


def _check_left_out(
    draft: Draft, service: Service, left_out: frozenset[str], known: Mapping[str, Service | Resource]
) -> None:
    for need in service.needs:
        if need.name in left_out and need.name in known:
            what = f"{service.name} needs {need.name}, which none of the active profiles includes"
            draft.add(
                need_path(draft, service, need.name), what, f"profiles of {need.name}: {_profiles(known[need.name])}"
            )
    for name, value in service.environment.items():
        for piece in value:
            part = piece.part if isinstance(piece, Ref) and not piece.part.startswith(SECRET) else ""
            if part in left_out and part in known and part not in {need.name for need in service.needs}:
                what = f"{service.name} refers to {part}, which none of the active profiles includes"
                hint = f"profiles of {part}: {_profiles(known[part])}"
                draft.add(("services", service.name, "environment", name), what, hint)


def _profiles(part: Service | Resource) -> str:
    return ", ".join(part.profiles)


def _check_ports(draft: Draft, services: tuple[Service, ...], resources: tuple[Resource, ...]) -> dict[int, str]:
    """The ports that the file gives, each with its owner; a second owner is a finding."""
    claims: list[tuple[int, str, tuple[str, ...]]] = []
    edge = draft.system.edge
    if edge is not None:
        claims.append((edge.http, "edge", ("edge", "http")))
        if edge.tls is not Tls.OFF:
            claims.append((edge.https, "edge", ("edge", "https")))
    for section, parts in (("services", services), ("resources", resources)):
        claims += [(part.port, part.name, (section, part.name, "port")) for part in parts if part.port is not None]
    taken: dict[int, str] = {}
    for port, owner, path in claims:
        if port in taken:
            draft.add(path, f"port {port} belongs to {taken[port]} already", "give each part its own port")
        taken.setdefault(port, owner)
    return taken


def _with_static_port(services: tuple[Service, ...], taken: dict[int, str]) -> tuple[Service, ...]:
    statics = [service for service in services if service.is_static]
    if len(statics) != 1 or statics[0].port is not None or _STATIC_PORT in taken:
        return services
    taken[_STATIC_PORT] = statics[0].name
    return tuple(replace(service, port=_STATIC_PORT) if service.is_static else service for service in services)


def _with_usual_ports(resources: tuple[Resource, ...], taken: dict[int, str]) -> tuple[Resource, ...]:
    seen: set[type] = set()
    complete: list[Resource] = []
    for resource in resources:
        kind = type(resource)
        port = _USUAL_PORTS[kind]
        is_remote = isinstance(resource, Queue) and resource.engine != "rabbitmq"
        if kind not in seen and resource.port is None and port not in taken and not is_remote:
            taken[port] = resource.name
            resource = replace(resource, port=port)
        if not is_remote:
            seen.add(kind)
        complete.append(resource)
    return tuple(complete)


def _completed(draft: Draft, services: tuple[Service, ...], left_out: frozenset[str]) -> Edge | None:
    edge = draft.system.edge
    if edge is None:
        statics = [service for service in services if service.is_static]
        if statics and "edge" not in draft.tree.entries:
            what = f"{statics[0].name} is a front end, and there is no edge to serve it"
            draft.report.add_absence(
                statics[0].position, f"services.{statics[0].name}", what, "add the section: edge: {}"
            )
        return None
    if edge.routes or draft.report.has("edge.routes"):
        kept = tuple(route for route in edge.routes if route.service not in left_out)
        return replace(edge, routes=kept)
    return replace(edge, routes=_derived_routes(draft, edge, services))


def _derived_routes(draft: Draft, edge: Edge, services: tuple[Service, ...]) -> tuple[Route, ...]:
    statics = [service.name for service in services if service.is_static]
    answering = [service.name for service in services if not service.is_static and service.port is not None]
    if len(statics) == 1 and len(answering) == 1:
        return (Route("/api", answering[0], edge.position), Route("/", statics[0], edge.position))
    if len(statics) + len(answering) == 1:
        return (Route("/", (statics + answering)[0], edge.position),)
    names = ", ".join(statics + answering)
    what = (
        f"the edge has no routes, and several services could answer: {names}"
        if names
        else "the edge has nothing to route to"
    )
    hint = "add routes, such as routes: {/api: api, /: web}" if names else "give a service a port, or add a front end"
    draft.report.add_absence(edge.position, "edge", what, hint)
    return ()
