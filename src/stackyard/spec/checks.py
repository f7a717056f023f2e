"""What the parts of a file promise each other: names, needs, routes, references, secrets.

Each check is a function of the draft that adds findings. A draft holds every part of the file, whatever its profiles.
"""

from __future__ import annotations

from dataclasses import dataclass

from stackyard.model.system import Access, Objects, Postgres, Queue, Redis, Resource, Service, System, Tls
from stackyard.model.values import Position, Ref
from stackyard.spec.references import SECRET
from stackyard.spec.report import Report
from stackyard.spec.tree import Entry, Mapping, Node, Path, Scalar, spot_at

RESERVED = {"edge": "the edge", "secret": "references to secrets"}
_LOCAL = (".localhost", ".local", ".test", ".internal", ".invalid")
_ATTRIBUTES: dict[type, tuple[str, ...]] = {
    Postgres: ("url", "read_url", "host", "port", "user", "password", "database"),
    Redis: ("url", "host", "port", "password"),
    Objects: ("url", "host", "port", "bucket", "endpoint", "access_key", "secret_key"),
    Queue: ("url", "host", "port", "user", "password"),
    Service: ("url", "host", "port"),
}


@dataclass(frozen=True)
class Draft:
    """A system that is being checked, with the tree it comes from. `names` holds also the parts that are broken."""

    system: System
    tree: Mapping
    report: Report
    names: frozenset[str]

    def add(self, path: Path, what: str, hint: str = "") -> None:
        """Report the value at `path`, or its key where the value is a list or mapping."""
        self.report.add(self.spot(path), ".".join(str(step) for step in path), what, hint)

    def spot(self, path: Path) -> Entry | Node:
        """Where `path` stands in the file."""
        spot = spot_at(self.tree, path)
        return spot.node if isinstance(spot, Entry) and isinstance(spot.node, Scalar) else spot

    def parts(self) -> dict[str, Service | Resource]:
        """Services and resources by name."""
        return {part.name: part for part in (*self.system.resources, *self.system.services)}


def check(draft: Draft) -> None:
    """Every check that does not depend on the profiles."""
    _check_names(draft)
    parts = draft.parts()
    for service in draft.system.services:
        _check_needs(draft, service, parts)
        _check_migration(draft, service, parts)
        _check_references(draft, service, parts)
        _check_service_secrets(draft, service)
    _check_cycles(draft)
    _check_routes(draft, parts)
    _check_secret_names(draft)
    _check_networks(draft)
    _check_acme(draft)


def _check_names(draft: Draft) -> None:
    for section, parts in (("services", draft.system.services), ("resources", draft.system.resources)):
        for part in parts:
            path = (section, part.name)
            if part.name in RESERVED:
                draft.add(path, f'the name "{part.name}" is taken by {RESERVED[part.name]}', "choose another name")
    _check_replica_names(draft)
    for name in {part.name for part in draft.system.services} & {part.name for part in draft.system.resources}:
        line = draft.system.service(name).position.line
        draft.add(
            ("resources", name), f'"{name}" is also a service', f"names are shared; the service is in line {line}"
        )


def _check_replica_names(draft: Draft) -> None:
    """Replicas of databases have names of their own, which are those of processes as well (`db-replica-1`)."""
    processes = {
        f"{service.name}-{number}": service.name
        for service in draft.system.services
        for number in range(1, service.replicas + 1)
    }
    services = {service.name for service in draft.system.services}
    databases = [resource for resource in draft.system.resources if isinstance(resource, Postgres)]
    for database, name in ((one, name) for one in databases for name in one.replica_names):
        taken = processes.get(name) or (name if name in draft.names else "")
        if taken:
            what = f'"{name}" is the name of a replica of {database.name}'
            draft.add(("services" if taken in services else "resources", taken), what, "choose another name")


def need_path(draft: Draft, service: Service, name: str) -> Path:
    """The path of the need `name` of `service`, in a list or a mapping."""
    path: Path = ("services", service.name, "needs")
    entry = spot_at(draft.tree, path)
    if isinstance(entry, Entry) and isinstance(entry.node, Mapping):
        return (*path, name)
    index = [need.name for need in service.needs].index(name)
    return (*path, index)


