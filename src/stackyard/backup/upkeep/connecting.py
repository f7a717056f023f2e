"""The way into a database, as its owner."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard.errors import PartError

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

APPLICATION = "stackyard-upkeep"
_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('stackyard upkeep', 0))"


@dataclass(frozen=True)
class Way:
    """How the database of `part` is reached: `host` is a socket folder or an address, `user` the owner's role.

    `data` is the cluster's folder where we can see it, "" where not: from it the free space is known.
    """

    part: str
    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    data: str = ""
    tls_ca: str = ""


@contextlib.contextmanager
def connected(way: Way) -> Iterator[Connection]:
    """A connection in autocommit that nobody else keeps the database up with meanwhile.

    Raises PartError when the server does not answer, or somebody does.
    """
    import psycopg

    more: dict[str, Any] = {"sslmode": "verify-ca", "sslrootcert": way.tls_ca} if way.tls_ca else {}
    try:
        connection = psycopg.connect(
            host=way.host, port=way.port, dbname=way.database, user=way.user, password=way.password,
            connect_timeout=10, autocommit=True, application_name=APPLICATION, **more,
        )  # fmt: skip
    except psycopg.Error as error:
        raise PartError(way.part, f"{way.part} does not let its owner in", details=str(error).splitlines()) from None
    with connection:
        ((mine,),) = connection.execute(_LOCK).fetchall()
        if not mine:
            raise PartError(
                way.part, f"somebody else keeps {way.part} up right now", hint="Wait until that run has ended."
            )
        yield connection


def password_of(file: str) -> str:
    """The password in a file, without the end of its line. Raises OSError."""
    return Path(file).read_text().rstrip("\n")
