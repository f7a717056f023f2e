"""A running system of the native target, as checks look at it."""

from __future__ import annotations

import contextlib
import json
import socket
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard.errors import StateError
from stackyard.model.system import Postgres, Redis, Resource, Service, System
from stackyard.observe import native_processes, native_starts, processes
from stackyard.observe.files import end_of, files_below
from stackyard.observe.logs import LogLine, read
from stackyard.observe.native_backups import Backups
from stackyard.observe.seen import (
    Account,
    CannotSeeError,
    ConfigView,
    ContainerView,
    DataView,
    Definition,
    DoesNotApplyError,
    EdgeView,
    Heard,
    Member,
    NetworkView,
    ProcessView,
    Start,
)
from stackyard.plan.element import Kind
from stackyard.resources import redis as redis_resource
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.secrets import of_backups
from stackyard.targets.names import EDGE, LOOPBACK, NATIVE
from stackyard.targets.native import redis_settings, reloading, replicas
from stackyard.targets.native.layout import KEEPER, OURS, Layout
from stackyard.targets.native.machine import wishes
from stackyard.targets.native.program import Program, SecretPiece, from_json
from stackyard.targets.native.supervisor.places import Places, read_json
from stackyard.targets.native.support import notices
from stackyard.targets.native.target import NativeTarget

if TYPE_CHECKING:
    import re
    from datetime import datetime

    import psycopg
    import redis

    from stackyard.backup.upkeep import Report

SUPERVISOR = "supervisor"
_NO_CONTAINERS = "this target runs no containers"


