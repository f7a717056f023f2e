"""A PostgreSQL as backups see it: connections, tables and what they hold, and one moment held for all copies."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard.backup.job import SCHEMA, PostgresPart
from stackyard.backup.problem import BackupError
from stackyard.backup.sets import Moment, Table, now

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

CONTENT_LIMIT = 4 << 30
"""Bytes of a table beyond which its rows are counted, and their contents not summed: a second for each 300 MB."""

_PATIENCE = 15
_TRIES = 8
_PAUSE = 0.25
"""Seconds between two tries to hold the writers, each of which makes them wait 0.1 s at most."""

_SETTINGS = """
SET search_path = pg_catalog; SET row_security = off; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres';
SET timezone = 'UTC'; SET bytea_output = 'hex'; SET extra_float_digits = 1; SET xmlbinary = 'base64';
SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lc_monetary = 'C'
"""
"""What the text of a row depends on. Without row security a role that may not see every row gets an error, not some."""

_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname), pg_table_size(c.oid) FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1
"""
"""Partitions stand for the table that they are parts of; what is not logged does not outlive a crash either."""

_OF_EXTENSIONS = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
WHERE c.relkind = 'r' ORDER BY 1
"""

_UNLOGGED = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'u' ORDER BY 1
"""

_FACTS = """
SELECT (SELECT system_identifier::text FROM pg_control_system()), current_setting('server_version'),
       (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'),
       (SELECT timeline_id FROM pg_control_checkpoint()), pg_snapshot_xmax(pg_current_snapshot())::text
"""

_MIGRATIONS = {
    "alembic_version": "SELECT string_agg(version_num, ',' ORDER BY version_num) FROM {}",
    "django_migrations": "SELECT app || '.' || name FROM {} ORDER BY id DESC LIMIT 1",
    "schema_migrations": "SELECT max(version::text) FROM {}",
}
"""The tables in which tools of migrations write down how far they are."""


@dataclass(frozen=True)
class Held:
    """A moment while its snapshot lives: `snapshot` for pg_dump, `connection` to read the same rows with."""

    moment: Moment
    snapshot: str
    connection: Connection


def connect(
    part: PostgresPart, *, host: str | None = None, port: int | None = None, user: str | None = None
) -> Connection:
    """A connection to the part's database, every statement for itself.

    Another `host`, `port` or `user` is for a private copy of it, which asks nobody for a password. Raises BackupError.
    """
    import psycopg

    is_copy = (host, port, user) != (None, None, None)
    values: dict[str, Any] = {
        "host": host or part.host, "port": port or part.port, "user": user or part.user, "dbname": part.database,
        "connect_timeout": _PATIENCE, "application_name": "stackyard backup", "autocommit": True,
        "client_encoding": "utf8",
    }  # fmt: skip
    if not is_copy:
        values |= {"password": _password(part), **_tls(part)}
    try:
        return psycopg.connect(**values)
    except psycopg.OperationalError as error:
        said = str(error)
        # Only a server that is there has a reason to give.
        is_refused = "FATAL" in said and "starting up" not in said
        raise BackupError(
            f"{part.name} does not let {values['user']} in" if is_refused else f"{part.name} does not answer",
            hint="" if is_refused else "Is it running? `stackyard status` tells.",
            details=said.splitlines(),
        ) from None


def client_environment(part: PostgresPart) -> dict[str, str]:
    """How PostgreSQL's own programs reach the part: the password is in their environment, never on a command line."""
    return {
        "PGHOST": part.host, "PGPORT": str(part.port), "PGUSER": part.user, "PGPASSWORD": _password(part),
        "PGAPPNAME": "stackyard backup", "PGCONNECT_TIMEOUT": str(_PATIENCE),
        **{f"PG{name.upper()}": value for name, value in _tls(part).items()}, **part.programs_environment,
    }  # fmt: skip


def program(part: PostgresPart, name: str) -> str:
    """The path of one of PostgreSQL's programs for the part."""
    return str(Path(part.programs) / name)


def tables(connection: Connection) -> tuple[Table, ...]:
    """Every table that outlives a crash, with its rows, and the sum of a hash over them ("" beyond CONTENT_LIMIT).

    Raises BackupError when the role may not read one of them whole.
    """
    import psycopg

    try:
        connection.execute(_SETTINGS)
        found = connection.execute(_TABLES).fetchall()
        return tuple(_table(connection, name, size) for name, size in found)
    except psycopg.Error as error:
        raise BackupError("the tables cannot be read whole", details=str(error).splitlines()) from None


def oddities(connection: Connection) -> dict[str, str]:
    """Tables that a reader of the manifest must know about, a name a line: those of extensions, which dumps leave out,
    and those that are not logged, which a recovery brings back empty."""
    found = {"tables of extensions": _names(connection, _OF_EXTENSIONS), "unlogged": _names(connection, _UNLOGGED)}
    return {name: "\n".join(names) for name, names in found.items() if names}


