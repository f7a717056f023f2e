"""The networks of a system, by role: who is in none with another cannot reach it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from stackyard.errors import MachineError
from stackyard.model.system import Objects, Postgres, Redis, Service, System
from stackyard.model.values import Ref
from stackyard.targets.compose.names import BACKUPS, project
from stackyard.targets.compose.rendering import Network

FRONT = "front"
"""The edge, and what it routes to."""
SERVICES = "services"
"""The services among themselves, and their way out."""
MONITORING = "monitoring"

_USUAL_PREFIX = 26
_LONGEST_PREFIX = 29


def of_resource(name: str) -> str:
    """The network of a resource: it, and who needs it."""
    return f"{name}-net"


def networks(system: System) -> tuple[Network, ...]:
    """The networks of a system, in an order that a change elsewhere does not disturb.

    Raises MachineError for a range of addresses that is too small for them.
    """
    # A port can be published only from a network with a way out, and production publishes none of a resource.
    keys = [(FRONT, False)] if system.edge is not None else []
    keys += [(SERVICES, False)] if any(not service.is_static for service in system.services) else []
    keys += [(of_resource(name), system.is_production) for name in data_parts(system)]
    keys += [(BACKUPS, False)] if system.backups is not None else []
    subnets = _subnets(system, len(keys))
    return tuple(
        Network(key, f"{project(system)}_{key}", internal, subnet)
        for (key, internal), subnet in zip(keys, subnets, strict=True)
    )


def edge_address(system: System) -> str:
    """The address of the edge on its network: the last one, which the engine gives to nobody by itself before others.

    "" where the file names no range of addresses: an engine fixes none in a range that it has chosen itself.
    """
    front = next((one for one in networks(system) if one.key == FRONT), None)
    if front is None or not front.subnet:
        return ""
    return str(ipaddress.ip_network(front.subnet).broadcast_address - 1)


def data_parts(system: System) -> tuple[str, ...]:
    """The resources that run here."""
    return tuple(part.name for part in system.resources if isinstance(part, Postgres | Redis | Objects))


def of_service(system: System, service: Service, fronted: Iterable[str]) -> tuple[str, ...]:
    """The networks of a service; `fronted` are those that the edge passes requests to."""
    known = data_parts(system)
    used = dict.fromkeys((*(need.name for need in service.needs), *_referred(service)))
    front = (FRONT,) if system.edge is not None and service.name in set(fronted) else ()
    return (*front, SERVICES, *(of_resource(name) for name in used if name in known))


def of_backups(system: System) -> tuple[str, ...]:
    """The networks of what makes backups: those of what it reads, and its own with a way out, for a copy off site."""
    read = (of_resource(part.name) for part in system.resources if isinstance(part, Postgres | Redis))
    return (*read, BACKUPS)


def _referred(service: Service) -> Iterable[str]:
    return (piece.part for value in service.environment.values() for piece in value if isinstance(piece, Ref))


def _subnets(system: System, count: int) -> list[str]:
    if not system.network:
        return [""] * count
    whole = ipaddress.ip_network(system.network, strict=False)
    needed = whole.prefixlen + max(0, count - 1).bit_length()
    if needed > _LONGEST_PREFIX or whole.version != 4:
        raise MachineError(
            f"the network {system.network} is too small for the {count} networks of {system.name}",
            hint=f"Give `network` a range of IPv4 with {2 ** (32 - _LONGEST_PREFIX) * count} addresses or more.",
        )
    each = whole.subnets(new_prefix=max(needed, min(_USUAL_PREFIX, _LONGEST_PREFIX)))
    return [str(next(each)) for _ in range(count)]
