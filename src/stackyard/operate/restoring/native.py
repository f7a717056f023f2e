"""A restore on the native target: folders, the supervisor, and the databases of this machine."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.backup.ownership import give
from stackyard.errors import StackyardError, StateError, UsageError
from stackyard.model.system import Objects, Postgres, Redis, System
from stackyard.operate.choice import leave_other
from stackyard.operate.ending import end_interrupted
from stackyard.operate.restoring.effects import Part, Space
from stackyard.operate.restoring.engine import TABLES, JobBackups, postgres_part
from stackyard.operate.restoring.native_copies import NativeCopies
from stackyard.operate.restoring.native_places import NativePlaces
from stackyard.operate.restoring.timeline import part_ways
from stackyard.plan.element import Kind
from stackyard.targets.local import ports
from stackyard.targets.local.databases import Database
from stackyard.targets.local.state import PATIENCE, operation
from stackyard.targets.names import NATIVE
from stackyard.targets.native.layout import Layout

if TYPE_CHECKING:
    from stackyard.backup.job import Job
    from stackyard.operate.restoring.plan import Code
    from stackyard.operate.session import Session


@contextmanager
def restoring(system: System, *, locked: bool, source: Job | None = None) -> Iterator[NativeEffects]:
    """What a restore can do with the system; `locked` holds the lock of operations, and ends what was interrupted.

    `source` reads the backups of another machine.

    Raises StateError when somebody is at work on it, UsageError without `backups:`.
    """
    layout = Layout(system.root, system.environment)
    with ExitStack() as stack:
        ended = ""
        if locked:
            stack.enter_context(operation(layout.lock_file, "restore", patience=PATIENCE))
            leave_other(layout.folder, NATIVE)
            ended = end_interrupted(layout)
        yield NativeEffects(system, job_of(system), ended, source)


def job_of(system: System) -> Job:
    """The backups of the system as a job; tools that they need are fetched. Raises UsageError without `backups:`."""
    from stackyard.targets.native import backups
    from stackyard.targets.native.target import NativeTarget

    if system.backups is None:
        raise UsageError(
            f"{system.name} has no backups",
            hint="`backups: {}` in the stack file and `stackyard up` begin them; a restore needs a set.",
        )
    target = NativeTarget(system)
    wanted = {f"{Kind.TOOL}:{key}" for key in backups.tools(system)}
    if not backups.is_ready(system, target.machine):
        for step in target.plan().steps:
            if step.element in wanted:
                target.perform(step)
    return backups.job(system, target.machine)


_KINDS: dict[type, str] = {Postgres: "db", Objects: "files", Redis: "cache"}


def is_filled(folder: Path) -> bool:
    """Whether there is anything in a folder."""
    return folder.is_dir() and any(folder.iterdir())


class NativeEffects(NativePlaces):
    """See `Effects` for what each member means. The caller holds the lock of operations."""

    def __init__(self, system: System, job: Job, ended: str = "", source: Job | None = None) -> None:
        super().__init__(Layout(system.root, system.environment))
        self.system = system
        self.job = job
        self.ended = ended
        self.source = job if source is None else replace(job, repository=source.repository, folder=source.folder)

    @cached_property
    def backups(self) -> JobBackups:
        return JobBackups(self.source, own=self.job)

    @cached_property
    def copies(self) -> NativeCopies:
        return NativeCopies(self.source, {one.name: one.live for one in self.parts()}, self.database)

    def parts(self) -> tuple[Part, ...]:
        return tuple(
            Part(
                one.name,
                _KINDS[type(one)],
                str(self.layout.data(one.name)),
                one.version if isinstance(one, Postgres) else None,
            )
            for one in self.system.resources
            if type(one) in _KINDS
        )

    def is_filled(self, part: Part) -> bool:
        return is_filled(Path(part.live))

    def answers(self, part: str) -> bool:
        try:
            with self.database(part).server.connect():
                return True
        except StackyardError:
            return False

    def code(self, part: str) -> Code:
        from stackyard.operate.restoring.migrations import code_of

        return code_of(self.system, part)

    def space(self) -> Space:
        folder = self.layout.folder / "data"
        folder.mkdir(parents=True, exist_ok=True)
        return Space(shutil.disk_usage(folder).free, str(folder))

    def beside(self, part: Part, kind: str, id: str) -> str:
        return f"{part.live}.{kind}-{id}"

    def start(self) -> None:
        from stackyard.operate.apply import Progress
        from stackyard.operate.session import Session
        from stackyard.operate.up import up

        def silent(_: Progress) -> None:
            """The steps of `up` are part of ours."""

        # A fresh look at the machine, under the lock that is held already.
        session = Session(self.system, "restore")
        self._know_init(session)
        for part in self.job.postgres:
            if is_filled(Path(part.data)) and not session.target.runs(part.name):
                part_ways(self.job, part)
        up(session, detached=True, tell=silent)

    def _know_init(self, session: Session) -> None:
        """Restored data has been through the scripts of its first creation, wherever it comes from."""
        target = session.target
        for element in target.blueprint.elements:
            filled = is_filled(self.layout.data(element.part))
            if element.kind is Kind.INIT and filled and target.record.facets(element.id) is None:
                target.record.note(element.id, element.facets)

    def database(self, part: str) -> Database:
        """The database of that resource. Raises StateError when it never ran here."""
        resource = self.system.resource(part)
        assert isinstance(resource, Postgres)
        port = ports.load(self.layout.ports_file).get(part)
        if port is None:
            raise StateError(f"{part} never ran here")
        return Database(self.system, resource, self.layout.secrets, self.layout.sockets, port)

    def living_tables(self, part: str) -> tuple[str, ...]:
        database = self.database(part)
        with database.server.connect(database.catalog.database) as connection:
            return tuple(str(row[0]) for row in connection.execute(TABLES))

    def look(self, part: Part, place: Path) -> str:
        if part.kind != "db":
            return f"ls {shlex.quote(str(place))}"
        found = postgres_part(self.job, part.name)
        rules = place.with_name(f"{place.name}.hba.conf")
        rules.write_text("local all all trust\n")
        account = found.account
        give(rules, account)
        settings = {
            "hba_file": rules,
            "listen_addresses": "",
            "unix_socket_directories": place.parent,
            "archive_mode": "off",
        }
        words = [str(Path(found.server) / "postgres"), "-D", str(place)]
        words += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        own = [f"{name}={value}" for name, value in found.environment.items()]
        drop = ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"] if account else []
        return shlex.join([*drop, *(("env", *own) if own else ()), *words])

    def folder(self, into: str) -> Path:
        path = Path(into).expanduser().absolute()
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise UsageError(f"{path} is not empty", hint="Name a folder that is not there yet.")
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
        # Servers that look into the copy run as that user, and nobody else has any business in it.
        give(path, next((one.account for one in self.job.postgres if one.account), None))
        return path
