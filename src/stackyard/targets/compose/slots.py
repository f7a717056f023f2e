"""The ports that a system publishes on its host, by slot."""

from __future__ import annotations

from stackyard.model.system import Objects, Postgres, Redis, System
from stackyard.resources.postgres.replication import replicas
from stackyard.targets.local.ports import Wish

WORLD = ("0.0.0.0", "[::]")
HERE = ("127.0.0.1",)
PROMETHEUS, GRAFANA = "prometheus", "grafana"


def wishes(system: System) -> tuple[Wish, ...]:
    """What to ask for: in production the edge alone; elsewhere everything has a port on this machine."""
    made: list[Wish] = []
    edge = system.edge
    if edge is not None:
        addresses = WORLD if system.is_production else HERE
        made.append(Wish("edge.http", edge.http, addresses))
        if edge.tls != "off":
            made.append(Wish("edge.https", edge.https, addresses))
    if not system.is_production:
        for service in system.services:
            if service.port is not None:
                made.append(Wish(service.name if service.is_static else f"{service.name}-1", service.port))
        data = (part for part in system.resources if isinstance(part, Postgres | Redis | Objects))
        made += [Wish(part.name, part.port) for part in data]
        made += [Wish(name, None) for name in replicas(system)]
    if system.monitoring is not None and system.monitoring.prometheus:
        made.append(Wish(PROMETHEUS, 9090, promised=False))
    if system.monitoring is not None and system.monitoring.grafana:
        made.append(Wish(GRAFANA, 3001, promised=False))
    return tuple(made)


def documented(system: System) -> dict[str, int]:
    """The ports that the file names; what it leaves open gets one that is the same everywhere."""
    found = wishes(system)
    taken = {wish.port for wish in found if wish.port is not None}
    free = (port for port in range(20_000, 30_000) if port not in taken)
    return {wish.slot: wish.port if wish.port is not None else next(free) for wish in found}
