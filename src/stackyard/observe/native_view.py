"""A running system of the native target, as checks look at it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard.errors import StateError
from stackyard.model.system import Objects, Postgres, Redis, Service, System, Tls
from stackyard.observe import native_processes
from stackyard.observe.status import places
from stackyard.observe.view import Account, Definition, EdgeView, Member, ProcessView
from stackyard.plan.element import Kind
from stackyard.resources import redis as redis_resource
from stackyard.resources.certificates import find_authority
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.secrets import needed, objects_access_key, objects_secret_key
from stackyard.targets.native import redis_settings, reloading, secrets, service_programs
from stackyard.targets.native.certificate import hosts
from stackyard.targets.native.layout import EDGE, WATCHER, user_data
from stackyard.targets.native.machine import wishes
from stackyard.targets.native.program import Program, SecretPiece, from_json
from stackyard.targets.native.supervisor import spawn
from stackyard.targets.native.supervisor.places import Places, read_json
from stackyard.targets.native.support import notices
from stackyard.targets.native.target import NAME, NativeTarget
from stackyard.targets.native.variables import LOOPBACK

if TYPE_CHECKING:
    import psycopg
    import redis

_SHORTEST = 8
"""Characters below which a value is a word that may stand anywhere, not a secret to be recognised."""


class NativeView:
    """Looks through the native target; see `View` for what each member means."""

    def __init__(self, system: System) -> None:
        """Look at the machine. Raises StateError when nothing of the system runs here."""
        self._native = NativeTarget(system)
        if self._native.client is None or not self._native.client.status().programs:
            raise StateError(
                f"nothing of {system.name} runs here ({system.environment}), so there is nothing to verify",
                hint="`stackyard up --detach` starts it.",
            )

    @property
    def system(self) -> System:
        return self._native.system

    @property
    def target(self) -> str:
        return NAME

    @cached_property
    def edge(self) -> EdgeView | None:
        own = self.system.edge
        if own is None:
            return None
        layout, machine = self._native.layout, self._native.machine
        is_ours = own.tls is Tls.SELF_SIGNED
        return EdgeView(
            host=own.host,
            address=LOOPBACK,
            http=machine.ports["edge.http"],
            https=machine.ports.get("edge.https"),
            authority=find_authority(user_data(), hosts(self.system, EDGE)).certificate if is_ours else None,
            certificate=own.certificate or (layout.certificate(EDGE) if own.tls is not Tls.OFF else None),
            key=own.key or (layout.key(EDGE) if own.tls is not Tls.OFF else None),
            config=layout.etc(EDGE),
            nginx=machine.tool("nginx").path,
            work=layout.work(EDGE),
        )

    @property
    def folders(self) -> Mapping[str, Path]:
        home = self._native.layout.folder
        names = ("secrets", "log", "etc", "data", "tls", "run", "sites", "envs", "work")
        return {"home": home, "sockets": self._native.layout.sockets, **{name: home / name for name in names}}

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
        return native_processes.members(self._native.layout.folder, leaders, self.supervisor())

    def planned(self) -> Mapping[str, Definition]:
        return {program.id: _definition(program) for program in self._native.blueprint.programs.values()}

    def running(self) -> Mapping[str, Definition]:
        home = Places(self._native.layout.folder)
        found = {one.id: read_json(home.program(one.id)) for one in self.processes()}
        return {name: _definition(from_json(data["program"])) for name, data in found.items() if data}

    @property
    def account(self) -> Account:
        identity = self._native.machine.identity
        return Account(identity.uid, identity.gid, identity.name, identity.drop)

    def left_out(self) -> tuple[str, ...]:
        return notices(self.system)

    def documented_ports(self) -> Mapping[str, int]:
        return {wish.slot: wish.port for wish in wishes(self.system) if wish.port}

    def addresses(self) -> Mapping[str, str]:
        return places(self._native.layout)

    def port(self, slot: str) -> int:
        return self._native.machine.ports[slot]

    def database(self, resource: Postgres, role: str = "") -> psycopg.Connection[tuple[Any, ...]]:
        found = self._native.database(resource)
        name = role or SUPERUSER
        return found.server.connect(found.catalog.database, name, found.password(name))

    def cache(self, resource: Redis, user: str = "") -> redis.Redis:
        name = user or redis_resource.ADMIN_USER
        return redis_settings.connect(resource, self._native.layout, self.port(resource.name), name)

    def rendered(self, part: str) -> Mapping[str, str]:
        return {str(file.path): file.content for file in self._native.blueprint.files.get(part, ())}

    def authority(self, part: str) -> Path | None:
        return find_authority(user_data(), hosts(self.system, part)).certificate

    def migrated(self, service: Service) -> Mapping[str, str]:
        client = self._native.client
        assert client is not None
        record = self._native.record.facets(f"{Kind.MIGRATION}:{service.name}") or {}
        running = [one for one in client.status().programs if one.part == service.name]
        marks = {one.id: json.loads(one.watch or "{}").get("source", "") for one in running}
        return {"": record.get("source", ""), **marks}

    def secret(self, name: str) -> str:
        return secrets.read(self._native.layout.secrets, name)

    @cached_property
    def _secrets(self) -> Mapping[str, str]:
        """Read without a look at modes: that they are wrong is for a check to say, and no reason to show them."""
        folder = self._native.layout.secrets
        return {
            spec.name: (folder / spec.name).read_text(errors="replace").rstrip("\n")
            for spec in needed(self.system)
            if (folder / spec.name).is_file()
        }

    def secrets(self) -> Mapping[str, str]:
        return self._secrets

    def without_secrets(self, text: str) -> str:
        for name, value in sorted(self._secrets.items(), key=lambda one: -len(one[1])):
            if len(value) >= _SHORTEST:
                text = text.replace(value, f"[the secret {name}]")
        return text

    def environment(self, service: Service) -> Mapping[str, str]:
        pieces = service_programs.environment(self.system, service, self._native.machine)
        return spawn.resolved(pieces)

    def store(self, resource: Objects) -> tuple[str, str, str]:
        endpoint = f"http://{LOOPBACK}:{self.port(resource.name)}"
        return endpoint, self.secret(objects_access_key(resource)), self.secret(objects_secret_key(resource))

    def test_edge(self) -> tuple[int, tuple[str, ...]]:
        return reloading.test(self._native.blueprint.programs[f"{Kind.PROCESS}:{EDGE}"])

    def is_edge_current(self) -> bool:
        pid = next((one.pid for one in self.processes() if one.id == EDGE), None)
        return pid is not None and reloading.is_taken_in(self.system, self._native.layout, pid)

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
        is_ours=program.part == WATCHER,
        schedule=program.schedule,
        environment={
            key: "".join(map(str, value))
            for key, value in pieces.items()
            if not any(isinstance(piece, SecretPiece) for piece in value)
        },
    )