def _check_needs(draft: Draft, service: Service, parts: dict[str, Service | Resource]) -> None:
    for need in service.needs:
        part = parts.get(need.name)
        if need.name == service.name:
            draft.add(need_path(draft, service, need.name), f"{service.name} needs itself", "remove it")
        elif part is None:
            if need.name not in draft.names:
                _add_unknown(draft, need_path(draft, service, need.name), need.name)
        elif reason := _never_healthy(part):
            draft.add(need_path(draft, service, need.name), f"nothing can wait for {need.name}: {reason}", "remove it")
        elif need.access is not Access.WRITE and not isinstance(part, Postgres):
            what = f"{need.name} is no database, and access applies to databases only"
            draft.add(need_path(draft, service, need.name), what, "write {} instead")


def _never_healthy(part: Service | Resource) -> str:
    if not isinstance(part, Service):
        return ""
    if part.is_static:
        return "the edge serves its files"
    return "it runs on a schedule" if part.schedule else ""


def _add_unknown(draft: Draft, path: Path, name: str) -> None:
    near = draft.report.nearest(name, draft.names)
    hint = f'did you mean "{near}"?' if near else "add it to services or resources, or remove it here"
    draft.add(path, f'there is no service or resource "{name}"', hint)


def _check_migration(draft: Draft, service: Service, parts: dict[str, Service | Resource]) -> None:
    needed = [need.name for need in service.needs]
    unclear = any(name in draft.names and name not in parts for name in needed)
    if service.migrate and not unclear and not any(isinstance(parts.get(name), Postgres) for name in needed):
        path = ("services", service.name, "migrate")
        draft.add(path, f"{service.name} migrates and needs no postgres", "add the database to its needs")


def _check_cycles(draft: Draft) -> None:
    """Take away services that need nothing left, again and again; what stays stands in a circle or behind one."""
    names = {service.name for service in draft.system.services}
    waiting = {s.name: {n.name for n in s.needs if n.name in names and n.name != s.name} for s in draft.system.services}
    needed_by: dict[str, list[str]] = {name: [] for name in names}
    for name, needs in waiting.items():
        for need in needs:
            needed_by[need].append(name)
    free = [name for name, needs in waiting.items() if not needs]
    while free:
        done = free.pop()
        del waiting[done]
        for name in needed_by[done]:
            waiting[name].discard(done)
            if not waiting[name]:
                free.append(name)
    if waiting:
        circle = _circle(waiting)
        service = draft.system.service(circle[0])
        what = f"these need each other in a circle: {' → '.join([*circle[:10], circle[0]])}"
        draft.add(need_path(draft, service, circle[1 % len(circle)]), what, "remove one of these needs")


def _circle(waiting: dict[str, set[str]]) -> list[str]:
    seen: dict[str, int] = {}
    name = min(waiting)
    while name not in seen:
        seen[name] = len(seen)
        name = min(waiting[name])
    circle = list(seen)[seen[name] :]
    first = circle.index(min(circle))
    return circle[first:] + circle[:first]


def _check_routes(draft: Draft, parts: dict[str, Service | Resource]) -> None:
    edge = draft.system.edge
    for route in edge.routes if edge else ():
        part = parts.get(route.service)
        path = _route_path(draft, route.position)
        if isinstance(part, Service):
            if not part.is_static and part.port is None:
                draft.add(path, f"{route.service} has no port, so no request can reach it", "add its port")
        elif part is not None:
            draft.add(path, f"{route.service} is a resource; a route leads to a service", "name a service")
        elif route.service not in draft.names:
            _add_unknown(draft, path, route.service)


def _route_path(draft: Draft, position: Position) -> Path:
    routes = spot_at(draft.tree, ("edge", "routes"))
    entries = routes.node.entries if isinstance(routes, Entry) and isinstance(routes.node, Mapping) else {}
    at = (position.line, position.column)
    name = next((name for name, entry in entries.items() if (entry.line, entry.column) == at), "")
    return ("edge", "routes", name)