class NativeView(Backups):
    """Looks through the native target; see `View` for what each member means."""

    def __init__(self, system: System) -> None:
        """Look at the machine. Raises StateError when nothing of the system runs here."""
        self._native = NativeTarget(system)
        if self._native.client is None or not self._native.client.status().programs:
            raise StateError(
                f"nothing of {system.name} runs here ({system.environment}), so there is nothing to verify",
                hint="`stackyard up --detach` starts it.",
            )

    def close(self) -> None:
        """Every look ends by itself here."""

    @property
    def system(self) -> System:
        return self._native.system

    @property
    def layout(self) -> Layout:
        return self._native.layout

    @property
    def target(self) -> str:
        return NATIVE

    @cached_property
    def edge(self) -> EdgeView | None:
        if self.system.edge is None:
            return None
        machine = self._native.machine
        return self.edge_view(machine.ports, self.layout.etc(EDGE), machine.tool("nginx").path)

    @property
    def folders(self) -> Mapping[str, Path]:
        home = self.layout.folder
        return {"home": home, **{name: home / name for name in ("secrets", "log", "tls")}}

    def processes(self) -> tuple[ProcessView, ...]:
        client = self._native.client
        assert client is not None
        return tuple(
            ProcessView(one.id, one.part, one.phase, one.pid, one.restarts, one.sentence, one.failures)
            for one in client.status().programs
        )

    def supervisor(self) -> int | None:
        client = self._native.client
        assert client is not None
        return client.status().pid

    def members(self) -> tuple[Member, ...]:
        leaders = {one.pid: one.id for one in self.processes() if one.pid is not None}
        return native_processes.members(self.layout.folder, leaders, self.supervisor())

    def planned(self) -> Mapping[str, Definition]:
        programs = self._native.blueprint.programs.values()
        return {program.id: self._definition(program) for program in programs}

    def running(self) -> Mapping[str, Definition]:
        home = Places(self.layout.folder)
        found = {one.id: read_json(home.program(one.id)) for one in self.processes()}
        return {name: self._definition(from_json(data["program"])) for name, data in found.items() if data}

    def starts(self) -> Mapping[str, Start]:
        pids = {one.id: one.pid for one in self.processes() if one.pid is not None}
        return native_starts.starts(read(self.layout.folder, [SUPERVISOR]), self.supervisor(), pids)

    def listeners(self) -> tuple[Heard, ...]:
        held = {inode: one.id for one in self.members() for inode in processes.sockets(one.pid)}
        return tuple(Heard(held[one.inode], one) for one in processes.listeners() if one.inode in held)

    def doors(self) -> tuple[Heard, ...]:
        """What parts listen at is what leads to them."""
        return self.listeners()

    def holders(self, ports: Iterable[int]) -> tuple[Heard, ...]:
        wanted = frozenset(ports)
        ours = {one.listener: one.id for one in self.listeners()}
        found = (one for one in processes.listeners() if one.port in wanted and one.protocol.startswith("tcp"))
        return tuple(Heard(ours.get(one, ""), one) for one in found)

    def account(self, part: str) -> Account:  # noqa: ARG002 - one for all
        identity = self._native.machine.identity
        return Account(identity.uid, identity.gid, identity.name, identity.drop)

    def data(self, resource: Resource) -> DataView:
        folder = self.layout.folder / "data" / resource.name
        pid = next((one.pid for one in self.processes() if one.id == resource.name), None)
        found = folder.stat() if folder.is_dir() else None
        return DataView(
            wanted=str(folder),
            found=processes.working_folder(pid) if pid else "",
            mode=stat.S_IMODE(found.st_mode) if found else None,
            owner=found.st_uid if found else None,
            user=self._native.machine.identity.uid,
        )

    def upkeep(self, resource: Postgres) -> Report | None:
        from stackyard.observe.upkeep import recorded

        return recorded(self.layout.backups, resource.name)

    def has_file(self, resource: Resource, path: str) -> bool:
        return (self.layout.folder / "data" / resource.name / path).is_file()

    def config(self, part: str) -> ConfigView:
        folder = self.layout.etc(part)
        return ConfigView(folder, str(folder))

    def config_files(self) -> Iterator[tuple[str, Iterable[Path]]]:
        home = self.layout.folder
        yield "rendered configuration", files_below(home / "etc")
        yield "what the supervisor remembers", files_below(home / "run")
        yield "state and summary", sorted(home.glob("*.json"))

    def secret_folders(self) -> Iterator[tuple[Path, int]]:
        yield self.layout.secrets, 0o600

    def key_users(self) -> frozenset[int]:
        return frozenset({self._native.machine.identity.uid})

    def site(self, service: Service) -> Path | None:
        folder = (self.layout.folder / "sites" / service.name / "current").resolve()
        return folder if folder.is_dir() else None

    def place(self, slot: str) -> tuple[str, int]:
        return LOOPBACK, self.port(slot)

    def upstreams(self, service: Service) -> frozenset[str]:
        names = (f"{service.name}-{number}" for number in range(1, service.replicas + 1))
        return frozenset(f"{LOOPBACK}:{self.port(name)}" for name in names)

    def connect(self, slot: str, source: str | None, timeout: float) -> socket.socket:
        made = socket.create_connection((LOOPBACK, self.port(slot)), timeout, (source, 0) if source else None)
        # A check sends small pieces and waits for what comes back.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def way(self, slot: str, source: str | None) -> AbstractContextManager[Path]:  # noqa: ARG002 - of no use here
        raise CannotSeeError(f"{slot} is no unix socket on this target")

    def postgres_socket(self, resource: Postgres) -> AbstractContextManager[tuple[str, int]]:
        return contextlib.nullcontext((str(self.layout.sockets), self.port(resource.name)))

    def probe_users(self, resource: Redis) -> frozenset[str]:  # noqa: ARG002 - none in any
        return frozenset()

    def logs(
        self,
        parts: Sequence[str],
        *,
        n: int | None = None,
        since: datetime | None = None,
        grep: re.Pattern[str] | None = None,
    ) -> list[LogLine]:
        return read(self.layout.folder, parts, n=n, since=since, grep=grep)

    def log_parts(self) -> tuple[str, ...]:
        return (*dict.fromkeys(one.part for one in self.planned().values()), SUPERVISOR)

    def log_texts(self, most: int) -> Iterator[tuple[str, bytes]]:
        for path in sorted(self.layout.log.iterdir()):
            if path.is_file():
                yield path.name, end_of(path, most)

    def edits_run(self) -> str:
        ours = [name for name, one in self.running().items() if one.is_ours]
        return f"{', '.join(ours)} watches" if ours else ""

    def containers(self) -> tuple[ContainerView, ...]:
        raise DoesNotApplyError(_NO_CONTAINERS)

    def networks(self) -> tuple[NetworkView, ...]:
        raise DoesNotApplyError(_NO_CONTAINERS)

    def images(self) -> Mapping[str, str]:
        raise DoesNotApplyError(_NO_CONTAINERS)

    def command_inside(self, part: str, argv: Sequence[str]) -> tuple[int, str]:  # noqa: ARG002 - of no use here
        raise DoesNotApplyError(_NO_CONTAINERS)

    def left_out(self) -> tuple[str, ...]:
        return notices(self.system)

    def documented_ports(self) -> Mapping[str, int]:
        return {wish.slot: wish.port for wish in wishes(self.system) if wish.port}

    def host_ports(self) -> Mapping[str, int]:
        made: dict[str, int] = {}
        for name, one in self.planned().items():
            made |= {name if len(one.ports) == 1 else f"{name} ({port})": port for port in one.ports}
        return made

    def port(self, slot: str) -> int:
        return self._native.machine.ports[slot]

    def database(self, resource: Postgres, role: str = "") -> psycopg.Connection[tuple[Any, ...]]:
        found = self._native.database(resource)
        name = role or SUPERUSER
        return found.server.connect(found.catalog.database, name, found.password(name))

    def replica(self, name: str) -> psycopg.Connection[tuple[Any, ...]]:
        return replicas.server(self.layout, self._native.replicas[name], self.port(name)).connect()

    def cache(self, resource: Redis, user: str = "") -> redis.Redis:
        name = user or redis_resource.ADMIN_USER
        return redis_settings.connect(resource, self.layout, self.port(resource.name), name)

    def rendered(self, part: str) -> Mapping[str, str]:
        return {str(file.path): file.content for file in self._native.blueprint.files.get(part, ())}

    def migrated(self, service: Service) -> Mapping[str, str]:
        client = self._native.client
        assert client is not None
        record = self._native.record.facets(f"{Kind.MIGRATION}:{service.name}") or {}
        running = [one for one in client.status().programs if one.part == service.name]
        marks = {one.id: json.loads(one.watch or "{}").get("source", "") for one in running}
        return {"": record.get("source", ""), **marks}

    def _definition(self, program: Program) -> Definition:
        made = _definition(program)
        if program.part != KEEPER:
            return made
        # It reads them itself, for whatever it starts: some programs take a password from their environment only.
        return replace(made, secrets=frozenset(of_backups(self.system)))

    def test_edge(self) -> tuple[int, tuple[str, ...]]:
        return reloading.test(self._native.blueprint.programs[f"{Kind.PROCESS}:{EDGE}"])

    def is_edge_current(self) -> bool:
        pid = next((one.pid for one in self.processes() if one.id == EDGE), None)
        return pid is not None and reloading.is_taken_in(self.system, self.layout, pid)

    def differences(self) -> tuple[str, ...]:
        """A plan of its own: what was looked at when the checks began may be old."""
        return tuple(map(str, NativeTarget(self.system).plan().steps))


def _definition(program: Program) -> Definition:
    pieces = {key: tuple(value) for key, value in program.env.items()}
    held = {piece.path for value in pieces.values() for piece in value if isinstance(piece, SecretPiece)}
    return Definition(
        id=program.id,
        part=program.part,
        cwd=Path(program.cwd),
        ports=program.ports,
        capabilities=program.capabilities,
        secrets=frozenset(Path(path).name for path in held),
        is_probed=program.probe.kind != "none",
        log_size=program.log_size,
        log_files=program.log_files,
        is_ours=program.part in OURS,
        schedule=program.schedule,
        environment={
            key: "".join(map(str, value))
            for key, value in pieces.items()
            if not any(isinstance(piece, SecretPiece) for piece in value)
        },
    )
