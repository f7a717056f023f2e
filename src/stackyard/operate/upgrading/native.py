"""An upgrade on the native target: two servers of this machine, and the programs that they take."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from stackyard.backup import programs
from stackyard.backup.job import Account, PostgresPart
from stackyard.errors import MachineError, UsageError
from stackyard.model.system import Postgres, System
from stackyard.model.values import Version
from stackyard.operate.choice import leave_other
from stackyard.operate.databases import chosen
from stackyard.operate.ending import end_interrupted
from stackyard.operate.upgrading import alone, examine, planning, transfer
from stackyard.operate.upgrading.native_ground import NativeGround, version_of
from stackyard.operate.upgrading.operation import GroundedUpgrade
from stackyard.resources.postgres.config import CONFIG, SUPERUSER
from stackyard.resources.postgres.running import parse
from stackyard.resources.secrets import password_secret
from stackyard.runner import Processes
from stackyard.targets.local import ports, secrets
from stackyard.targets.local.databases import Database
from stackyard.targets.local.identity import service_identity
from stackyard.targets.local.layout import user_cache
from stackyard.targets.local.state import PATIENCE, operation
from stackyard.targets.names import NATIVE
from stackyard.targets.native import postgres
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.toolchain import Fetch, Tool, Want, fetch, obtain, resolve

_LIBRARIES = "shared_preload_libraries"


@dataclass(frozen=True)
class NativeUpgrading:
    """See `Upgrading` of the operation. `server` is the new one, which may have to be fetched first."""

    system: System
    resource: Postgres
    layout: Layout
    version: int
    server: Tool | Fetch

    @cached_property
    def clients(self) -> LocalClients:
        found = self._clients
        missing = [name for name in transfer.NEEDED if not (found.folder / name).is_file()]
        if missing:
            raise MachineError(f"{', '.join(missing)} is not beside {found.path}", hint="Install PostgreSQL's clients.")
        return LocalClients(found.folder, found.environment)

    @cached_property
    def _clients(self) -> Tool:
        """Those of the new version; later ones speak with it, too, from PostgreSQL 17 on."""
        try:
            return obtain(Want("postgres-clients", Version((self._new,))))
        except MachineError:
            if self._new < 17:
                raise
            return obtain(Want("postgres-clients", Version((self._new,), at_least=True)))

    @property
    def _new(self) -> int:
        return self.server.version[0]

    @cached_property
    def new_tool(self) -> Tool:
        """The new server, on this machine. Raises MachineError when it cannot be had."""
        return fetch(self.server) if isinstance(self.server, Fetch) else self.server

    @cached_property
    def _old_tool(self) -> Tool:
        return obtain(Want("postgres", Version((self.version,)), self.resource.position))

    @property
    def _data(self) -> Path:
        return self.layout.data(self.resource.name)

    def _part(self, tool: Tool, data: Path) -> PostgresPart:
        identity = service_identity(self.system.root)
        return PostgresPart(
            name=self.resource.name,
            host="",
            port=0,
            database="postgres",
            user=SUPERUSER,
            password_file=str(self.layout.secrets / password_secret(self.resource, SUPERUSER)),
            programs=str(tool.folder),
            server=str(tool.folder),
            data=str(data),
            config="",
            superuser=SUPERUSER,
            account=Account(identity.uid, identity.gid) if identity.drop else None,
            environment=tool.environment,
        )

    @property
    def _libraries(self) -> str:
        """What the old server loads, as its configuration was last rendered."""
        try:
            found = parse((self.layout.etc(self.resource.name) / str(CONFIG)).read_text())
        except OSError:
            return ""
        return found.get(_LIBRARIES, "").strip("'")

    def prepare(self) -> None:
        _ = self.new_tool, self._old_tool, self.clients

    def old(self) -> AbstractContextManager[transfer.Server]:
        part = self._part(self._old_tool, self._data)
        return alone.serving(part, self._data, alone.OLD, self._libraries)

    def new(self, place: str) -> AbstractContextManager[transfer.Server]:
        there = postgres.available_extensions(self.new_tool)
        libraries = ",".join(one for one in self._libraries.split(",") if one.strip() in there)
        return alone.serving(self._part(self.new_tool, Path(place)), Path(place), alone.NEW, libraries)

    def create(self, place: str) -> None:
        identity = service_identity(self.system.root)
        workshop = postgres.Workshop(self.new_tool, identity, Processes(), user_cache() / "templates")
        password = secrets.read(self.layout.secrets, password_secret(self.resource, SUPERUSER))
        cluster = postgres.Cluster.production() if self.system.is_production else postgres.Cluster()
        postgres.create_data(self.resource.name, workshop, Path(place), replace(cluster, from_template=False), password)

    def plan(self, *, is_running: bool) -> planning.UpgradePlan:
        planning.refuse(self.resource.name, self.version, self._new)
        facts = self._facts(is_running=is_running)
        return planning.decide(
            self.resource.name,
            self._new,
            f"{self.server} ({self.server.why})",
            facts,
            free=shutil.disk_usage(self._data).free,
            available=postgres.available_extensions(self.new_tool),
            given=frozenset(self.resource.settings),
            replicas=self.resource.replicas,
        )

    def _facts(self, *, is_running: bool) -> planning.Facts:
        if is_running:
            port = ports.load(self.layout.ports_file).get(self.resource.name, 0)
            database = Database(self.system, self.resource, self.layout.secrets, self.layout.sockets, port)
            return examine.read(database.server.connect)
        with self.old() as server:
            return examine.read(server.connect)


def upgrading(system: System, resource: Postgres, to: int | None) -> NativeUpgrading:
    """The upgrade that the file asks for, or with `to` where it leaves the version open.

    Raises UsageError when there is no data, or `to` is not what the file allows; MachineError when there is no server.
    """
    layout = Layout(system.root, system.environment)
    old = version_of(layout.data(resource.name))
    if not old:
        raise UsageError(f"{resource.name} has no data yet", hint="`stackyard up` makes it in the version of the file.")
    wanted = resource.version
    if to is not None:
        if not wanted.accepts((to,)):
            raise UsageError(
                f"{resource.position}: the file wants PostgreSQL {wanted} for {resource.name}",
                hint=f"Write `postgres: {to}` in the file.",
            )
        wanted = Version((to,))
    (server,) = resolve((Want("postgres", wanted, resource.position),), user=service_identity(system.root))
    return NativeUpgrading(system, resource, layout, old, server)


@dataclass(frozen=True)
class LocalClients:
    """See `Clients`: programs of this machine, their folder, and what they need in their environment."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, server: transfer.Server, argv: tuple[str, ...], stdin: bytes | None = None) -> programs.Answer:
        environment = {**self.environment, **server.environment}
        return programs.run([str(self.folder / argv[0]), *argv[1:]], env=environment, stdin=stdin)

    def discard(self, place: Path) -> None:
        shutil.rmtree(place)


@contextmanager
def opened(system: System, name: str | None) -> Iterator[GroundedUpgrade]:
    """The upgrade of the database of that name, under the lock of operations; what was interrupted is ended first.

    Raises UsageError for none or several, StateError when somebody is at work on the system.
    """
    resource = chosen(system, name)
    layout = Layout(system.root, system.environment)
    with operation(layout.lock_file, "upgrade", patience=PATIENCE):
        leave_other(layout.folder, NATIVE)
        ended = end_interrupted(layout)
        choose = partial(upgrading, system, resource)
        yield GroundedUpgrade(NativeGround(system), resource.name, ended, choose)
