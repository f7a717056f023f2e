"""How a database is asked: by the superuser over its private socket, by a role, or by somebody who may not."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from stackyard.model.system import Access, Postgres, Service, System
from stackyard.observe.view import View
from stackyard.resources.postgres.catalog import access, clients, service_role
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.sql import identifier
from stackyard.resources.secrets import password_secret
from stackyard.verify.check import CannotSeeError

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_PATIENCE = 5
"""Seconds for a connection."""

_SILENT = """
SELECT set_config('log_min_messages', 'panic', false), set_config('log_min_duration_statement', '-1', false),
       set_config('pg_stat_statements.track', 'none', false), set_config('statement_timeout', '5s', false),
       set_config('lock_timeout', '2s', false)
"""


def databases(system: System) -> tuple[Postgres, ...]:
    """The databases of a system."""
    return tuple(one for one in system.resources if isinstance(one, Postgres))


def has_none(system: System) -> str:
    """Why no check of databases concerns this system, or ""."""
    return "" if databases(system) else "the system has no database"


def users(system: System, resource: Postgres) -> tuple[tuple[Service, str, Access], ...]:
    """The services that use a database, each with its role and what the file lets it do."""
    return tuple(
        (service, service_role(system, service), access(system, resource, service))
        for service in clients(system, resource)
    )


def rows(connection: Connection, sql: str, parameters: tuple[Any, ...] | None = None) -> list[tuple[Any, ...]]:
    """All rows of a query of our own."""
    return connection.execute(sql.encode(), parameters).fetchall()


@contextlib.contextmanager
def silently(view: View, resource: Postgres) -> Iterator[Connection]:
    """A connection of the superuser whose attempts leave nothing in logs and statistics."""
    with view.database(resource) as connection:
        connection.execute(_SILENT.encode())
        yield connection


def attempt(connection: Connection, role: str, sql: str) -> str:
    """Try something as a role, and undo it: the server's refusal, or "" when it let it happen.

    The role is the session's own, so that the server judges it as it judges the service itself. Raises CannotSeeError
    when it failed for another reason than a missing right.
    """
    import psycopg

    with connection.transaction(force_rollback=True):
        connection.execute(f"SET LOCAL SESSION AUTHORIZATION {identifier(role)}".encode())
        try:
            with connection.transaction(force_rollback=True):
                connection.execute(sql.encode())
        except psycopg.errors.InsufficientPrivilege as error:
            return error.diag.message_primary or "refused"
        except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable) as error:
            raise CannotSeeError(f"{sql}: {error.diag.message_primary}") from None
        except psycopg.Error:
            # It was let in, and failed at what it found there.
            return ""
        return ""


@contextlib.contextmanager
def over_tcp(view: View, resource: Postgres, role: str, database: str, **more: str) -> Iterator[Connection]:
    """A connection as a service makes it, with the password of the store. Raises psycopg.OperationalError."""
    import psycopg

    host, port = view.place(resource.name)
    settings: dict[str, Any] = {
        "host": host,
        "port": port,
        "dbname": database,
        "user": role,
        "password": view.secret(password_secret(resource, role)),
        "sslmode": "require" if resource.tls else "prefer",
        "application_name": "stackyard-verify",
        "connect_timeout": _PATIENCE,
        "autocommit": True,
    }
    with psycopg.connect(**(settings | more)) as connection:
        yield connection


def knock(view: View, resource: Postgres, database: str, **more: Any) -> str:
    """What the server answers to somebody whom it cannot know; "" when it let them in.

    Raises CannotSeeError when it does not answer at all.
    """
    import psycopg

    host, port = view.place(resource.name)
    stranger: dict[str, Any] = {
        "host": host,
        "port": port,
        "dbname": database,
        "user": f"stackyard_verify_{secrets.token_hex(4)}",
        "passfile": "/nonexistent/pgpass",
        "application_name": "stackyard-verify",
        "connect_timeout": _PATIENCE,
    }
    try:
        psycopg.connect(**(stranger | more)).close()
    except psycopg.OperationalError as error:
        text = " ".join(str(error).split())
        if "FATAL" not in text and "no password supplied" not in text and "SSL" not in text:
            raise CannotSeeError(f"{resource.name} does not answer: {text}") from None
        return text.rpartition("failed: ")[2]
    return ""


__all__ = [
    "SUPERUSER",
    "attempt",
    "databases",
    "has_none",
    "knock",
    "over_tcp",
    "rows",
    "silently",
    "users",
]
