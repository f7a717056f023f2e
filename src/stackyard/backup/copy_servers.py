"""Servers over what was brought back, which services may log in to as they always do: on loopback, for a moment.

Who has no password of the system is kept out: a copy of production is production's data. The passwords in a copy are
those of its moment, and the secrets may have changed since; so the copy, which is thrown away, is given today's.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.backup import private, programs, recover, starting
from stackyard.backup.cache import PrivateCache
from stackyard.backup.database import migration
from stackyard.backup.job import FilesPart, PostgresPart, RedisPart
from stackyard.backup.launches import DATA_SLOT, WORK_SLOT
from stackyard.backup.leash import MARK, Leash
from stackyard.backup.ownership import give_all
from stackyard.backup.problem import BackupError
from stackyard.backup.starting import LOOPBACK, Started

if TYPE_CHECKING:
    from stackyard.backup.database import Connection

_PATIENCE = 3600.0
"""Seconds until a server has loaded its data."""

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    # It is thrown away: nothing of it need outlive a power cut.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # What fails may be told; what it said, with what in it, need not be.
    "log_min_error_statement": "panic",
}


_SCHEMA = """
SELECT md5(string_agg(format('%s.%s.%s %s %s', n.nspname, c.relname, a.attname, a.atttypid, a.attnotnull), ','
  ORDER BY n.nspname, c.relname, a.attname)) || count(*)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND a.attnum > 0 AND NOT a.attisdropped
"""
"""A digest of every column of every table and index."""


@dataclass(frozen=True)
class Schema:
    """How far a database is: the head of its migrations, "" unknown, and a digest of its tables."""

    head: str
    tables: str


@contextmanager
def database(part: PostgresPart, folder: Path, port: int, leash: Leash) -> Iterator[private.Private]:
    """A PostgreSQL over a recovered cluster, which knows today's passwords of the roles of services.

    Raises BackupError when it does not come up, or a password cannot be read.
    """
    marked = replace(part, environment={**part.environment, MARK: leash.mark})
    tls = {"ssl": "on", "ssl_cert_file": part.certificate, "ssl_key_file": part.key} if part.certificate else {}
    settings = {**private.capacity(part, folder), **_SETTINGS, "port": str(port), **tls}
    hba = "".join(f'host "{part.database}" "{role}" {LOOPBACK}/32 scram-sha-256\n' for role in part.roles)
    with recover.serving(marked, folder, settings, hba) as server:
        leash.hold(server.process)
        _set_passwords(server)
        yield server


def schema(server: private.Private) -> Schema:
    """The schema as it is now. Raises BackupError."""
    with _asking(server, server.part.database) as session:
        return schema_of(session)


def schema_of(session: Connection) -> Schema:
    """The schema that a session sees. Raises psycopg's errors."""
    row = session.execute(_SCHEMA.encode()).fetchone()
    return Schema(migration(session), str(row))


def _set_passwords(server: private.Private) -> None:
    """Only as what the server itself would keep of them: no password goes into a statement."""
    from psycopg import sql

    with _asking(server, "postgres") as session:
        known = {str(row[0]) for row in session.execute("select rolname from pg_roles").fetchall()}
        for role in sorted(known & server.part.roles.keys()):
            password = starting.secret(server.part.roles[role])
            kept = session.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
            words = sql.SQL("alter role {} login password {}")
            session.execute(words.format(sql.Identifier(role), sql.Literal(kept.decode())))


@contextmanager
def _asking(server: private.Private, database: str) -> Iterator[Connection]:
    import psycopg

    try:
        with server.connect(database) as session:
            yield session
    except psycopg.Error as error:
        raise BackupError(f"the copy of {server.part.name} says: {error}") from None


@contextmanager
def cache(part: RedisPart, folder: Path, sockets: Path, port: int, leash: Leash) -> Iterator[Started]:
    """A Redis over a recovered folder, with the settings and the users that the system has now.

    Its socket lies in a folder of its own in `sockets`, which has a short path. Raises BackupError when it does
    not come up.
    """
    place = starting.own_folder(sockets / part.name, part.account)
    shutil.copyfile(part.acl, place / "users.acl")
    give_all(place, part.account)
    password = starting.secret(part.password_file)
    asking = replace(part, environment={**part.environment, "REDISCLI_AUTH": password})
    copy = PrivateCache(asking, place / "s")
    argv = (
        *(part.server, part.config, "--dir", str(folder), "--aclfile", str(place / "users.acl")),
        *("--tls-port" if part.tls_ca else "--port", str(port), "--bind", LOOPBACK),
        *("--unixsocket", str(copy.socket), "--unixsocketperm", "700", "--save", "", "--daemonize", "no"),
    )
    log = place / "log"
    with log.open("wb") as sink:
        environment = {**part.environment, MARK: leash.mark}
        process = programs.start(argv, environment, part.account, folder, stdout=sink, stderr=sink)
    leash.hold(process)
    try:
        started = Started(f"the copy of {part.name}", process, log, (password,))
        started.wait(lambda: _is_loaded(copy), _PATIENCE)
        yield started
    finally:
        leash.end(process)


def _is_loaded(copy: PrivateCache) -> bool:
    try:
        return "loading:0" in copy.tell("--user", copy.part.user, "INFO", "persistence")
    except BackupError:  # not yet listening
        return False


@contextmanager
def store(part: FilesPart, folder: Path, scratch: Path, port: int, leash: Leash) -> Iterator[Started]:
    """A server of the store over restored files, with the keys that the system has now.

    The files are in a new folder of `scratch` from then on, where the server expects its bucket. Raises BackupError
    when it does not come up.
    """
    assert part.server is not None
    data = starting.own_folder(scratch / f".{part.name}-data", part.account)
    work = starting.own_folder(scratch / f".{part.name}-work", part.account)
    folder.rename(data / part.server.bucket)
    slots = {DATA_SLOT: str(data), WORK_SLOT: str(work), part.name: str(port)}
    argv = [starting.filled(word, slots) for word in part.server.argv]
    started = starting.start(
        f"the copy of {part.name}", argv, part.server.env, slots,
        cwd=str(data), home=work, account=part.account, leash=leash,
    )  # fmt: skip
    try:
        started.wait(lambda: starting.status(port, "/") != 0, _PATIENCE)
        yield started
    finally:
        leash.end(started.process)
