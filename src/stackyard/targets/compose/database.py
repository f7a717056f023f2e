"""A database in a container, reached through a relay: no port need be published, and the engine may be anywhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from stackyard.errors import PartError
from stackyard.model.system import Postgres, System
from stackyard.targets.compose import commands
from stackyard.targets.compose.parts.postgres import PORT, SOCKETS
from stackyard.targets.compose.relay import Relay
from stackyard.targets.local.databases import Database

USER = "postgres"
"""Whom the server takes for its superuser when they come over its own socket: nobody outside of the container."""

_SOCKET = f".s.PGSQL.{PORT}"


@contextlib.contextmanager
def reached(system: System, resource: Postgres, store: Path, container: str) -> Iterator[Database]:
    """The database of the system in a running container. `store` is the folder of secrets.

    What cannot be reached says why, as the container does. Raises PartError.
    """
    with Relay(container, f"{SOCKETS}/{_SOCKET}", name=_SOCKET, user=USER) as relay:
        try:
            yield Database(system, resource, store, relay.folder, PORT)
        except PartError as error:
            error.details = (*error.details, *relay.complaints())
            raise


@contextlib.contextmanager
def socket_of(container: str) -> Iterator[tuple[Path, int]]:
    """The socket of the database in a running container: its folder and its port, meanwhile."""
    with Relay(container, f"{SOCKETS}/{_SOCKET}", name=_SOCKET, user=USER) as relay:
        yield relay.folder, PORT


def write_psql(folder: Path, container: str) -> Path:
    """A program that runs the container's own psql; the last of its arguments is a file of this machine."""
    path = folder / "psql"
    argv = commands.execute(container, ("psql",), user=USER, variables=("PGUSER", "PGPASSWORD", "PGDATABASE"))
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in argv)
    path.write_text(_PSQL.replace("@command@", quoted))
    path.chmod(0o700)
    return path


_PSQL = """#!/bin/sh
# The file goes in over the standard input: it is on this machine, and psql is not.
set -eu
for last; do :; done
words=
while [ $# -gt 1 ]; do
    [ "$1" = -f ] || words="$words $1"
    shift
done
exec @command@ $words -f - < "$last"
"""
