"""The verbs on a system, as every target has them: what a command asks for, whatever runs the system.

Those that only concern what runs take no system: they read no stack file, and work while it is being edited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from stackyard.targets.names import COMPOSE

if TYPE_CHECKING:
    import re
    from datetime import datetime
    from types import TracebackType

    from stackyard.model.system import System
    from stackyard.observe.database import DatabaseStats
    from stackyard.observe.logs import LogLine
    from stackyard.observe.status import PartStatus, SystemStatus
    from stackyard.observe.view import View
    from stackyard.operate.apply import Tell
    from stackyard.plan.step import Plan
    from stackyard.targets.native.doctor import Check

Show = Callable[["LogLine"], None]


@dataclass(frozen=True)
class Outcome:
    """What `up` ends with: where the system answers, and how long it took in seconds.

    `follow` is there when this very process has to stay: it shows the logs of everything until Ctrl-C, and then stops
    everything.
    """

    addresses: tuple[tuple[str, str], ...]
    welcome: str
    seconds: float
    follow: Callable[[Show], None] | None = None


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

    def shell(self, *, writing: bool, arguments: tuple[str, ...]) -> int:
        """psql in our terminal as the owner of the database, read-only unless `writing`; its exit code."""
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

    def status(self) -> SystemStatus: ...
    def down(self) -> tuple[str, ...]:
        """Stop everything; the parts that were stopped. Data stays."""
        ...

    def restart(self, names: tuple[str, ...]) -> tuple[PartStatus, ...]:
        """Restart the named parts or replicas, all without a name, and wait until they are ready."""
        ...

    def logs(self) -> Logs: ...
    def removals(self, *, data: bool) -> tuple[Removal, ...]:
        """What `clean` would remove; with `data`, everything of this environment."""
        ...

    def clean(self, wanted: tuple[Removal, ...]) -> int:
        """Remove these; the bytes that were freed. Raises StateError while the system runs."""
        ...

    def begin(self, system: System, command: str, *, new_ports: bool = False, patience: float = 0.0) -> Work:
        """The work of a command that plans, and may execute its plan."""
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
