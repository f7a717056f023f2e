"""The edge in a container: an image of ours that holds the front ends, with the configuration beside it."""

from __future__ import annotations

from collections.abc import Mapping

from stackyard.errors import MachineError
from stackyard.model.system import Limits, Probe, StaticSource, System, Tls
from stackyard.resources import nginx
from stackyard.targets.compose import hardening, health, images, names
from stackyard.targets.compose.draft import Body, Config, Draft, rendered
from stackyard.targets.compose.names import ETC, SECRETS, STATIC, relative
from stackyard.targets.compose.networks import FRONT, edge_address
from stackyard.targets.compose.parts.postgres import certificate
from stackyard.targets.compose.parts.services import HEALTHY, fronted
from stackyard.targets.compose.rendering import Build, Inputs, Recipe
from stackyard.targets.names import EDGE

HTTP, HTTPS, PROBE, STATUS, DIRECT = 8080, 8443, 8089, 8088, 9001
"""What it listens on inside: it is nobody special, and ports below 1024 are not for everybody."""

RESOLVES_SINCE = (1, 27, 3)
USER = "101:101"
"""The user of the official image."""

_WORK = "/tmp"
_MB = 1024**2
_OPEN_FILES = 16_384
_GRACE = 10.0
_PROBE = Probe(interval=10.0, timeout=2.0, start_timeout=30.0, retries=3)
_RESOLVER = "127.0.0.11"
_PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
"""What engines choose addresses of containers from."""


def draft(system: System, inputs: Inputs) -> Draft:
    """The container of the edge. Raises MachineError for an nginx that cannot follow containers."""
    edge = system.edge
    assert edge is not None
    if inputs.nginx_version < RESOLVES_SINCE:
        version = ".".join(map(str, inputs.nginx_version))
        raise MachineError(
            f"nginx {version} does not look up the addresses of containers again, and would lose them",
            hint=f"Use {'.'.join(map(str, RESOLVES_SINCE))} or newer: {images.NGINX} is what Stackyard was made with.",
        )
    place = _place(system, inputs)
    build = _build(system, inputs)
    command = nginx.command("nginx", ETC, _WORK)
    scratch = _scratch(edge.body)
    body: Body = {
        "image": build.image,
        **hardening.ours(USER, tmp=(f"{_WORK}:size={scratch}",)),
        "entrypoint": list(command),
        "ports": _ports(system, place.published),
        "healthcheck": health.check(health.shell(PROBE, "/nginx-health", _PROBE.timeout), _PROBE),
        "deploy": hardening.limits(
            Limits(), cores=inputs.cores, cpu=float(inputs.cores), memory=_memory(scratch), pids=inputs.cores + 32
        ),
        "ulimits": {"nofile": {"soft": _OPEN_FILES, "hard": _OPEN_FILES}},
        "stop_signal": "SIGQUIT",
    }
    secure = edge.tls is not Tls.OFF
    return Draft(
        EDGE,
        EDGE,
        body,
        configs=_configs(system, inputs, place),
        secrets=certificate(EDGE, system.environment) if secure else (),
        networks=(FRONT,),
        addresses={FRONT: address} if (address := edge_address(system)) else {},
        # It looks up names when it starts and every other second from then on: who comes later is away that long.
        needs=dict.fromkeys(fronted(system), HEALTHY),
        build=build,
        stop_grace=_GRACE,
    )


def _scratch(body: int) -> int:
    """Bytes for request bodies that wait for a slow service: four of the largest."""
    return max(64 * _MB, 4 * body // _MB * _MB)


def _memory(scratch: int) -> int:
    return 256 * _MB + scratch


def _place(system: System, inputs: Inputs) -> nginx.EdgePlace:
    edge = system.edge
    assert edge is not None
    secure = edge.tls is not Tls.OFF
    direct = _direct(system, inputs)
    ports = inputs.ports
    published = {HTTP: ports["edge.http"], **({HTTPS: ports["edge.https"]} if secure else {})}
    return nginx.EdgePlace(
        work=_WORK,
        nginx_version=inputs.nginx_version,
        http=HTTP,
        https=HTTPS,
        health=f"127.0.0.1:{PROBE}",
        addresses=("0.0.0.0",),
        direct=tuple(nginx.Direct(port, name) for port, (name, _) in direct.items()),
        direct_addresses=("0.0.0.0",),
        upstreams={name: (f"{name}:{system.service(name).port}",) for name in fronted(system)},
        resolver=_RESOLVER,
        static={
            service.name: nginx.StaticRoot(f"{STATIC}/{service.name}", service.source.spa)
            for service in system.services
            if isinstance(service.source, StaticSource)
        },
        certificate=f"{SECRETS}/{EDGE}.pem" if secure else "",
        key=f"{SECRETS}/{EDGE}.key" if secure else "",
        cores=inputs.cores,
        memory=256 * _MB,
        open_files=_OPEN_FILES,
        maintenance=f"{ETC}/maintenance.html" if edge.maintenance is not None else "",
        published={**published, **{port: outer for port, (_, outer) in direct.items()}},
        status=f"0.0.0.0:{STATUS}" if _is_measured(system) else "",
        watchers=(system.network,) if system.network else _PRIVATE,
    )


def _is_measured(system: System) -> bool:
    return system.monitoring is not None and system.monitoring.prometheus


def _direct(system: System, inputs: Inputs) -> dict[int, tuple[str, int]]:
    """By the port inside: a service with a port of its own on this machine, and that port."""
    made: dict[int, tuple[str, int]] = {}
    for service in system.services:
        slot = service.name if service.is_static else f"{service.name}-1"
        if service.port is not None and slot in inputs.ports:
            made[DIRECT + len(made)] = (service.name, inputs.ports[slot])
    return made


def _ports(system: System, published: Mapping[int, int]) -> list[Body]:
    everywhere = {HTTP, HTTPS} if system.is_production else set()
    return [
        {"target": inner, "published": str(outer), **({} if inner in everywhere else {"host_ip": "127.0.0.1"})}
        for inner, outer in published.items()
    ]


def _configs(system: System, inputs: Inputs, place: nginx.EdgePlace) -> tuple[Config, ...]:
    files = nginx.render(system, place)
    made = [rendered(EDGE, str(file.path), f"{ETC}/{file.path}", file.content) for file in files]
    edge = system.edge
    if edge is not None and edge.maintenance is not None:
        path = relative(edge.maintenance, inputs.places.folder)
        made.append(Config(f"{EDGE}-maintenance", path, f"{ETC}/maintenance.html", None))
    return (*made, health.script("probe.sh"))


def _build(system: System, inputs: Inputs) -> Build:
    folder = inputs.places.folder
    recipe = inputs.recipes.get(EDGE, Recipe(()))
    own = folder / "images" / EDGE
    context = recipe.context or own
    return Build(
        EDGE,
        "edge",
        names.image(system, EDGE, inputs.tags.get(EDGE, "")),
        relative(context, folder),
        relative(own / "Dockerfile", context),
        {name: relative(path, folder) for name, path in recipe.contexts.items()},
        recipe.arguments,
    )
