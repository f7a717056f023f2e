"""The backups and the restored copies of a system on Compose, each looked at and made in a container of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard.backup import sets as manifests
from stackyard.backup.events import silent
from stackyard.backup.marks import Mark
from stackyard.backup.recover import Recovered
from stackyard.backup.sets import BackupSet, Finding
from stackyard.backup.steps import Steps
from stackyard.operate.compose.restoring_places import ComposePlaces
from stackyard.operate.compose.worker import Conversation, Request, Worker
from stackyard.operate.restoring.inside import written
from stackyard.operate.restoring.side_database import made_for
from stackyard.targets.compose import commands
from stackyard.targets.compose.backup_job import DATA
from stackyard.targets.compose.database import USER
from stackyard.targets.compose.dockerfiles.backups import JOB

_POUR = "stackyard.operate.restoring.pour"

if TYPE_CHECKING:
    from stackyard.backup.events import Tell
    from stackyard.backup.targets import Target
    from stackyard.targets.local.databases import Database


class ComposeBackups:
    """See `Backups`. `with_wal` are the databases whose changes are kept as they happen.

    `source` reads the backups of another machine, where those are what is to be restored.
    """

    def __init__(self, worker: Worker, with_wal: frozenset[str], source: Worker | None = None) -> None:
        self._worker, self._with_wal = worker, with_wal
        self._source = source or worker
        self._held: Conversation | None = None

    def sets(self) -> tuple[BackupSet, ...]:
        return tuple(manifests.from_text(one) for one in self._source.look({"do": "sets"}))

    def left(self) -> Mapping[str, float]:
        return dict(self._source.look({"do": "left"}))

    def marks(self) -> tuple[Mark, ...]:
        return tuple(Mark(**one) for one in self._source.look({"do": "marks"}))

    def newest(self, part: str) -> str:
        return str(self._source.look({"do": "newest", "part": part}))

    def drilled(self) -> float:
        return float(self._source.look({"do": "drilled"}))

    def has_wal(self, part: str) -> bool:
        return part in self._with_wal

    def make(self, kind: str, tell: Tell) -> BackupSet:
        return manifests.from_text(self._ask({"do": "make", "kind": kind}, tell))

    @contextmanager
    def held(self, tell: Tell) -> Iterator[None]:
        with self._worker.held(tell) as talk:
            self._held = talk
            try:
                yield
            finally:
                self._held = None

    def push(self) -> None:
        # What is brought back of another machine is not of the database here.
        if self._source is self._worker:
            self._ask({"do": "push"})

    def _ask(self, request: Request, tell: Tell = silent) -> Any:
        """Whoever holds the lock must do it."""
        return self._held.ask(request, tell) if self._held is not None else self._worker.look(request, tell)


@dataclass(frozen=True)
class ComposeCopies:
    """See `Copies`. A place is one in a volume, or a folder of this machine. `roots` are the live places of parts.

    `database_of` leads to a running database, and names its container. `worker` brings the copies.
    """

    places: ComposePlaces
    roots: Mapping[str, str]
    database_of: Callable[[str], AbstractContextManager[tuple[Database, str]]]
    worker: Worker

    def database(self, backup: BackupSet, part: str, target: Target, place: str, tell: Tell) -> Recovered:
        request = {"do": "database", "target": written(target), "backup": manifests.to_text(backup)}
        made = self._bring(request, part, place, tell)
        return Recovered(**{**made, "folder": Path(made["folder"])})

    def files(self, backup: BackupSet, part: str, place: str, tell: Tell) -> None:
        self._bring({"do": "files", "backup": manifests.to_text(backup)}, part, place, tell)

    def cache(self, backup: BackupSet, part: str, place: str, tell: Tell) -> int:
        return int(self._bring({"do": "cache", "backup": manifests.to_text(backup)}, part, place, tell))

    def examine(self, backup: BackupSet, part: str, place: str, *, is_moment: bool) -> tuple[Finding, ...]:
        request = {"do": "examine", "backup": manifests.to_text(backup), "is_moment": is_moment}
        return tuple(Finding(**one) for one in self._ask(request, part, place))

    def tables(self, part: str, place: str) -> tuple[str, ...]:
        return tuple(self._ask({"do": "tables"}, part, place))

    def side_database(self, part: str, place: str, name: str, tell: Tell) -> None:
        with self.database_of(part) as (database, container):
            load = ("pg_restore", "--exit-on-error", f"--dbname={name}")
            with made_for(database, part, name), Steps(tell).step(f"load {name}"):
                reader = commands.execute(container, load, user=USER)
                self.places.worker.pour((_POUR, JOB, part, place), reader)

    def _bring(self, request: Request, part: str, place: str, tell: Tell) -> Any:
        is_aside = place.startswith(DATA)
        if is_aside:
            self.places.prepare(part)
        made = self._ask(request, part, place, tell)
        if is_aside:
            # A store is read by whoever backs it up, who is somebody else.
            self.places.hand_over(part, place, is_open=request["do"] == "files")
        return made

    def _ask(self, request: Request, part: str, place: str, tell: Tell = silent) -> Any:
        self.places.forget_one(place)
        folders = () if place.startswith(DATA) else (Path(place).parent,)
        whole = {**request, "part": part, "place": place, "roots": dict(self.roots)}
        return self.worker.ask(whole, tell, folders=folders)
