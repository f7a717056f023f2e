"""A database of its own in the running server, for a copy that somebody wants to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stackyard.errors import StateError
from stackyard.resources.postgres.sql import identifier
from stackyard.targets.local.databases import Database


@contextmanager
def made_for(database: Database, part: str, name: str) -> Iterator[None]:
    """An empty database for the body to fill; it is gone again when that fails. Raises StateError when there is one."""
    owner = identifier(database.catalog.owner)
    with database.server.connect() as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            raise StateError(f"there is a database {name} in {part} already", hint="Choose another name.")
        connection.execute(f"CREATE DATABASE {identifier(name)} OWNER {owner} TEMPLATE template0")
        # Nobody but the owner and the administrators: it holds what rows once held.
        connection.execute(f"REVOKE CONNECT ON DATABASE {identifier(name)} FROM PUBLIC")
    try:
        yield
    except BaseException:
        with database.server.connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)")
        raise