def _check_references(draft: Draft, service: Service, parts: dict[str, Service | Resource]) -> None:
    for name, value in service.environment.items():
        for piece in value:
            if isinstance(piece, Ref) and (fault := _reference_fault(draft, service, piece, parts)):
                draft.add(("services", service.name, "environment", name), *fault)


def _reference_fault(
    draft: Draft, service: Service, ref: Ref, parts: dict[str, Service | Resource]
) -> tuple[str, str] | None:
    if ref.part.startswith(SECRET):
        return _secret_fault(draft, service, ref.part.removeprefix(SECRET))
    part = parts.get(ref.part)
    if part is None:
        near = draft.report.nearest(ref.part, draft.names)
        hint = f'did you mean "${{{near}.{ref.attribute}}}"?' if near else 'write "$${" for a plain "${"'
        return None if ref.part in draft.names else (f'there is no service or resource "{ref.part}"', hint)
    known = _ATTRIBUTES[type(part)]
    if ref.attribute not in known:
        near = draft.report.nearest(ref.attribute, known)
        hint = f'did you mean "${{{ref.part}.{near}}}"?' if near else f"it has {', '.join(known)}"
        return f'{ref.part} has no "{ref.attribute}"', hint
    if isinstance(part, Service):
        if part.port is None:
            return f"{ref.part} has no port, so it has no address", "add its port"
        return None
    if service.is_static:
        return f"a front end is public and cannot hold ${{{ref.part}.{ref.attribute}}}", "reach it through a service"
    needed = {need.name for need in service.needs}
    # A need that is misspelt is a finding already, and probably this one.
    if ref.part not in needed and needed <= draft.names:
        return f"{service.name} refers to {ref.part} and does not need it", f"add {ref.part} to its needs"
    return None


def _secret_fault(draft: Draft, service: Service, name: str) -> tuple[str, str] | None:
    declared = {secret.name for secret in draft.system.secrets}
    if service.is_static:
        return f"a front end is public and cannot hold the secret {name}", "use it in a service"
    if name in declared or draft.report.has("secrets"):
        return None
    near = draft.report.nearest(name, declared)
    return (
        f'there is no secret "{name}"',
        f'did you mean "{near}"?' if near else f"declare it: secrets: {{{name}: {{}}}}",
    )


def _check_service_secrets(draft: Draft, service: Service) -> None:
    for index, name in enumerate(service.secrets):
        fault = _secret_fault(draft, service, name)
        if fault and not service.is_static:
            draft.add(("services", service.name, "secrets", index), *fault)


def _check_secret_names(draft: Draft) -> None:
    seen: dict[str, str] = {}
    for secret in draft.system.secrets:
        first = seen.setdefault(secret.name.upper(), secret.name)
        if first != secret.name:
            what = f"{secret.name} and {first} would be the same environment variable"
            draft.add(("secrets", secret.name), what, "rename one")


def _check_networks(draft: Draft) -> None:
    if draft.system.network:
        _check_network(draft, ("network",), draft.system.network)
    for index, network in enumerate(draft.system.edge.admin_allow if draft.system.edge else ()):
        _check_network(draft, ("edge", "admin", "allow", index), network)


def _check_network(draft: Draft, path: Path, text: str) -> None:
    import ipaddress

    try:
        ipaddress.ip_network(text)
    except ValueError as error:
        reason = "it has host bits set" if "host bits" in str(error) else "it is no IPv4 or IPv6 network"
        draft.add(path, f'"{text}" cannot be used: {reason}', "write such as 172.28.0.0/16")


def _check_acme(draft: Draft) -> None:
    edge = draft.system.edge
    if edge is None or edge.tls is not Tls.ACME or draft.report.has("edge.host"):
        return
    if "." not in edge.host or edge.host.endswith(_LOCAL) or edge.host.replace(".", "").isdecimal():
        what = f"no authority gives a certificate for {edge.host}: it is not a public host name"
        draft.add(("edge", "tls"), what, "give a public host, or write tls: self-signed")
