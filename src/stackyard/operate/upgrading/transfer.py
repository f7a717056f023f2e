"""Everything from one private server into another: roles, then each database, with the clients of the new version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from stackyard.backup.programs import Answer, ending
from stackyard.backup.steps import Steps
from stackyard.errors import PartError
from stackyard.operate.upgrading.examine import databases
from stackyard.resources.postgres.config import SUPERUSER

if TYPE_CHECKING:
    import psycopg

    from stackyard.backup.events import Tell

    Connection = psycopg.Connection[tuple[Any, ...]]

JOBS = 2
"""Tables that are dumped, and restored, at once."""

NEEDED = ("pg_dump", "pg_dumpall", "pg_restore", "psql")

_OWN = "postgres"
"""The database that every server has; it is not made anew."""

_HAS_OBJECTS = """
SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
    OR (SELECT count(*) > 1 FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
    OR (SELECT count(*) > 1 FROM pg_extension)
"""


@dataclass(frozen=True)
class Server:
    """A server for ourselves alone, in the socket folder `host`: whoever may enter that is its superuser.

    `inside` is the host and the port that programs find it at, where these run elsewhere than we do.
    """

    host: str
    port: int
    inside: tuple[str, int] | None = None

    @contextmanager
    def connect(self, database: str) -> Iterator[Connection]:
        """A connection of the superuser, in autocommit."""
        import psycopg

        with psycopg.connect(
            host=self.host, port=self.port, user=SUPERUSER, dbname=database, autocommit=True, connect_timeout=15,
            application_name="stackyard upgrade",
        ) as connection:  # fmt: skip
            yield connection

    @property
    def environment(self) -> dict[str, str]:
        """How PostgreSQL's own programs reach it."""
        host, port = self.inside or (self.host, self.port)
        return {
            "PGHOST": host,
            "PGPORT": str(port),
            "PGUSER": SUPERUSER,
            "PGOPTIONS": "-c statement_timeout=0",
        }


class Clients(Protocol):
    """PostgreSQL's own programs of the new version, wherever they run."""

    def run(self, server: Server, argv: tuple[str, ...], stdin: bytes | None = None) -> Answer:
        """How one ended that was given the server to work with, and what it said."""
        ...

    def discard(self, place: Path) -> None:
        """Remove a folder that they wrote."""
        ...


def _asked(clients: Clients, part: str, server: Server, *argv: str, stdin: bytes | None = None) -> str:
    """What the program says. Raises PartError with its complaints when it fails."""
    answer = clients.run(server, argv, stdin)
    if not answer.is_done:
        raise PartError(
            part,
            f"{argv[0]} of {part} ended with {ending(answer.code)}",
            hint="The old data is untouched. What it could not take is named below.",
            details=answer.tail,
        )
    return answer.output


def copy(part: str, old: Server, new: Server, clients: Clients, scratch: Path, tell: Tell) -> None:
    """Copy roles, databases and everything in them. `scratch` is an empty folder that the clients see.

    Raises PartError with what the new server would not take.
    """
    with Steps(tell).step("roles"):
        roles = without_superuser(_asked(clients, part, old, "pg_dumpall", "--globals-only", "--no-tablespaces"))
        quietly = ("-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", _OWN, "-f", "-")
        _asked(clients, part, new, "psql", *quietly, stdin=roles.encode())
    with old.connect(_OWN) as connection:
        names = databases(connection)
        ((is_used,),) = connection.execute(_HAS_OBJECTS).fetchall()
    place = scratch / "dump"
    for name in names:
        if name == _OWN and not is_used:
            continue
        with Steps(tell).step(f"dump {name}"):
            common = ("--format=directory", f"--jobs={JOBS}", "--compress=1", f"--file={place}")
            _asked(clients, part, old, "pg_dump", "--no-password", *common, name)
        with Steps(tell).step(f"restore {name}"):
            create = ("--create",) if name != _OWN else ()
            words = ("--exit-on-error", f"--jobs={JOBS}", f"--dbname={_OWN}", str(place))
            _asked(clients, part, new, "pg_restore", "--no-password", *create, *words)
        clients.discard(place)
    with Steps(tell).step("statistics"):
        for name in names:
            with new.connect(name) as connection:
                connection.execute("ANALYZE")


def without_superuser(roles: str) -> str:
    """The script of all roles without the line that makes the superuser, whom every server has."""
    return "".join(line for line in roles.splitlines(keepends=True) if line.strip() != f"CREATE ROLE {SUPERUSER};")
