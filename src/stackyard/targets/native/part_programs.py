"""The programs and files of what is no service: databases, caches, stores, the edge, the watcher."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from stackyard.model.files import File
from stackyard.model.system import Objects, Postgres, Redis, StaticSource, System, Tls
from stackyard.resources import nginx, objects, redis
from stackyard.resources.postgres import catalog, config, replication, settings
from stackyard.resources.postgres.replication import REPLICA_ROLE, Replica, Source
from stackyard.resources.secrets import password_secret
from stackyard.targets.local import fingerprint
from stackyard.targets.names import EDGE, LOOPBACK
from stackyard.targets.native import postgres, variables
from stackyard.targets.native.layout import WATCHER
from stackyard.targets.native.machine import Machine, edge_addresses
from stackyard.targets.native.program import Program, ProgramProbe, SecretPiece
from stackyard.targets.native.rendered import kept
from stackyard.targets.native.toolchain import Tool
from stackyard.targets.native.variables import Environment

DataPart = Postgres | Redis | Objects


def files(system: System, part: DataPart, machine: Machine) -> tuple[File, ...]:
    """The configuration of a data part, to be written into its folder below etc."""
    if isinstance(part, Postgres):
        return _postgres_files(system, part, machine)
    return redis.config(part, _passwords(part, machine), _redis_place(part, machine)) if isinstance(part, Redis) else ()


def is_renderable(part: DataPart, machine: Machine) -> bool:
    """False while the secrets that its files are made from are still to be generated."""
    if not isinstance(part, Redis):
        return True
    users = (redis.SERVICE_USER, redis.ADMIN_USER)
    return all(password_secret(part, user) in machine.cache_passwords for user in users)


def of_resource(system: System, part: DataPart, machine: Machine) -> Program:
    """The program of a data part."""
    if isinstance(part, Postgres):
        return _postgres(part, machine, machine.tool(part.name))
    if isinstance(part, Redis):
        return _redis(part, machine)
    return _objects(system, part, machine)


def replica_files(system: System, replica: Replica, machine: Machine) -> tuple[File, ...]:
    """The configuration of a replica: that of its primary, and whom it follows."""
    source = Source(str(machine.layout.sockets), machine.ports[replica.primary.name])
    return _postgres_files(
        system, replica.primary, machine, replica.name, replication.standby_settings(replica, source)
    )


def of_replica(replica: Replica, machine: Machine) -> Program:
    """The program of a replica."""
    password = SecretPiece(str(machine.layout.secrets / password_secret(replica.primary, REPLICA_ROLE)))
    return _postgres(
        replica.server, machine, machine.tool(replica.primary.name), kind="standby", env={"PGPASSWORD": (password,)}
    )


def _postgres_files(
    system: System, part: Postgres, machine: Machine, name: str = "", more: Mapping[str, str] | None = None
) -> tuple[File, ...]:
    """The files of the server `name`, with `more` settings than its resource has."""
    name = name or part.name
    cluster = postgres.cluster_of(system)
    facts = settings.ServerFacts(
        cores=machine.cores,
        connections=catalog.catalog(system, part).connections,
        growth=catalog.growth(system, part),
        extensions=postgres.available_extensions(machine.tool(part.name)),
        wal_segment=cluster.wal_segment,
    )
    place = config.Listening(
        folder=str(machine.layout.etc(name)),
        sockets=str(machine.layout.sockets),
        port=machine.ports[name],
        certificate=str(machine.layout.certificate(part.name)) if part.tls else "",
        key=str(machine.layout.key(part.name)) if part.tls else "",
    )
    return config.config(settings.settings(part, facts) | dict(more or {}), place)


def _postgres(
    part: Postgres,
    machine: Machine,
    tool: Tool,
    *,
    kind: Literal["pidfile", "standby"] = "pidfile",
    env: Environment | None = None,
) -> Program:
    data = machine.layout.data(part.name)
    return _program(
        machine,
        part.name,
        postgres.command(tool, data, machine.layout.etc(part.name)),
        {**_environment(tool), **(env or {})},
        cwd=str(data),
        ports=(machine.ports[part.name],),
        probe=ProgramProbe(kind, path=str(postgres.pid_file(data)), starting_interval=0.01),
        stop_signal=postgres.STOP_SIGNAL,
        stop_grace=60.0,
    )


def _passwords(part: Redis, machine: Machine) -> dict[str, str]:
    return {
        user: machine.cache_passwords[password_secret(part, user)] for user in (redis.SERVICE_USER, redis.ADMIN_USER)
    }


def _redis_place(part: Redis, machine: Machine) -> redis.Listening:
    layout = machine.layout
    return redis.Listening(
        folder=str(layout.etc(part.name)),
        data=str(layout.data(part.name)),
        port=machine.ports[part.name],
        certificate=str(layout.certificate(part.name)) if part.tls else "",
        key=str(layout.key(part.name)) if part.tls else "",
        authority=str(layout.certificate(part.name)) if part.tls else "",
    )


def _redis(part: Redis, machine: Machine) -> Program:
    tool = machine.tool(part.name)
    address = f"{LOOPBACK}:{machine.ports[part.name]}"
    return _program(
        machine,
        part.name,
        redis.command(str(tool.path), _redis_place(part, machine)),
        _environment(tool),
        cwd=str(machine.layout.data(part.name)),
        ports=(machine.ports[part.name],),
        # A TLS port does not answer a plain PING; that it accepts connections is what can be seen from here.
        probe=ProgramProbe("tcp" if part.tls else "redis", address, starting_interval=0.01),
        stop_grace=60.0,
    )


def _objects(system: System, part: Objects, machine: Machine) -> Program:
    tool = machine.tool(part.name)
    port = machine.ports[part.name]
    layout = machine.layout
    own = variables.of_store(system, part, machine.addresses)
    return _program(
        machine,
        part.name,
        objects.command(str(tool.path), layout.data(part.name), layout.work(part.name), port),
        {**_environment(tool), **own, "HOME": (str(layout.work(part.name)),)},
        cwd=str(layout.data(part.name)),
        ports=(port,),
        probe=ProgramProbe("answer", f"{LOOPBACK}:{port}"),
        log_size=system.logs.size,
    )


def edge_files(system: System, machine: Machine) -> tuple[File, ...]:
    """The configuration of the edge, kept from the last time when nothing that it is made of has changed."""
    place = _edge_place(system, machine)
    # The edge knows services and routes; without the rest no change of it can make a difference.
    seen = replace(system, resources=())
    store = machine.layout.etc(EDGE).with_suffix(".json")
    return kept(store, (seen, place), nginx.__name__, lambda: nginx.render(seen, place))


def listeners(rendered: tuple[File, ...]) -> str:
    """A digest of what a reload cannot take in: another one means a restart of the edge."""
    return fingerprint.of_texts(nginx.start_lines(rendered))


def edge(system: System, machine: Machine) -> Program:
    """The program of the edge; it keeps one privilege of root, that to open ports below 1024, and only if it must."""
    tool = machine.tool("nginx")
    place = _edge_place(system, machine)
    low = machine.identity.drop and min(place.http, place.https) < 1024
    return _program(
        machine,
        EDGE,
        nginx.command(str(tool.path), str(machine.layout.etc("edge")), place.work),
        _environment(tool),
        cwd=place.work,
        ports=_edge_ports(system, machine),
        probe=ProgramProbe("http", place.health, path="/nginx-health", starting_interval=0.01),
        stop_signal="SIGQUIT",
        stop_grace=5.0,
        capabilities=("net_bind_service",) if low else (),
        log_size=system.logs.size,
    )


def _edge_ports(system: System, machine: Machine) -> tuple[int, ...]:
    statics = (service.name for service in system.services if service.is_static)
    slots = ("edge.http", "edge.https", "edge.probe", *statics)
    return tuple(machine.ports[slot] for slot in slots if slot in machine.ports)


def _edge_place(system: System, machine: Machine) -> nginx.EdgePlace:
    layout, ports = machine.layout, machine.ports
    served = [service for service in system.services if not service.is_static and service.port is not None]
    static = {
        service.name: nginx.StaticRoot(str(layout.site(service.name) / "current"), service.source.spa)
        for service in system.services
        if isinstance(service.source, StaticSource)
    }
    own = system.edge
    assert own is not None
    files_given = own.tls is Tls.FILES
    return nginx.EdgePlace(
        work=str(layout.work("edge")),
        nginx_version=machine.tool("nginx").version,
        http=ports["edge.http"],
        https=ports.get("edge.https", own.https),
        health=f"{LOOPBACK}:{ports['edge.probe']}",
        addresses=edge_addresses(system),
        direct=tuple(nginx.Direct(ports[name], name) for name in static if name in ports),
        upstreams={
            service.name: tuple(
                f"{LOOPBACK}:{ports[f'{service.name}-{number}']}" for number in range(1, service.replicas + 1)
            )
            for service in served
        },
        static=static,
        certificate=str(own.certificate if files_given else layout.certificate("edge")) if _is_secure(system) else "",
        key=str(own.key if files_given else layout.key("edge")) if _is_secure(system) else "",
        cores=machine.cores,
        memory=machine.memory,
        open_files=machine.open_files,
        maintenance=str(own.maintenance or ""),
    )


def _is_secure(system: System) -> bool:
    return system.edge is not None and system.edge.tls is not Tls.OFF


def reload(system: System) -> Program:
    """The watcher of development. It applies the stack file as a person would, so it runs as who started the system."""
    return Program(
        id=WATCHER,
        part=WATCHER,
        argv=(sys.executable, "-m", "stackyard.operate.reload", str(system.file), system.environment, *system.profiles),
        cwd=str(system.root),
        env={key: (value,) for key, value in os.environ.items() if key in _WATCHER_KEEPS or key.startswith("npm_")},
        nice=10,
        # It needs far longer than any pause until it could fail, and `up` has nothing else left to wait for.
        probe=ProgramProbe(starting_interval=0.01),
        restart="on-failure",
        stop_grace=5.0,
        log_size=system.logs.size,
    )


_WATCHER_KEEPS = frozenset(
    {"PATH", "HOME", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME"}
)


def _environment(tool: Tool) -> Environment:
    path = f"{tool.folder}:/usr/local/bin:/usr/bin:/bin"
    return {key: (value,) for key, value in {"PATH": path, **tool.environment}.items()}


def _program(machine: Machine, name: str, argv: tuple[str, ...], env: Environment, *, cwd: str, **more: Any) -> Program:
    """A program that runs as the unprivileged user."""
    drop = machine.identity.drop
    return Program(
        id=name,
        part=name,
        argv=argv,
        cwd=cwd,
        env=env,
        uid=machine.identity.uid if drop else None,
        gid=machine.identity.gid if drop else None,
        **more,
    )
