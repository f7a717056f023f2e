"""The ways to the parts of a system on Compose: over published ports, over networks, and through the engine."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard.model.system import Objects, Postgres, Redis, Service, System
from stackyard.observe import (
    compose_processes,
    namespaces,
)
from stackyard.observe.compose_asking import Asking
from stackyard.observe.seen import CannotSeeError
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.replication import replicas
from stackyard.resources.redis import ADMIN_USER, PROBE_USER
from stackyard.targets.compose import relay
from stackyard.targets.compose.database import USER, reached
from stackyard.targets.compose.networks import FRONT
from stackyard.targets.compose.parts import edge as edge_part
from stackyard.targets.compose.parts import objects, postgres
from stackyard.targets.compose.parts import redis as redis_part
from stackyard.targets.compose.relay import Relay
from stackyard.targets.local import redis_settings
from stackyard.targets.local.databases import Database
from stackyard.targets.names import EDGE, LOOPBACK

if TYPE_CHECKING:
    import psycopg
    import redis


_INNER = {"edge.http": edge_part.HTTP, "edge.https": edge_part.HTTPS, "edge.probe": edge_part.PROBE}
PORTS = {Postgres: postgres.PORT, Redis: redis_part.PORT, Objects: objects.PORT}


class Ways(Asking):
    """See `View` for what each member means."""

    def __init__(self, system: System) -> None:
        super().__init__(system)
        self._databases: dict[str, Database] = {}
        self._caches: dict[str, Relay] = {}
        self._streams: list[subprocess.Popen[bytes]] = []
        self._edge = ("", 0)

    def close(self) -> None:
        super().close()
        for child in self._streams:
            child.kill()
            child.wait()

    def port(self, slot: str) -> int:
        return self._compose.ports[slot] if slot in self._compose.ports else _INNER[slot]

    def place(self, slot: str) -> tuple[str, int]:
        """A resource where it is published; others at the address of their container, which only Linux reaches."""
        is_data = slot in self.system.resources_by_name or slot in replicas(self.system)
        if is_data and slot in self._compose.ports:
            return LOOPBACK, self._compose.ports[slot]
        own = next((one for one in self._own() if one.id == slot and one.container.is_running), None)
        if own is None:
            raise CannotSeeError(f"{slot} does not run")
        self.members()
        port = self._inner_port(slot, own.part)
        address = next(filter(None, own.container.addresses.values()), "")
        return address, port or 0

    def _inner_port(self, slot: str, part: str) -> int | None:
        if slot in replicas(self.system):
            return postgres.PORT
        resource = self.system.resources_by_name.get(slot)
        return PORTS[type(resource)] if resource is not None else self.system.service(part).port

    def upstreams(self, service: Service) -> frozenset[str]:
        network = next(one.name for one in self._compose.blueprint.rendered.networks if one.key == FRONT)
        own = (one.container for one in self._own() if one.container.service == service.name)
        return frozenset(f"{one.addresses.get(network, '')}:{service.port}" for one in own if one.is_running)

    def connect(self, slot: str, source: str | None, timeout: float) -> socket.socket:
        quick = namespaces.socket_in(self._edge_pid())
        if quick is not None:
            return _joined(quick, source or LOOPBACK, _INNER[slot], timeout)
        near, child = relay.stream(self._running(EDGE), f"{LOOPBACK}:{_INNER[slot]}", source=source or LOOPBACK)
        near.settimeout(timeout)
        with self._lock:
            self._streams = [*(one for one in self._streams if one.poll() is None), child]
        return near

    @contextlib.contextmanager
    def way(self, slot: str, source: str | None) -> Iterator[Path]:
        with Relay(self._running(EDGE), f"{LOOPBACK}:{_INNER[slot]}", source=source or LOOPBACK) as found:
            yield found.path

    @contextlib.contextmanager
    def postgres_socket(self, resource: Postgres) -> Iterator[tuple[str, int]]:
        name = f".s.PGSQL.{postgres.PORT}"
        with Relay(self._running(resource.name), f"{postgres.SOCKETS}/{name}", name=name, user=USER) as found:
            yield str(found.folder), postgres.PORT

    def database(self, resource: Postgres, role: str = "") -> psycopg.Connection[tuple[Any, ...]]:
        with self._lock:
            if resource.name not in self._databases:
                reached = self._compose.database(resource)
                self._databases[resource.name] = self._opened.enter_context(reached)
        found = self._databases[resource.name]
        name = role or SUPERUSER
        return found.server.connect(found.catalog.database, name, found.password(name))

    def replica(self, name: str) -> psycopg.Connection[tuple[Any, ...]]:
        primary = replicas(self.system)[name].primary
        with self._lock:
            if name not in self._databases:
                opened = reached(self.system, primary, self.layout.secrets, self._running(name))
                self._databases[name] = self._opened.enter_context(opened)
        return self._databases[name].server.connect()

    def cache(self, resource: Redis, user: str = "") -> redis.Redis:
        with self._lock:
            if resource.name not in self._caches:
                opened = Relay(self._running(resource.name), f"{LOOPBACK}:{redis_part.PORT}")
                self._caches[resource.name] = self._opened.enter_context(opened)
        path = str(self._caches[resource.name].path)
        return redis_settings.connect(resource, self.layout.secrets, user or ADMIN_USER, socket=path)

    def probe_users(self, resource: Redis) -> frozenset[str]:  # noqa: ARG002 - the same in all
        return frozenset({PROBE_USER})

    def _edge_pid(self) -> int:
        """The first process of the edge where it is one of this machine, 0 for an engine elsewhere."""
        if not compose_processes.is_here(*self._edge):
            one = self._one(EDGE)
            if one is None or not one.container.is_running:
                raise CannotSeeError(f"{EDGE} does not run")
            self._edge = (one.container.id, one.container.pid)
        return self._edge[1] if compose_processes.is_here(*self._edge) else 0


def _joined(made: socket.socket, source: str, port: int, timeout: float) -> socket.socket:
    """The socket, connected from an address of the loopback that it lives at. Raises OSError."""
    try:
        made.settimeout(timeout)
        made.bind((source, 0))
        made.connect((LOOPBACK, port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        made.close()
        raise
    return made
