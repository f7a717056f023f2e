"""The part of a drill on Compose that no container may do: the system's own services, started over the copies.

Each is a container of its own image, in a network that leads nowhere but to the copies. However this process ends, a
small one that waits for its end removes them all.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from stackyard.backup import copy_servers, elsewhere
from stackyard.backup.copy_servers import Schema
from stackyard.backup.drilling import Drilling, Seen
from stackyard.backup.problem import BackupError
from stackyard.backup.readiness import MIGRATION, NAME, difference
from stackyard.backup.sets import Finding
from stackyard.errors import StackyardError
from stackyard.model.system import Postgres, Service, System
from stackyard.runner import Command
from stackyard.targets.compose import backup_job, commands, drill
from stackyard.targets.compose.database import reached
from stackyard.targets.compose.parts.services import migration
from stackyard.targets.compose.render import BASE

if TYPE_CHECKING:
    from stackyard.backup.events import Tell
    from stackyard.operate.compose.running import Running
    from stackyard.targets.compose.snapshot import Container

_NOBODY = "the system has no service that answers requests"
_LOADING = 3600.0
"""Seconds until a server has loaded its data."""
_START = 60.0
"""Seconds that a service without a health check of its own may take."""
_LIMIT = 120.0
"""Seconds for one command of Docker."""
_PAUSE = 0.2
_SHOWN = 12
_SHORT = 4
"""Characters below which a secret is no secret: taking it out would only make holes in words."""


def over_copies(system: System, running: Running, tell: Tell, question: Mapping[str, Any]) -> dict[str, Any]:
    """Take the steps of a drill that start services; the answer for whoever asks. See `elsewhere`."""
    place = elsewhere.place_of(question)
    assert system.backups is not None
    drilling = Drilling(backup_job.of(system, system.backups), place.backup, tell)
    if not (drill.answering(system) or drill.migrating(system)):
        drilling.skip(NAME, _NOBODY)
        return elsewhere.answer(drilling.steps)
    try:
        with _project(system, running, place) as (project, services):
            trial = _Trial(drilling, system, running, project, services)
            trial.parts()
            trial.migrations()
            trial.services()
    except StackyardError as error:
        found = (Finding("readiness", error.what),)
        drilling.prove(NAME, lambda: ("", found), piece="readiness")
    return elsewhere.answer(drilling.steps)


@contextmanager
def _project(
    system: System, running: Running, place: elsewhere.Place
) -> Iterator[tuple[commands.Project, frozenset[str]]]:
    """The project of the copies, with its network, and the services in it.

    Nothing of it is left when the block ends, or this process.
    """
    import yaml

    folder = running.layout.rendered
    base = yaml.safe_load((folder / BASE).read_text())
    with tempfile.TemporaryDirectory(prefix="stackyard-") as name:
        file = Path(name) / "drill.json"
        document = drill.document(base, system, running.project, place)
        file.write_text(json.dumps(document))
        # Of a drill whose remover was killed, too.
        with _remover(running.project):
            pass
        with _remover(running.project):
            _make_network(running)
            yield commands.Project(running.project, folder, (str(file),)), frozenset(document["services"])


@contextmanager
def _remover(project: str) -> Iterator[None]:
    remover = subprocess.Popen(
        drill.remove(project), env=commands.environment(), stdin=subprocess.PIPE, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield
    finally:
        _, errors = remover.communicate()
    if remover.returncode != 0:
        raise BackupError(
            "what was started for the drill cannot be removed",
            details=errors.decode(errors="replace").splitlines()[-5:],
        )


def _make_network(running: Running) -> None:
    for isolated in (True, False):
        answer = running.runner.ask(_command(drill.create_network(running.project, isolated=isolated)))
        if answer.is_good:
            return
    raise BackupError("a network for the drill cannot be made", details=answer.evidence)


def _command(argv: commands.Argv) -> Command:
    return Command(argv, Path("/"), commands.environment(), timeout=_LIMIT)


@dataclass
class _Trial:
    """The services over the copies, while it goes on.

    `copies` are the services of the project; `ready` are the parts and services that are there so far, `broken` the
    services that are not to be started any more, `databases` the containers of the copies that migrations may change.
    """

    drilling: Drilling
    system: System
    running: Running
    project: commands.Project
    copies: frozenset[str]
    ready: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    databases: list[tuple[Postgres, str]] = field(default_factory=list)

    def parts(self) -> None:
        """Servers for whatever a service wants and the set has."""
        services = {one.name: one for one in (*drill.answering(self.system), *drill.migrating(self.system))}
        wanted = {part.name: part for one in services.values() for part in drill.parts(self.system, one)}
        for name, part in wanted.items():
            if self._is_there(name):
                self._serve(name, part)

    def _serve(self, name: str, part: drill.Resource) -> None:
        def enter() -> Seen:
            container = self._start(name)
            self._wait(container, f"the copy of {name}", _LOADING)
            if not isinstance(part, Postgres):
                return "on the copy, with the passwords of today", ()
            with reached(self.system, part, self.running.layout.secrets, container) as database:
                changed = len(database.put_right())
            self.databases.append((part, container))
            return f"on the copy; {changed} statements made its roles and rights those of today", ()

        if self._take(f"server for {name}", enter, name):
            self.ready.add(name)

    def migrations(self) -> None:
        """What the code of today does to the schema of then, before it serves."""
        for service in drill.migrating(self.system):
            if self._has_all(service):
                self._migrate(service)

    def _migrate(self, service: Service) -> None:
        def run() -> Seen:
            before = self._schemas()
            self._finish(self._start(migration(service.name)), f"migration of {service.name}", MIGRATION)
            return difference(before, self._schemas()), ()

        if not self._take(f"migration of {service.name}", run, service.name):
            self.broken.add(service.name)

    def services(self) -> None:
        """Each once, when those that it needs are ready."""
        left = list(drill.answering(self.system))
        names = {one.name for one in left}
        while left:
            fit = (one for one in left if self.ready.issuperset({need.name for need in one.needs} & names))
            service = next(fit, left[0])
            left.remove(service)
            if service.name not in self.broken and self._has_all(service):
                self._try(service)

    def _try(self, service: Service) -> None:
        probe = service.health
        patience = probe.start_timeout if probe else _START

        def run() -> Seen:
            self._wait(self._start(service.name), service.name, patience)
            if probe is None:
                return "it takes connections", ()
            return f"GET {probe.path} is answered" if probe.path else "its health check says so", ()

        if self._take(f"readiness of {service.name}", run, service.name):
            self.ready.add(service.name)

    def _take(self, name: str, do: Callable[[], Seen], part: str) -> bool:
        """A step that a restore would have to do, too."""

        def told() -> Seen:
            try:
                return do()
            except BackupError:
                raise
            except StackyardError as error:
                raise BackupError(error.what, details=error.details) from None

        return self.drilling.take(name, told, piece=f"readiness {part}", counts=True)

    def _has_all(self, service: Service) -> bool:
        """Whether all that it is to reach is there; what is not was told of, or is told now."""
        name = f"readiness of {service.name}"
        missing = sorted({one.name for one in drill.parts(self.system, service)} - self.ready)
        if service.name not in self.broken:
            if missing:
                self.drilling.skip(name, f"there is no copy of {', '.join(missing)} to run on")
                self.broken.add(service.name)
            elif not self._is_there(service.name):
                self.drilling.skip(name, "it was never brought up: `stackyard up` does that")
                self.broken.add(service.name)
        return service.name not in self.broken

    def _is_there(self, name: str) -> bool:
        return drill.copy_of(name) in self.copies

    def _start(self, name: str) -> str:
        """Start a copy; the id of its container. Raises BackupError."""
        answer = self.running.runner.ask(_command(commands.run_copy(self.project, drill.copy_of(name))))
        if not answer.is_good:
            raise BackupError(f"the copy of {name} cannot be started", details=self._clean(answer.evidence))
        return answer.output.split()[-1]

    def _wait(self, id: str, name: str, patience: float) -> None:
        """Wait until it is ready. Raises BackupError, with its last lines, when it ends before or takes too long."""
        deadline = time.monotonic() + patience
        while not (found := self._look(id)).is_ready:
            if found.status in ("exited", "dead"):
                raise self._failed(found, f"{name} ended with exit code {found.exit_code} before it was ready")
            if time.monotonic() > deadline:
                why = next(iter(self._clean(found.checks[-1:])), "")
                raise self._failed(found, f"{name} was not ready within {patience:.0f} s{f': {why}' if why else ''}")
            time.sleep(_PAUSE)

    def _finish(self, id: str, name: str, patience: float) -> None:
        """Wait for its end. Raises BackupError, with its last lines, unless it ends well and in time."""
        deadline = time.monotonic() + patience
        while (found := self._look(id)).status not in ("exited", "dead"):
            if time.monotonic() > deadline:
                raise self._failed(found, f"{name} did not end within {patience:.0f} s")
            time.sleep(_PAUSE)
        if found.exit_code != 0:
            raise self._failed(found, f"{name} ended with exit code {found.exit_code}")

    def _look(self, id: str) -> Container:
        found = next((one for one in self.running.eye.containers(self.running.project) if one.id == id), None)
        if found is None:
            raise BackupError("somebody has removed the containers of the drill")
        return found

    def _failed(self, one: Container, what: str) -> BackupError:
        said = self.running.runner.ask(_command(commands.logs(one.id, _SHOWN)))
        lines = f"{said.output}{said.errors}".splitlines()
        # Each has its time before it.
        return BackupError(what, details=self._clean([line.partition(" ")[2] for line in lines]))

    def _clean(self, lines: Iterable[str]) -> tuple[str, ...]:
        """The lines without any secret of the system."""
        text = "\n".join(lines)
        for secret in _secrets(self.running.layout.secrets):
            text = text.replace(secret, "…")
        return tuple(text.splitlines()[-_SHOWN:])

    def _schemas(self) -> tuple[Schema, ...]:
        made = []
        for part, container in self.databases:
            with (
                reached(self.system, part, self.running.layout.secrets, container) as database,
                database.server.connect(database.catalog.database) as session,
            ):
                made.append(copy_servers.schema_of(session))
        return tuple(made)


def _secrets(store: Path) -> list[str]:
    """Every secret, and how it stands in a URL; the longest first."""
    lines = {
        line for file in store.iterdir() if file.is_file() for line in file.read_text(errors="replace").split("\n")
    }
    return sorted((text for line in lines if len(line) >= _SHORT for text in {line, quote(line, safe="")}), key=len)[
        ::-1
    ]
