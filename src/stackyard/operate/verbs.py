"""The verbs on a system, as every target has them: what a command asks for, whatever runs the system.

Those that only concern what runs take no system: they read no stack file, and work while it is being edited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from stackyard.targets.names import COMPOSE

if TYPE_CHECKING:
    import re
    from datetime import datetime
    from types import TracebackType

    from stackyard.backup.drill_report import DrillReport
    from stackyard.backup.events import Tell as Tidings
    from stackyard.backup.marks import Mark
    from stackyard.backup.sets import BackupSet
    from stackyard.backup.upkeep import Report
    from stackyard.model.system import System
    from stackyard.observe.database import DatabaseStats
    from stackyard.observe.logs import LogLine
    from stackyard.observe.status import PartStatus, SystemStatus
    from stackyard.observe.view import View
    from stackyard.operate.apply import Tell
    from stackyard.operate.restoring.effects import Effects
    from stackyard.operate.restoring.swap import Swap
    from stackyard.operate.restoring.undo import Kept
    from stackyard.operate.switching.outcome import Switched, Wanted
    from stackyard.operate.switching.outcome import Tell as TellSentence
    from stackyard.operate.upgrading.planning import UpgradePlan
    from stackyard.operate.upgrading.upgrade import Upgraded
    from stackyard.plan.step import Plan
    from stackyard.targets.native.doctor import Check

Show = Callable[["LogLine"], None]


@dataclass(frozen=True)
class Outcome:
    """What `up` ends with: where the system answers, and how long it took in seconds.

    `follow` is there when this very process has to stay: it shows the logs of everything until Ctrl-C, and then stops
    everything. `notes` are sentences on what was done beyond the plan.
    """

    addresses: tuple[tuple[str, str], ...]
    welcome: str
    seconds: float
    follow: Callable[[Show], None] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Removal:
    """Something that would be removed: `name` is a path, or what the engine calls it ("volume shop-testing_db").

    `size` in bytes, None where nobody says; `is_lasting` when it cannot be made again.
    """

    name: str
    size: int | None
    is_lasting: bool


class Work(Protocol):
    """One command's work on one system; opened with `with` it holds the lock of operations until the end.

    Used without `with` it only looks.
    """

    @property
    def system(self) -> System: ...
    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know before anything happens."""
        ...

    def plan(self) -> Plan:
        """Observed and decided once."""
        ...

    def up(self, *, detached: bool, tell: Tell) -> Outcome:
        """Execute the plan, and observe that the system is as it should be.

        When a step fails, what this very call started is stopped again, and the error raised. Ctrl-C does the same and
        raises KeyboardInterrupt.
        """
        ...

    def __enter__(self) -> Work: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Logs(Protocol):
    """The logs of the parts."""

    def parts(self) -> frozenset[str]:
        """The parts of which there are logs."""
        ...

    def read(
        self, parts: Sequence[str], *, n: int | None, since: datetime | None, grep: re.Pattern[str] | None
    ) -> list[LogLine]:
        """The last `n` lines of these parts (all without one), oldest first."""
        ...

    def follow(self, parts: Sequence[str], *, grep: re.Pattern[str] | None) -> Iterator[LogLine]:
        """Every new line as it comes, until nothing runs any more."""
        ...


class Inside(Protocol):
    """A database of the system, looked into."""

    def stats(self) -> DatabaseStats:
        """Its statistics, read as the monitor role. Raises PartError when it does not answer."""
        ...

    def keep_up(self, tell: Tidings, *, dry: bool) -> Report:
        """VACUUM, ANALYZE and REINDEX of what needs it, as the owner of the database; with `dry` only a look.

        What went wrong stands in the report.
        """
        ...

    def kept_up(self) -> Report | None:
        """The last upkeep, None when nobody knows of one."""
        ...

    def shell(self, *, writing: bool, arguments: tuple[str, ...]) -> int:
        """psql in our terminal as the owner of the database, read-only unless `writing`; its exit code."""
        ...


class Upgrade(Protocol):
    """A database that moves to another major version. `ended` tells what an interrupted one has become."""

    @property
    def ended(self) -> str: ...
    def plan(self, to: int | None) -> UpgradePlan:
        """What would be done; `to` names the version where the file leaves it open. Raises StackyardError."""
        ...

    def carry_out(self, decided: UpgradePlan, tell: Tidings) -> Upgraded:
        """Do it. Raises StackyardError, or KeyboardInterrupt, with the old data in place and in use."""
        ...

    def undoable(self) -> Swap:
        """The last upgrade. Raises UsageError when there is none."""
        ...

    def undo(self, last: Swap, tell: Tidings) -> Upgraded:
        """Put the data from before it in place."""
        ...

    def kept(self) -> tuple[Kept, ...]:
        """Old data that is kept."""
        ...

    def finish(self, wanted: tuple[Kept, ...]) -> int:
        """Remove it for good; the bytes that are free again."""
        ...


