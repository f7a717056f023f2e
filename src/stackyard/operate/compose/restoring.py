"""A restore on Compose: containers, volumes, and the databases in them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.errors import PartError, StackyardError, UsageError
from stackyard.model.system import Objects, Postgres, Redis, System
from stackyard.operate.choice import leave_other
from stackyard.operate.compose.ending import end_interrupted
from stackyard.operate.compose.restoring_copies import ComposeBackups, ComposeCopies
from stackyard.operate.compose.restoring_places import ASIDE, ComposePlaces
from stackyard.operate.compose.restoring_source import reading
from stackyard.operate.restoring.effects import Part, Space
from stackyard.operate.restoring.engine import TABLES, postgres_part
from stackyard.plan.element import Kind
from stackyard.resources.objects import bucket_folder
from stackyard.targets.compose import backup_job, commands
from stackyard.targets.compose.backup_job import DATA
from stackyard.targets.compose.dockerfiles import backups as image
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.names import BACKUPS
from stackyard.targets.compose.networks import data_parts
from stackyard.targets.compose.parts import postgres, redis
from stackyard.targets.local.backups import absolute
from stackyard.targets.local.state import PATIENCE, operation
from stackyard.targets.names import COMPOSE

if TYPE_CHECKING:
    from stackyard.backup.job import Job
    from stackyard.operate.compose.session import ComposeWork
    from stackyard.operate.compose.worker import Worker
    from stackyard.operate.restoring.plan import Code
    from stackyard.targets.local.databases import Database


_CONTENT = 'ls -A "$1" 2>/dev/null | head -n 1'


@contextmanager
def restoring(system: System, *, locked: bool, source: Job | None = None) -> Iterator[ComposeEffects]:
    """What a restore can do with the system; `locked` holds the lock of operations, and ends what was interrupted.

    `source` reads the backups of another machine: everything but what runs is then set up here before.

    Raises StateError when somebody is at work on it or nothing was ever set up, UsageError without `backups:`.
    """
    if system.backups is None:
        raise UsageError(
            f"{system.name} has no backups",
            hint="`backups: {}` in the stack file and `stackyard up` begin them; a restore needs a set.",
        )
    layout = Layout(system.root, system.environment)
    with ExitStack() as stack:
        ended = ""
        if locked:
            stack.enter_context(operation(layout.lock_file, "restore", patience=PATIENCE))
            leave_other(layout.folder, COMPOSE)
            ended = end_interrupted(system, layout)
        effects = ComposeEffects(system, ended)
        if source is not None:
            effects.set_up()
            used = [absolute(one, system.root) for one in (system.backups.to, system.backups.offsite) if one]
            effects.source = stack.enter_context(reading(effects.worker, effects.job, source, used))
        yield effects


class ComposeEffects(ComposePlaces):
    """See `Effects` for what each member means. The caller holds the lock of operations."""

    def __init__(self, system: System, ended: str = "") -> None:
        super().__init__(Layout(system.root, system.environment))
        self.system = system
        self.ended = ended
        self.source: Worker | None = None

    @cached_property
    def backups(self) -> ComposeBackups:
        wanted = self.system.backups
        names = (one.name for one in self.system.resources if isinstance(one, Postgres))
        return ComposeBackups(self.worker, frozenset(names if wanted is not None and wanted.wal else ()), self.source)

    @cached_property
    def copies(self) -> ComposeCopies:
        roots = {one.name: one.live for one in self.parts()}
        return ComposeCopies(self, roots, self.database, self.source or self.worker)

    def parts(self) -> tuple[Part, ...]:
        made = []
        for one in self.system.resources:
            volume = f"{DATA}/{one.name}"
            if isinstance(one, Postgres):
                made.append(Part(one.name, "db", f"{volume}/{postgres.cluster(one)}", one.version))
            elif isinstance(one, Redis):
                made.append(Part(one.name, "cache", f"{volume}/{redis.STORE}"))
            elif isinstance(one, Objects):
                made.append(Part(one.name, "files", str(bucket_folder(Path(volume), one))))
        return tuple(made)

    def is_filled(self, part: Part) -> bool:
        # A store may well be empty; on a new machine it is.
        is_there = part.kind == "files" and self.source is None
        return self.exists(part.live) if is_there else bool(self.worker.shell(_CONTENT, part.live))

    def answers(self, part: str) -> bool:
        try:
            self.living_tables(part)
        except StackyardError:
            return False
        return True

    def code(self, part: str) -> Code:
        from stackyard.operate.restoring.migrations import code_of

        return code_of(self.system, part)

    def space(self) -> Space:
        return Space(int(self.worker.look({"do": "space"})), "the volumes of the engine")

    def beside(self, part: Part, kind: str, id: str) -> str:
        return f"{DATA}/{part.name}/{ASIDE}/{kind}-{id}"

    def set_up(self) -> None:
        """Have all here that the system is made of, and nothing of it running: files, images, volumes."""
        from stackyard.operate.compose.session import ComposeWork

        work = ComposeWork(self.system, "restore", new_ports=False, patience=0.0)
        work.set_up()
        if not self.running.containers():
            # Images give volumes to their users when a container is made with both.
            commanded = commands.create(work.target.project, data_parts(self.system))
            work.target.do(commanded, "", what="the containers of the databases cannot be made")
        work.target.close()

    def start(self) -> None:
        from stackyard.operate.apply import Progress
        from stackyard.operate.compose.session import ComposeWork

        def silent(_: Progress) -> None:
            """The steps of `up` are part of ours."""

        self.forget()
        # A fresh look at the engine, under the lock that is held already.
        work = ComposeWork(self.system, "restore", new_ports=False, patience=0.0)
        self._know_init(work)
        self._part_ways()
        work.up(detached=True, tell=silent)

    def _part_ways(self) -> None:
        """Data that comes back into use goes on under a timeline of its own, lest two histories share one."""
        running = {one.service for one in self.running.containers() if one.is_running}
        stopped = [one for one in self.parts() if one.kind == "db" and one.name not in running]
        names = [one.name for one in stopped if self.is_filled(one)]
        if names:
            self.worker.ask({"do": "part_ways", "parts": names})

    def _know_init(self, work: ComposeWork) -> None:
        """Restored data has been through the scripts of its first creation, wherever it comes from."""
        target = work.target
        for element in target.blueprint.elements:
            if element.kind is Kind.INIT and target.record.facets(element.id) is None:
                part = next(one for one in self.parts() if one.name == element.part)
                if self.is_filled(part):
                    target.record.note(element.id, element.facets)

    def living_tables(self, part: str) -> tuple[str, ...]:
        with (
            self.database(part) as (database, _),
            database.server.connect(database.catalog.database) as connection,
        ):
            return tuple(str(row[0]) for row in connection.execute(TABLES))

    @contextmanager
    def database(self, part: str) -> Iterator[tuple[Database, str]]:
        """A running database, and the id of its container. Raises PartError."""
        from stackyard.targets.compose.database import reached

        resource = self.system.resource(part)
        assert isinstance(resource, Postgres)
        found = (one for one in self.running.containers() if one.service == part and one.is_running)
        container = next((one for one in found if not one.is_one_off), None)
        if container is None:
            raise PartError(part, f"{part} does not run", hint="`stackyard up` starts it.")
        with reached(self.system, resource, self.layout.secrets, container.id) as database:
            yield database, container.id

    @property
    def job(self) -> Job:
        """What the container of the backups is told."""
        assert self.system.backups is not None
        return backup_job.of(self.system, self.system.backups)

    def look(self, part: Part, place: Path) -> str:
        """The very server that recovered it, alone with it."""
        if part.kind != "db":
            return f"ls {shlex.quote(str(place))}"
        found = postgres_part(self.job, part.name)
        own = [word for name, value in found.environment.items() for word in ("--env", f"{name}={value}")]
        settings = {"hba_file": f"{place}.hba.conf", "listen_addresses": "", "unix_socket_directories": "/tmp"}
        rules = Path(settings["hba_file"])
        rules.write_text("local all all trust\n")
        words = ["docker", "run", "--rm", "--init", "--network", "none", "--name", f"{self.running.project}-look"]
        words += ["--volume", f"{place.parent}:{place.parent}", *own]
        keeper = next((one.image for one in self.running.containers() if one.service == BACKUPS), "")
        words += ["--entrypoint", f"{found.server}/postgres", keeper, "-D", str(place), "-c", "archive_mode=off"]
        return shlex.join([*words, *(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))])

    def folder(self, into: str) -> Path:
        path = Path(into).expanduser().absolute()
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise UsageError(f"{path} is not empty", hint="Name a folder that is not there yet.")
        path.mkdir(parents=True, exist_ok=True)
        self.worker.shell('chown "$(stat -c %u:%g "$1")" "$2"', image.BACKUPS, str(path), folders=(path,))
        return path
