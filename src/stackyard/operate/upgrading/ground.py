"""What an upgrade asks of a target, beside the two servers. The order and the decisions are the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from stackyard.operate.upgrading.transfer import Clients, Server

if TYPE_CHECKING:
    from stackyard.backup.events import Tell
    from stackyard.operate.restoring.journal import Journal


class Ground(Protocol):
    """The places of data, and the system on them. The caller holds the lock of operations.

    A place is a text that the target can move, as in a restore.
    """

    @property
    def journal(self) -> Journal: ...
    def exists(self, place: str) -> bool: ...
    def size(self, place: str) -> int:
        """Bytes."""
        ...

    def live(self, part: str) -> str:
        """Where the data of the part lives."""
        ...

    def seat(self, part: str, version: int) -> str:
        """Where data of that major version lives."""
        ...

    def beside(self, part: str, kind: str, id: str) -> str:
        """The place beside the live one: `kind` is restored, before or undone."""
        ...

    def scratch(self, place: str) -> AbstractContextManager[Path]:
        """An empty folder of ours at that place, gone when the block ends."""
        ...

    def leftovers(self) -> tuple[str, ...]:
        """Places that an upgrade or a restore has begun to fill, and that nobody will use any more."""
        ...

    def move(self, source: str, goal: str) -> None: ...
    def remove(self, place: str) -> None: ...
    def renew(self, parts: Sequence[str]) -> None:
        """The data of these parts is another one from here on."""
        ...

    def is_running(self) -> bool:
        """Whether anything of the system runs."""
        ...

    def stop(self, parts: Sequence[str]) -> None:
        """Stop these parts; () is everything, what writes first."""
        ...

    def start(self) -> None:
        """Bring the system up on the data that is in place, whatever version the file names. Raises StackyardError."""
        ...

    def make_safe(self, tell: Tell) -> tuple[str, tuple[str, ...]]:
        """Make a safety set where there are backups; its id or "", and sentences for whoever asked."""
        ...

    def make_new(self, tell: Tell) -> tuple[str, tuple[str, ...]]:
        """The same of what runs from here on: no earlier set leads to what is written now."""
        ...


class Servers(Protocol):
    """The two servers of an upgrade, each for ourselves alone, and the clients that speak with both."""

    @property
    def clients(self) -> Clients: ...
    def prepare(self) -> None:
        """Have every program on this machine that the upgrade takes. Raises MachineError."""
        ...

    def create(self, place: str) -> None:
        """Make an empty cluster of the new version in the place, like the old one. Raises PartError."""
        ...

    def old(self) -> AbstractContextManager[Server]:
        """The old server on the live data. Nothing else may run on it."""
        ...

    def new(self, place: str) -> AbstractContextManager[Server]:
        """The new server on the cluster in the place."""
        ...