def size(part: PostgresPart) -> int:
    """Roughly how many bytes a base backup will read."""
    with connect(part) as connection:
        rows = connection.execute(
            "SELECT sum(pg_database_size(oid)) FROM pg_database WHERE has_database_privilege(oid, 'CONNECT')"
        ).fetchone()
    return int(rows[0] or 0) if rows else 0


def holds_writers(connection: Connection) -> bool:
    """True when no transaction that writes to a table is under way, and none can begin until this one ends.

    False where the database has no function for it, or somebody writes for longer than we wait.
    """
    from psycopg import errors

    function = f"{SCHEMA}.hold_writers()"
    exists = connection.execute("SELECT to_regprocedure(%s) IS NOT NULL", (function,)).fetchone()
    if not exists or not exists[0]:
        return False
    for attempt in range(_TRIES):
        connection.execute("BEGIN")
        try:
            connection.execute(f"SELECT {function}".encode())
            return True
        except (errors.LockNotAvailable, errors.DeadlockDetected, errors.UndefinedTable):
            pass  # somebody writes for long, or has just dropped a table
        connection.execute("ROLLBACK")
        time.sleep(_PAUSE * (attempt + 1))
    return False


@contextmanager
def hold_moment(part: PostgresPart, set_id: str) -> Iterator[Held]:
    """One moment of the database. Writers are held for milliseconds; the snapshot lives as long as the block.

    Where WAL is kept it gets a restore point named after the set. The moment has no tables yet, nor knows where a base
    backup begins. Raises BackupError.
    """
    import psycopg

    with connect(part) as reader, connect(part) as holder:
        try:
            is_held = holds_writers(holder)
            reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            row = reader.execute("SELECT pg_export_snapshot(), clock_timestamp()::text").fetchone()
            assert row is not None
            name = f"stackyard-{set_id}" if part.wal else ""
            # Nobody may drop what this snapshot shows before it has been copied.
            for table, _ in reader.execute(_TABLES).fetchall():
                reader.execute(f"LOCK TABLE ONLY {table} IN ACCESS SHARE MODE".encode())
            lsn = _lsn(holder, name)
            taken = now()
            holder.execute("ROLLBACK")
            if part.wal:
                holder.execute("SELECT pg_switch_wal()")
            moment = _moment(reader, part, lsn, name, taken, is_held)
        except psycopg.Error as error:
            raise BackupError(
                f"no moment of {part.name} could be held",
                hint=f"The role {part.user} needs what `stackyard up` grants it.",
                details=str(error).splitlines(),
            ) from None
        yield Held(moment, row[0], reader)


def _lsn(connection: Connection, name: str) -> str:
    if name:
        row = connection.execute("SELECT pg_create_restore_point(%s)::text", (name,)).fetchone()
    else:
        row = connection.execute("SELECT pg_current_wal_lsn()::text").fetchone()
    assert row is not None
    return str(row[0])


def _moment(reader: Connection, part: PostgresPart, lsn: str, name: str, taken: str, is_held: bool) -> Moment:
    row = reader.execute(_FACTS).fetchone()
    assert row is not None
    cluster, version, segment, timeline, next_xid = row
    return Moment(
        part=part.name, cluster=cluster, timeline=timeline, start="", lsn=lsn, restore_point=name, taken=taken,
        version=version, wal_segment=segment, exact=is_held and part.wal, migration=migration(reader),
        next_xid=next_xid,
    )  # fmt: skip


def _table(connection: Connection, name: str, table_size: int) -> Table:
    # The alias must not be the name of a column, which would be meant before the row.
    row = '"row of stackyard"'
    content = f"coalesce(sum(hashtextextended({row}::text, 0)), 0)::text" if table_size <= CONTENT_LIMIT else "''"
    found = connection.execute(f"SELECT count(*), {content} FROM ONLY {name} AS {row}".encode()).fetchone()
    assert found is not None
    return Table(name, found[0], found[1])


def _names(connection: Connection, query: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(query.encode()).fetchall()]


def migration(connection: Connection) -> str:
    """The head of migrations, as the tool that runs them wrote it down; "" where nobody did."""
    import psycopg

    for table, query in _MIGRATIONS.items():
        rows: Sequence[tuple[Any, ...]] = connection.execute(
            "SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE c.relname = %s AND c.relkind = 'r' ORDER BY n.nspname = 'public' DESC, 1 LIMIT 1",
            (table,),
        ).fetchall()
        for (name,) in rows:
            try:
                with connection.transaction():
                    head = connection.execute(query.format(name).encode()).fetchone()
            except psycopg.errors.UndefinedColumn:
                continue  # somebody's own table of that name
            return str(head[0]) if head and head[0] is not None else ""
    return ""


def _tls(part: PostgresPart) -> Mapping[str, str]:
    return {"sslmode": "verify-full", "sslrootcert": part.tls_ca} if part.tls_ca else {}


def _password(part: PostgresPart) -> str:
    try:
        return Path(part.password_file).read_text().strip()
    except OSError as error:
        raise BackupError(f"the password of {part.name} cannot be read: {error.strerror}") from None