class Backups(Protocol):
    """The backups of a system, wherever they are made. `name` of a set is its id, or "latest" for the newest good one.

    Those that work tell what happens as it happens. All raise BackupError, and StateError where none are made.
    """

    def create(self, tell: Tidings) -> BackupSet:
        """Make a set by hand, read it back, copy it off site."""
        ...

    def sets(self) -> tuple[BackupSet, ...]:
        """All sets, the newest first."""
        ...

    def find(self, name: str) -> BackupSet: ...
    def verify(self, name: str, tell: Tidings, *, deep: bool) -> BackupSet:
        """Read a set back from where it is stored; `deep` reads all else in the repository, too."""
        ...

    def prune(self, tell: Tidings, *, dry: bool) -> tuple[str, ...]:
        """Remove the sets that the policy no longer keeps; their ids. With `dry` only those that would go."""
        ...

    def drill(self, name: str, tell: Tidings) -> DrillReport:
        """Restore a set beside the running system, compare, measure."""
        ...

    def mark(self, name: str) -> Mark:
        """Give this moment a name, to come back to."""
        ...


class Verbs(Protocol):
    """What can be done with the system of one folder in one environment, on one target."""

    @property
    def name(self) -> str:
        """The name of the target."""
        ...

    def is_running(self) -> bool:
        """Whether anything of the system runs here. Raises MachineError when nobody can say."""
        ...

    def end_interrupted(self, command: str) -> str:
        """End a restore that was killed: completed or taken back, in a sentence; "" when there is none.

        Raises StateError when the data is not as a restore leaves it.
        """
        ...

    def restoring(self, system: System, *, locked: bool) -> AbstractContextManager[Effects]:
        """What a restore can do here; `locked` for one that changes something. Raises StateError, UsageError."""
        ...

    def upgrading(self, system: System, name: str | None) -> AbstractContextManager[Upgrade]:
        """The upgrade of the database of that name, the only one without a name; nobody else works meanwhile.

        Raises UsageError, StateError.
        """
        ...

    def status(self) -> SystemStatus: ...
    def down(self) -> tuple[str, ...]:
        """Stop everything; the parts that were stopped. Data stays."""
        ...

    def restart(self, names: tuple[str, ...]) -> tuple[PartStatus, ...]:
        """Restart the named parts or replicas, all without a name, and wait until they are ready."""
        ...

    def switch_over(self, system: System, wanted: Wanted, tell: TellSentence) -> Switched:
        """Have a replica lead in the place of its primary. Raises UsageError, StateError, PartError."""
        ...

    def logs(self) -> Logs: ...
    def removals(self, *, data: bool, backups: bool = False) -> tuple[Removal, ...]:
        """What `clean` would remove; with `data`, everything of this environment but its backups.

        These go, and what opens them, with `backups`.
        """
        ...

    def has_backups(self) -> bool:
        """Whether there are backups that go only when they are named."""
        ...

    def clean(self, wanted: tuple[Removal, ...]) -> int:
        """Remove these; the bytes that were freed. Raises StateError while the system runs."""
        ...

    def begin(self, system: System, command: str, *, new_ports: bool = False, patience: float = 0.0) -> Work:
        """The work of a command that plans, and may execute its plan."""
        ...

    def backups(self, system: System) -> Backups:
        """The backups of the system. Raises StateError when it was never brought up with any."""
        ...

    def run(self, system: System, service: str, argv: tuple[str, ...], *, owner: bool) -> int:
        """Run a command as the service would, with our terminal; its exit code."""
        ...

    def database(self, system: System, name: str | None) -> Inside:
        """The database of that name, the only one without a name. Raises UsageError, StateError."""
        ...

    def view(self, system: System) -> View:
        """The running system as checks look at it. Raises StateError when nothing runs."""
        ...

    def examine(self, system: System | None) -> Sequence[Check]:
        """What this machine lacks for the system, or for any."""
        ...


def verbs_of(target: str, root: Path, environment: str) -> Verbs:
    """The verbs of the target `target` on the system in the folder `root`."""
    if target == COMPOSE:
        from stackyard.operate.compose.verbs import ComposeVerbs

        return ComposeVerbs(root, environment)
    from stackyard.operate.native import NativeVerbs

    return NativeVerbs(root, environment)
