"""What the native target must know of this machine before it can say what should run: read once, then a value."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from stackyard.errors import MachineError
from stackyard.model.system import Objects, Postgres, PythonSource, Redis, Source, StaticSource, System
from stackyard.model.values import Version
from stackyard.resources import redis
from stackyard.resources.postgres.replication import replicas
from stackyard.resources.secrets import password_secret
from stackyard.targets.local import fingerprint, npm_project, ports, python_project
from stackyard.targets.local.backups import recipient
from stackyard.targets.local.identity import Identity, blocked_ancestors, service_identity
from stackyard.targets.native import backup_tools, debian
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.toolchain import Fetch, Tool, Want, python_for, resolve
from stackyard.targets.native.variables import Addresses


@dataclass(frozen=True)
class Sources:
    """What a service is made of: digests of its source and of what decides its packages, and its interpreter."""

    source: str
    packages: str
    python: Tool | None = None


@dataclass(frozen=True)
class Machine:
    """Everything read from this machine. Tools are keyed by what wants them: "nginx", "npm", or a resource's name.
    (Those of backups have keys that no resource can have: see `backup_tools`.)

    `marks` change when a secret or a certificate does, by path: dates and sizes, nothing of the content. `memory` is in
    bytes, `open_files` the hard limit of one process.
    """

    layout: Layout
    identity: Identity
    tools: Mapping[str, Tool | Fetch]
    ports: Mapping[str, int]
    notes: tuple[str, ...]
    sources: Mapping[str, Sources]
    marks: Mapping[str, str]
    cores: int
    memory: int
    open_files: int
    cache_passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By the name of the secret; only their digests are ever written anywhere else."""
    recipient: str = ""
    """Whom backups of secrets are encrypted to where the stack file names nobody."""

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.ports, self.layout.secrets)

    def tool(self, key: str) -> Tool:
        """The tool, which must have been fetched by now."""
        tool = self.tools[key]
        assert isinstance(tool, Tool), f"{key} was not fetched"
        return tool

    def with_tool(self, key: str, tool: Tool) -> Machine:
        """The same machine with one more tool on it."""
        return replace(self, tools={**self.tools, key: tool})

    def with_new_secrets(self, system: System) -> Machine:
        """The same machine after a secret or a certificate was made."""
        return replace(
            self,
            marks=read_marks(self.layout),
            cache_passwords=_cache_passwords(system, self.layout),
            recipient=recipient(system, self.layout.secrets),
        )


def read(system: System, layout: Layout, *, running: frozenset[int], new_ports: bool = False) -> Machine:
    """Read this machine for this system. `running` are the ports that its own processes hold right now.

    Raises MachineError for what cannot be had here: a version, a port, a user to run parts as, a package of Debian.
    """
    identity = service_identity(system.root)
    blocked = blocked_ancestors(system.root / "any", identity)
    if blocked:
        raise MachineError(
            f"the parts run as {identity.name}, who cannot reach {system.root}: {blocked[0]} is closed to that user",
            hint="`stackyard doctor --install` lets every user pass through it, or move the project elsewhere.",
        )
    seen = debian.notes(system, debian.installed()) if debian.wanted(system) else ()
    wanted = wants(system)
    tools = dict(zip(wanted, resolve(tuple(wanted.values()), user=identity), strict=True))
    tools |= backup_tools.beside(system, tools)
    choice = ports.choose(
        wishes(system),
        root=system.root,
        remembered={} if new_ports else ports.load(layout.ports_file),
        taken=ports.taken,
        is_taken=ports.is_taken,
        ours=running,
        strict=system.is_production,
    )
    return Machine(
        layout=layout,
        identity=identity,
        tools=tools,
        ports=choice.ports,
        notes=(*choice.notes, *seen),
        sources=_all_sources(system, identity),
        marks=read_marks(layout),
        cores=os.cpu_count() or 1,
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        open_files=resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        cache_passwords=_cache_passwords(system, layout),
        recipient=recipient(system, layout.secrets),
    )


