"""What a switchover needs of the target that it happens on. The order of things is the same on all of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from stackyard.targets.local.control import Control
from stackyard.targets.local.postgres_catalog import Server


class Places(Protocol):
    """The data of a primary and its replica, by the names of the parts.

    Every step is on the disk when it returns, and may be done again. The servers of that data are stopped.
    """

    @property
    def folder(self) -> Path:
        """The folder of the environment."""
        ...

    @property
    def target(self) -> str:
        """The name of the target."""
        ...

    def stop(self, parts: Sequence[str]) -> None:
        """Stop the servers of these parts that run, one after the other."""
        ...

    def is_held(self, part: str) -> bool:
        """Whether there is any data of it."""
        ...

    def is_fenced(self, part: str) -> bool:
        """Whether a server on this data only follows: a replica that was promoted no longer does."""
        ...

    def unfence(self, part: str) -> None:
        """Have it lead again, where it was only to follow."""
        ...

    def change_places(self, primary: str, replica: str) -> None:
        """Put the promoted data under the name of the primary, and the fenced data under that of the replica."""
        ...

    def put_aside(self, part: str, aside: str) -> None:
        """Move data away that must not come back under its name; nothing when that was done, or there is none."""
        ...

    def put_back(self, aside: str, part: str) -> None:
        """Take that back."""
        ...

    def succeed(self, primary: str, replica: str, aside: str) -> None:
        """Put the promoted data under the name of the primary, and what was there aside."""
        ...


class Servers(Places, Protocol):
    """The servers as well."""

    def runs(self, part: str) -> bool: ...
    def server(self, part: str) -> AbstractContextManager[Server]:
        """Where the superuser reaches a running server, meanwhile. Raises PartError."""
        ...

    def fence(self, part: str) -> None:
        """Have a server that starts on this data follow, and never lead."""
        ...

    def control(self, part: str) -> Control:
        """What the data of a stopped server says. Raises StateError when it cannot be read."""
        ...

    def start(self, part: str) -> None:
        """Start a server on the data that has its name now, and wait until it is ready. Raises PartError."""
        ...

    def aside(self, part: str) -> str:
        """A name under which the data of the part can be kept."""
        ...

    def kept(self, aside: str) -> str:
        """Where that data is now, in words, "" when there is none."""
        ...

    def confirm(self) -> None:
        """Wait until everything that lost its connection is ready again. Raises StackyardError."""
        ...
