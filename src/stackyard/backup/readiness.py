"""The system's own services, started for a moment over what a drill has brought back: are they ready on it?

Each service that answers requests is started once, over servers of ours on the copies. Workers, schedules and the edge
are not: they would do the system's work a second time. What leads out of the system is left as it is configured.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree

from stackyard.backup import copy_servers
from stackyard.backup.copy_servers import Schema
from stackyard.backup.drilling import Copies, Drilling, Seen
from stackyard.backup.launches import Pieces, ServiceCopy
from stackyard.backup.leash import Leash, leash
from stackyard.backup.private import Private
from stackyard.backup.problem import BackupError
from stackyard.backup.sets import Finding
from stackyard.backup.starting import Started, free_ports, is_open, own_folder, slots_in, start, status

NAME = "readiness of the services"
_NO_SERVICE = "no services were started against the copies"
MIGRATION = 3600.0
"""Seconds that a migration may take."""


def services_ready(drilling: Drilling, copies: Copies, scratch: Path) -> None:
    """Take the steps: servers on the copies, migrations, services. They write into the copies; nothing comes after."""
    job = drilling.job
    if not job.services:
        drilling.skip(NAME, job.without_services or _NO_SERVICE)
        return
    try:
        with leash() as held, _place() as sockets, ExitStack() as stack:
            ports = free_ports(
                [part.name for parts in (job.postgres, job.redis, job.files) for part in parts]
                + [service.name for service in job.services]
            )
            trial = _Trial(drilling, copies, scratch, sockets, held, stack, ports)
            trial.parts()
            trial.migrations()
            trial.services()
            drilling.prove("services and servers of the copies end", lambda: _ended(stack), piece="readiness")
    except BackupError as error:
        found = (Finding("readiness", error.what),)
        drilling.prove(NAME, lambda: ("", found), piece="readiness")


def _ended(stack: ExitStack) -> Seen:
    stack.close()
    return "", ()


@contextmanager
def _place() -> Iterator[Path]:
    """A folder for sockets, with a path that is short enough."""
    place = Path(tempfile.mkdtemp(prefix="stackyard-"))
    try:
        place.chmod(0o711)
        yield place
    finally:
        rmtree(place, ignore_errors=True)


@dataclass
class _Trial:
    """The services over the copies, while it goes on.

    `ready` are the parts and services that are there so far, `broken` the services that are not to be started any
    more, `databases` the servers that migrations may change.
    """

    drilling: Drilling
    copies: Copies
    scratch: Path
    sockets: Path
    leash: Leash
    stack: ExitStack
    ports: Mapping[str, int]
    ready: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    databases: list[Private] = field(default_factory=list)

    def parts(self) -> None:
        """Servers for whatever a service wants and the set has."""
        job, copies = self.drilling.job, self.copies
        wanted = frozenset[str]().union(*(_slots(one) for one in job.services))
        for database in job.postgres:
            if database.name in wanted & copies.databases.keys() and database.roles:
                self._serve(database.name, copy_servers.database, database, copies.databases[database.name])
        for cache in job.redis:
            if cache.name in wanted & copies.caches.keys() and cache.config:
                self._serve(cache.name, copy_servers.cache, cache, copies.caches[cache.name], self.sockets)
        for store in job.files:
            if store.name in wanted & copies.files.keys() and store.server:
                self._serve(store.name, copy_servers.store, store, copies.files[store.name], self.scratch)

    def _serve(self, name: str, server: Callable[..., AbstractContextManager[object]], *what: object) -> None:
        def enter() -> Seen:
            entered = self.stack.enter_context(server(*what, self.ports[name], self.leash))
            if isinstance(entered, Private):
                self.databases.append(entered)
            return "on the copy, with the passwords of today", ()

        if self.drilling.take(f"server for {name}", enter, piece=f"readiness {name}", counts=True):
            self.ready.add(name)

    def migrations(self) -> None:
        """What the code of today does to the schema of then, before it serves."""
        for service in self.drilling.job.services:
            if service.migrate and self._has_all(service, slots_in(service.migrate_env)):
                self._migrate(service)

    def _migrate(self, service: ServiceCopy) -> None:
        def run() -> Seen:
            before = self._schema()
            self._start(service, service.migrate, service.migrate_env, "migration of ").finish(MIGRATION)
            return difference(before, self._schema()), ()

        name = f"migration of {service.name}"
        if not self.drilling.take(name, run, piece=f"readiness {service.name}", counts=True):
            self.broken.add(service.name)

    def services(self) -> None:
        """Each once, when those that it needs are ready."""
        left = [service for service in self.drilling.job.services if service.argv]
        while left:
            service = next((one for one in left if self.ready.issuperset(one.needs)), left[0])
            left.remove(service)
            if service.name not in self.broken and self._has_all(service, _slots(service) - {service.name}):
                self._try(service)

    def _try(self, service: ServiceCopy) -> None:
        port = self.ports[service.name]

        answered = 0

        def is_ready() -> bool:
            nonlocal answered
            if not service.health:
                return is_open(port)
            answered = status(port, service.health)
            return 200 <= answered < 400

        def answer() -> str:
            return f"GET {service.health} answers {answered}" if answered else "nobody answers"

        def run() -> Seen:
            self._start(service, service.argv, service.env).wait(is_ready, service.start_timeout, answer)
            return answer() if service.health else "it takes connections", ()

        name = f"readiness of {service.name}"
        if self.drilling.take(name, run, piece=f"readiness {service.name}", counts=True):
            self.ready.add(service.name)

    def _start(self, service: ServiceCopy, argv: tuple[str, ...], env: Mapping[str, Pieces], what: str = "") -> Started:
        home = own_folder(self.scratch / f".{what.replace(' ', '-')}{service.name}", service.account)
        started = start(
            f"{what}{service.name}", argv, env, {name: str(port) for name, port in self.ports.items()},
            cwd=service.cwd, home=home, account=service.account, leash=self.leash,
        )  # fmt: skip
        self.stack.callback(self.leash.end, started.process)
        return started

    def _has_all(self, service: ServiceCopy, wanted: frozenset[str]) -> bool:
        """Whether all that it is to reach is there; what is not was told of, or is told now."""
        others = {one.name for one in self.drilling.job.services}
        missing = sorted(wanted - self.ready - others)
        if missing:
            self.drilling.skip(f"readiness of {service.name}", f"there is no copy of {', '.join(missing)} to run on")
            self.broken.add(service.name)
        return not missing

    def _schema(self) -> tuple[Schema, ...]:
        return tuple(copy_servers.schema(server) for server in self.databases)


def _slots(service: ServiceCopy) -> frozenset[str]:
    return slots_in(service.env) | slots_in(service.migrate_env)


def difference(before: tuple[Schema, ...], after: tuple[Schema, ...]) -> str:
    """What migrations have done to the databases, in words."""
    if before == after:
        heads = ", ".join(one.head for one in after if one.head)
        return f"the schema is that of the code{f', at {heads}' if heads else ''}"
    pairs = zip(before, after, strict=True)
    moves = [f"from {old.head or 'nothing'} to {new.head}" for old, new in pairs if new.head not in ("", old.head)]
    return f"the code is newer than the set: its migration changed the schema{''.join(f' {move}' for move in moves)}"