def _cache_passwords(system: System, layout: Layout) -> dict[str, str]:
    names = [
        password_secret(part, user)
        for part in system.resources
        if isinstance(part, Redis)
        for user in (redis.SERVICE_USER, redis.ADMIN_USER)
    ]
    # That others can open one is for the plan to say: whoever only looks can see the rest.
    paths = {name: layout.secrets / name for name in names}
    return {name: path.read_text().rstrip("\n") for name, path in paths.items() if path.is_file()}


def read_marks(layout: Layout) -> dict[str, str]:
    """A mark for every file with a secret in it; those that are still being written have a dot, and no mark yet."""
    made: dict[str, str] = {}
    for path in (*layout.secrets.glob("[!.]*"), *layout.tls.glob("*/[!.]*")):
        with contextlib.suppress(FileNotFoundError):
            found = path.stat()
            made[str(path)] = f"{found.st_mtime_ns}/{found.st_size}/{found.st_ino}"
    return made


def wants(system: System) -> dict[str, Want]:
    """The tools that a system needs, by key.

    `postgres: ">=16"` means the best that can be had, but a cluster stays with the release line that made it: a newer
    server cannot open it.
    """
    made: dict[str, Want] = {}
    for part in system.resources:
        if isinstance(part, Postgres):
            made[part.name] = Want("postgres", _of_data(part, Layout(system.root, system.environment)), part.position)
        elif isinstance(part, Redis):
            made[part.name] = Want("redis", part.version, part.position)
        elif isinstance(part, Objects):
            made[part.name] = Want("rclone", None, part.position)
    if system.edge is not None:
        made["nginx"] = Want("nginx", None, system.edge.position)
    for service in system.services:
        if isinstance(service.source, StaticSource) and service.source.script:
            made.setdefault("npm", Want("npm", None, service.position))
    return made | backup_tools.wants(system)


def _of_data(part: Postgres, layout: Layout) -> Version:
    try:
        major = int((layout.data(part.name) / "PG_VERSION").read_text())
    except (OSError, ValueError):
        return part.version
    return Version((major,)) if part.version.at_least and part.version.accepts((major,)) else part.version


def wishes(system: System) -> tuple[ports.Wish, ...]:
    """The ports that a system asks for, by slot: resources by name, replicas as "api-1", direct ports of front ends."""
    made: list[ports.Wish] = []
    edge = system.edge
    if edge is not None:
        addresses = edge_addresses(system)
        made.append(ports.Wish("edge.http", edge.http, addresses))
        if edge.tls != "off":
            made.append(ports.Wish("edge.https", edge.https, addresses))
        made.append(ports.Wish("edge.probe", None))
    for service in system.services:
        if service.is_static:
            if system.is_development and service.port is not None:
                made.append(ports.Wish(service.name, service.port))
        elif service.port is not None:
            made.append(ports.Wish(f"{service.name}-1", service.port))
            made += [ports.Wish(f"{service.name}-{number}", None) for number in range(2, service.replicas + 1)]
    made += [
        ports.Wish(part.name, part.port) for part in system.resources if isinstance(part, Postgres | Redis | Objects)
    ]
    made += [ports.Wish(name, None) for name in replicas(system)]
    return tuple(made)


def edge_addresses(system: System) -> tuple[str, ...]:
    """Where the edge listens: to the world in production, on this machine only everywhere else."""
    return ("0.0.0.0", "[::]") if system.is_production else ("127.0.0.1", "[::1]")


def _all_sources(system: System, identity: Identity) -> dict[str, Sources]:
    """The sources of every service; what several have in common, a folder or an interpreter, is looked at once."""
    pythons = cache(lambda requires: python_for(requires, identity))
    known = cache(lambda source: _sources(source, pythons, fingerprint.not_sources(system)))
    return {service.name: known(service.source) for service in system.services}


def _sources(source: Source, pythons: Callable[[str], Tool], without: frozenset[Path]) -> Sources:
    """What a service is made of, `without` files that merely lie beside it."""
    if isinstance(source, PythonSource):
        requires, _ = python_project.python_project(source.path)
        return Sources(
            python_project.source_digest(source.path, without=without),
            python_project.dependencies_digest(source.path),
            pythons(requires),
        )
    if isinstance(source, StaticSource):
        return Sources(npm_project.source_digest(source, without=without), npm_project.packages_digest(source))
    return Sources("", "")
