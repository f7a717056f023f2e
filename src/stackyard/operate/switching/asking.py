"""Questions to a server of a switchover, and the one order: to lead."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from stackyard.errors import PartError
from stackyard.targets.local import replication

if TYPE_CHECKING:
    from stackyard.operate.switching.effects import Servers
    from stackyard.targets.local.replication import Connection

PATIENCE = 30.0
"""Seconds for a replica to have replayed what its primary ended with, and for a promotion."""


@contextlib.contextmanager
def asking(servers: Servers, part: str) -> Iterator[Connection]:
    """A connection to a server; what that refuses is raised as PartError."""
    with servers.server(part) as server, replication.asking(server) as connection:
        yield connection


def promote(servers: Servers, part: str) -> None:
    """Have a replica lead. Raises PartError.

    The call itself may be cancelled by what the replica replays: what counts is whether it is in recovery.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with asking(servers, part) as connection:
                if not replication.position(connection).in_recovery:
                    return
                connection.execute("SELECT pg_promote(true, 10)")
        except PartError:
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            raise PartError(part, f"{part} could not be promoted")
        time.sleep(0.01)
