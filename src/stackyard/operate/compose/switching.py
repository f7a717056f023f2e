"""A switchover on Compose: volumes, which cannot be renamed, so that a record says whose data they hold; containers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from stackyard.errors import PartError, StateError
from stackyard.operate.compose.volume_shell import MOUNTS, VolumeShell
from stackyard.resources.postgres.replication import STANDBY_SIGNAL, replicas
from stackyard.targets.compose import commands, database, effects, names, processes, volumes
from stackyard.targets.compose.parts import postgres
from stackyard.targets.local import control
from stackyard.targets.local.control import Control
from stackyard.targets.local.postgres_catalog import Server
from stackyard.targets.names import COMPOSE

if TYPE_CHECKING:
    from stackyard.model.system import Postgres, System
    from stackyard.operate.compose.session import ComposeWork
    from stackyard.operate.restoring.journal import Journal
    from stackyard.operate.switching.outcome import Switched, Tell, Wanted
    from stackyard.targets.compose.snapshot import Container
    from stackyard.targets.compose.target import ComposeTarget

_HAS = 'if [ -e "$1" ]; then echo yes; fi'
_FENCE = 'touch "$1/$2"; chmod 0600 "$1/$2"; sync "$1/$2" "$1"'
_UNFENCE = 'if [ -e "$1/$2" ]; then rm "$1/$2"; sync "$1"; fi'
_BYTES = 'od -An -v -tx1 -N "$2" "$1"'


def switch_over(work: ComposeWork, wanted: Wanted, tell: Tell) -> Switched:
    """Have a replica lead in the place of its primary. See `planned` and `forced`."""
    from stackyard.operate.restoring.journal import Journal
    from stackyard.operate.switching import forced, planned, readiness

    with _servers(work.target) as servers:
        if wanted.forced:
            return forced.force(servers, work.system, wanted, tell)
        refuse_kept(Journal(servers.folder, COMPOSE), readiness.database_of(work.system, wanted).name)
        return planned.switch_over(servers, work, wanted, tell)


def refuse_kept(journal: Journal, database: str) -> None:
    """Raise StateError while the volume of the database holds what was kept of a restore or an upgrade.

    It would be the replica's volume afterwards: nothing could be taken back from there, and nothing removed.
    """
    found = next((one for one in journal.kept() if database in one.parts), None)
    if found is not None:
        verb = "upgrade" if found.is_of_versions else "restore"
        raise StateError(
            f"the volume of {database} holds what was kept of the {found.noun} of {found.began}, "
            "and would be the replica's afterwards",
            hint=f"`stackyard {verb} --finish` lets go of it, for good; `stackyard {verb} --undo` goes back first.",
        )


def finish(system: System) -> str:
    """End a switchover that was interrupted; a sentence on it. The caller holds the lock. Raises StackyardError."""
    from stackyard.operate.switching import finishing
    from stackyard.targets.compose.target import ComposeTarget

    with _servers(ComposeTarget(system)) as servers:
        return finishing.finish(servers)


@contextlib.contextmanager
def _servers(target: ComposeTarget) -> Iterator[ComposeServers]:
    try:
        with ComposeServers(target) as servers:
            yield servers
    finally:
        target.close()


class ComposeServers:
    """Opened with `with`. See `Places` and `Servers` for what each member means."""

    target = COMPOSE

    def __init__(self, target: ComposeTarget) -> None:
        self._compose = target
        self._replicas = replicas(target.system)
        self._opened = contextlib.ExitStack()

    def __enter__(self) -> ComposeServers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    @property
    def folder(self) -> Path:
        return self._compose.layout.folder

    def stop(self, parts: Sequence[str]) -> None:
        for part in parts:
            if ids := [one.id for one in self._containers(part) if one.holds_ports]:
                self._compose.do(commands.stop_containers(ids), part)

    def is_held(self, part: str) -> bool:
        return self._volume(part) in self._there and self._has(part, "PG_VERSION")

    def is_fenced(self, part: str) -> bool:
        return self._has(part, STANDBY_SIGNAL)

    def fence(self, part: str) -> None:
        self._ask(_FENCE, self._data(part), STANDBY_SIGNAL)

    def unfence(self, part: str) -> None:
        if self.is_held(part):
            self._ask(_UNFENCE, self._data(part), STANDBY_SIGNAL)

    def change_places(self, primary: str, replica: str) -> None:
        if self.is_fenced(primary):
            self._record({primary: self._volume(replica), replica: self._volume(primary)})
        self._follow(primary, replica)

    def put_aside(self, part: str, aside: str) -> None:
        """It stays in its volume, which is that of no server once `succeed` is done."""

    def put_back(self, aside: str, part: str) -> None:
        """It has never left its volume."""

    def succeed(self, primary: str, replica: str, aside: str) -> None:  # noqa: ARG002 - as on every target
        if self.is_held(replica):
            new = f"{self._usual(replica)}-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}"
            self._record({primary: self._volume(replica), replica: new})
        self._follow(primary, replica)

    def runs(self, part: str) -> bool:
        return bool(self._compose.container(part))

    @contextlib.contextmanager
    def server(self, part: str) -> Iterator[Server]:
        container = self._compose.container(part)
        if not container:
            raise PartError(part, f"{part} does not run")
        system, store = self._compose.system, self._compose.layout.secrets
        with database.reached(system, self._resource(part), store, container) as found:
            yield replace(found.server, part=part)

    def control(self, part: str) -> Control:
        path = str(control.file_of(Path(self._data(part))))
        return control.parse(bytes.fromhex(self._ask(_BYTES, path, str(control.SIZE))), path)

    def start(self, part: str) -> None:
        effects.write_project(self._compose)
        # One that was made before has the volumes that it was made with.
        processes.remove(self._compose, self._containers(part), part)
        self._compose.together.submit(part)
        processes.await_ready(self._compose, [self._compose.blueprint.rendered.containers[part]])

    def aside(self, part: str) -> str:
        return self._volume(part)

    def kept(self, aside: str) -> str:
        return f"the volume {aside}" if aside in self._there else ""

    def confirm(self) -> None:
        self._compose.confirm()

    @cached_property
    def _there(self) -> frozenset[str]:
        """The volumes that the engine has."""
        system = self._compose.system
        return frozenset(self._compose.eye.names(commands.volumes(system.name, system.environment)))

    @cached_property
    def _shell(self) -> VolumeShell:
        """One for the data of all servers that may change places."""
        parts = (name for one in self._replicas.values() for name in (one.primary.name, one.name))
        mounted = dict.fromkeys(self._volume(part) for part in parts)
        image = next(self._compose.blueprint.rendered.containers[name].image for name in self._replicas)
        # The engine would make a volume that is not there.
        return self._opened.enter_context(
            VolumeShell(image, database.USER, [name for name in mounted if name in self._there])
        )

    def _ask(self, script: str, *arguments: str) -> str:
        return self._shell.ask(script, *arguments)

    def _has(self, part: str, name: str) -> bool:
        return bool(self._ask(_HAS, f"{self._data(part)}/{name}"))

    def _data(self, part: str) -> str:
        """The data of a part as the shell sees it."""
        return f"{MOUNTS}/{self._volume(part)}/{postgres.cluster(self._resource(part))}"

    def _resource(self, part: str) -> Postgres:
        """The database that the server of a part is one of."""
        return next(one.primary for one in self._replicas.values() if part in (one.name, one.primary.name))

    def _volume(self, part: str) -> str:
        """The volume that holds the data of a part."""
        return next(one.name for one in self._compose.blueprint.rendered.volumes if one.part == part)

    def _usual(self, part: str) -> str:
        """The volume that would, if nothing had taken over from anything."""
        rendered = self._compose.blueprint.rendered
        return names.volume(rendered.project, next(one.key for one in rendered.volumes if one.part == part))

    def _containers(self, part: str) -> tuple[Container, ...]:
        found = self._compose.eye.containers(self._compose.project.name)
        return tuple(one for one in found if one.service == part and not one.is_one_off)

    def _record(self, used: Mapping[str, str]) -> None:
        """Have the data of parts in these volumes from here on: all of it, or when it fails nothing."""
        layout = self._compose.layout
        volumes.write(layout, {**volumes.read(layout), **{self._usual(part): name for part, name in used.items()}})

    def _follow(self, *parts: str) -> None:
        """Have the rendered project say what the record says."""
        self._compose.follow_volumes(parts)
        effects.write_project(self._compose)
