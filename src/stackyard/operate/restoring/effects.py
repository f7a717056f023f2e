"""What a restore asks of a target. The order, the journal and the decisions are the same everywhere; only this differs.

A place is a text that the target can move: a folder natively, elsewhere whatever holds the data of one part. Moves of a
part stay within one file system, so that each is a single step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stackyard.backup.events import Tell
    from stackyard.backup.marks import Mark
    from stackyard.backup.recover import Recovered
    from stackyard.backup.sets import BackupSet, Finding
    from stackyard.backup.targets import Target
    from stackyard.model.values import Version
    from stackyard.operate.restoring.journal import Journal
    from stackyard.operate.restoring.plan import Code


@dataclass(frozen=True)
class Part:
    """A resource with data. `kind` is db, files or cache; `live` the place that it lives in.

    `version` is what a database is run with, None where nobody says.
    """

    name: str
    kind: str
    live: str
    version: Version | None = None


@dataclass(frozen=True)
class Space:
    """Bytes that are free where the parts live, and that place in words."""

    free: int
    place: str


class Backups(Protocol):
    """The backups of the system, looked at and made; nothing of what runs is changed."""

    def sets(self) -> tuple[BackupSet, ...]:
        """Every set, the newest first."""
        ...

    def left(self) -> Mapping[str, float]:
        """The sets of moments that a database has left behind, and since when, in seconds since the epoch."""
        ...

    def marks(self) -> tuple[Mark, ...]:
        """The moments that got a name."""
        ...

    def newest(self, part: str) -> str:
        """When the newest change that the database holds was made (UTC, ISO 8601), "" when nobody can say."""
        ...

    def drilled(self) -> float:
        """How many seconds the last drill took to restore, 0.0 when there was none."""
        ...

    def has_wal(self, part: str) -> bool:
        """Whether changes of that database are kept as they happen, so that any moment can be had."""
        ...

    def make(self, kind: str, tell: Tell) -> BackupSet:
        """Make a set: "safety" or "manual". Raises BackupError."""
        ...

    def held(self, tell: Tell) -> AbstractContextManager[None]:
        """Nobody makes, prunes or drills meanwhile but we; who does is waited for. Raises BackupError naming them."""
        ...

    def push(self) -> None:
        """Put what was received of changes into the repository. Raises BackupError."""
        ...


class Copies(Protocol):
    """What is restored beside the running system. Nothing of it touches what runs. Each raises BackupError."""

    def database(self, backup: BackupSet, part: str, target: Target, place: str, tell: Tell) -> Recovered:
        """Restore a database to that moment; it is left stopped, whole, and closed to everybody."""
        ...

    def files(self, backup: BackupSet, part: str, place: str, tell: Tell) -> None:
        """Restore a store of files."""
        ...

    def cache(self, backup: BackupSet, part: str, place: str, tell: Tell) -> int:
        """Restore a cache; how many keys it holds."""
        ...

    def examine(self, backup: BackupSet, part: str, place: str, *, is_moment: bool) -> tuple[Finding, ...]:
        """What is wrong with a restored database; with `is_moment`, its tables must be those of the manifest."""
        ...

    def tables(self, part: str, place: str) -> tuple[str, ...]:
        """The tables of a restored database, "schema.table"."""
        ...

    def side_database(self, part: str, place: str, name: str, tell: Tell) -> None:
        """Bring a restored database into the running server under another name.

        Raises StateError when there is one of that name already, PartError when the server does not answer.
        """
        ...


class Effects(Protocol):
    """What a restore does to the system itself."""

    @property
    def ended(self) -> str:
        """What became of an earlier restore that was interrupted, in a sentence; "" when there was none."""
        ...

    @property
    def journal(self) -> Journal: ...
    @property
    def backups(self) -> Backups: ...
    @property
    def copies(self) -> Copies: ...

    def parts(self) -> tuple[Part, ...]:
        """The resources that keep data."""
        ...

    def is_running(self) -> bool:
        """Whether anything of the system runs."""
        ...

    def is_filled(self, part: Part) -> bool:
        """Whether there is any data of it."""
        ...

    def answers(self, part: str) -> bool:
        """Whether a database can be asked now."""
        ...

    def code(self, part: str) -> Code:
        """The migrations that the code knows for a database."""
        ...

    def space(self) -> Space: ...

    def beside(self, part: Part, kind: str, id: str) -> str:
        """The place beside the live one of a part: `kind` is restored, before or undone."""
        ...

    def leftovers(self) -> tuple[str, ...]:
        """Places of restores (restored) that nobody will use any more, whoever left them."""
        ...

    def exists(self, place: str) -> bool: ...
    def size(self, place: str) -> int:
        """Bytes."""
        ...

    def move(self, source: str, goal: str) -> None:
        """Give a place another name; it is on the disk when this returns."""
        ...

    def remove(self, place: str) -> None:
        """Remove a place of a restore, and nothing else."""
        ...

    def stop(self, parts: Sequence[str]) -> None:
        """Stop what uses these parts, and then they themselves; () is everything. What does not run is left alone.

        Services first, the keeper of backups next, databases last, as `down` has it.
        """
        ...

    def renew(self, parts: Sequence[str]) -> None:
        """The data of these parts is another one from here on: what was recorded of it no longer holds."""
        ...

    def start(self) -> None:
        """Bring the system up, as `up` does: passwords, settings, migrations. Raises StackyardError."""
        ...

    def living_tables(self, part: str) -> tuple[str, ...]:
        """The tables of the running database. Raises PartError."""
        ...

    def look(self, part: Part, place: Path) -> str:
        """The command with which a person looks into a copy in a folder."""
        ...

    def folder(self, into: str) -> Path:
        """A new folder of the person who asked, for a copy to look into. Raises UsageError when it is not empty."""
        ...
