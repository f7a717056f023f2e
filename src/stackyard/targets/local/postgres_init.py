"""Init scripts: run once, on first creation only, in alphabetical order, and recorded in the database itself.

They run as the owner of the database, which is no superuser. Each SQL file is one transaction. A script that may have
stopped half-way is noticed by the next run, which stops with an error rather than guess.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard.errors import PartError
from stackyard.resources.postgres.reconcile import COMPLETE, RECORD_TABLE
from stackyard.runner import Command, Runner
from stackyard.targets.local.identity import Identity
from stackyard.targets.local.postgres_catalog import Server

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_PSQL_ONLY = re.compile(r"^\s*(\\[a-zA-Z!?]\w*|copy\s[^;]*\sfrom\s+stdin)", re.IGNORECASE | re.MULTILINE)
_ENDS_TRANSACTION = re.compile(r"(^|;)\s*(commit|end|rollback|abort)\b[^;]*(;|$)", re.IGNORECASE | re.MULTILINE)

_RECONNECTS = re.compile(r"^\s*\\(c|connect)\b", re.MULTILINE)


@dataclass(frozen=True)
class Initialisation:
    """Whose database is initialised: the server, the database, its owner and that role's password.

    `psql` is the tool, for scripts that only it understands; None where there is none. `environment` is added to that
    of processes.
    """

    server: Server
    database: str
    owner: str
    password: str = field(repr=False)
    identity: Identity
    runner: Runner
    log: Path
    psql: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def run_init_scripts(folder: Path | None, initialisation: Initialisation) -> tuple[str, ...]:
    """Run what has not run yet in a new database; the names of the scripts that ran. A later folder never runs.

    Raises PartError naming the script that failed, or that was interrupted by an earlier run.
    """
    one = initialisation
    with one.server.connect(one.database) as record:
        done = _settled(one.server.part, record)
        if COMPLETE in done:
            return ()
        ran = []
        for script in _scripts(one.server.part, folder):
            if script.name not in done:
                _run_recorded(script, one, record)
                ran.append(script.name)
        _begin(record, COMPLETE, "")
        _finish(record, COMPLETE)
    return tuple(ran)


def _scripts(part: str, folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    if not folder.is_dir():
        raise PartError(part, f"the init folder {folder} of {part} is not there", hint="Make it, or take `init` out.")
    return sorted(path for path in folder.iterdir() if path.name.endswith((".sql", ".sql.gz", ".sh")))


def _settled(part: str, record: Connection) -> set[str]:
    """The scripts that are done; one whose transaction was lost is forgotten, to run again."""
    status = "CASE WHEN done IS NOT NULL THEN 'committed' WHEN xid IS NOT NULL THEN pg_xact_status(xid) END"
    rows = record.execute(f"SELECT script, {status} FROM {RECORD_TABLE} ORDER BY script").fetchall()
    for script, state in rows:
        if state == "aborted":
            _forget(record, script)
        elif state == "committed":
            _finish(record, script)
        else:
            raise PartError(
                part,
                f"the init script {script} of {part} was interrupted: it may have run in part",
                hint="Look at the database with `stackyard db shell`. Begin anew with `stackyard clean --data`, or, "
                "when all of it is there, run as the superuser: "
                f"UPDATE {RECORD_TABLE} SET done = now() WHERE script = '{script}'",
            )
    return {script for script, state in rows if state == "committed"}


def _run_recorded(script: Path, one: Initialisation, record: Connection) -> None:
    content = _content(one.server.part, script)
    _begin(record, script.name, hashlib.sha256(content).hexdigest())
    if script.name.endswith(".sh"):
        # A file that is not executable is still meant to run: archives and some checkouts lose the mode.
        _run_process(script, one, (str(script),) if os.access(script, os.X_OK) else ("bash", str(script)))
    else:
        _run_sql(script, content, one, record)
    _finish(record, script.name)


def _content(part: str, script: Path) -> bytes:
    try:
        content = script.read_bytes()
        return gzip.decompress(content) if script.suffix == ".gz" else content
    except (OSError, EOFError) as error:
        raise PartError(part, f"the init script {script} of {part} cannot be read: {error}") from error


def _run_sql(script: Path, content: bytes, one: Initialisation, record: Connection) -> None:
    part = one.server.part
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _forget(record, script.name)
        raise PartError(part, f"the init script {script} of {part} is not UTF-8 (byte {error.start})") from error
    special = _PSQL_ONLY.search(text)
    if special is None:
        _execute(script, text, one, record)
        return
    line = text.count("\n", 0, special.start(1)) + 1
    if one.psql is None or script.suffix == ".gz":
        _forget(record, script.name)
        raise PartError(
            part,
            f"{script}:{line}: `{special.group(1).split()[0]}` is a command of psql, which is not there to run it",
            hint="Write it in SQL, or install the PostgreSQL client.",
        )
    options = ("-X", "--quiet", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-f", str(script))
    try:
        _run_process(script, one, (str(one.psql), *options))
    except PartError:
        # One transaction, so that nothing of it stayed: it may be corrected and run again.
        if _ENDS_TRANSACTION.search(text) is None and _RECONNECTS.search(text) is None:
            _forget(record, script.name)
        raise


def _execute(script: Path, text: str, one: Initialisation, record: Connection) -> None:
    import psycopg

    with one.server.connect(one.database, one.owner, one.password, autocommit=False) as connection:
        try:
            # A migration's patience is not that of a first creation.
            connection.execute("SET LOCAL lock_timeout = 0")
            # Where the script ends our transaction itself, its fate says nothing about the rest of the script.
            if _ENDS_TRANSACTION.search(text) is None:
                _note_transaction(script.name, connection, record)
            connection.execute(text)
            connection.commit()
        except psycopg.Error as error:
            whole = connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR
            connection.rollback()
            if whole:
                _forget(record, script.name)
            raise _failure(script, text, one, error) from None


def _note_transaction(script: str, connection: Connection, record: Connection) -> None:
    """Note which transaction the script is, so that the next run can ask the server what became of it."""
    (xid,) = connection.execute("SELECT pg_current_xact_id()::text").fetchone() or ("",)
    record.execute(f"UPDATE {RECORD_TABLE} SET xid = %s::xid8 WHERE script = %s", (xid, script))


def _failure(script: Path, text: str, one: Initialisation, error: psycopg.Error) -> PartError:
    position = error.diag.statement_position
    line = f":{text[: int(position)].count(chr(10)) + 1}" if position else ""
    message = error.diag.message_primary or type(error).__name__
    hint = "Correct it and run `stackyard up` again: nothing of it stayed, and the scripts before it are not run again."
    if error.sqlstate == "42501":
        hint = (
            f"Init scripts run as {one.owner}, which owns the database and is no superuser: declare extensions, "
            "schemas and services in the stack file, which makes them and their roles."
        )
    return PartError(one.server.part, f"{script}{line}: {message}", hint=hint)


def _run_process(script: Path, one: Initialisation, argv: tuple[str, ...]) -> None:
    """Run with the environment that the official image gives. The password is in it, not on the command."""
    connection = {
        "POSTGRES_DB": one.database, "POSTGRES_USER": one.owner, "POSTGRES_PASSWORD": one.password,
        "PGHOST": str(one.server.sockets), "PGPORT": str(one.server.port), "PGDATABASE": one.database,
        "PGUSER": one.owner, "PGPASSWORD": one.password,
    }  # fmt: skip
    common = {"PATH": os.environ.get("PATH", os.defpath), "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
    uid, gid = (one.identity.uid, one.identity.gid) if one.identity.drop else (None, None)
    environment = {**common, **one.environment, **connection}
    result = one.runner.run(Command(argv, script.parent, environment, uid, gid, one.log))
    if not result.is_done:
        raise PartError(
            one.server.part,
            f"the init script {script} failed with exit code {result.code}",
            hint="Correct it and run `stackyard up` again, which says whether it may have run in part.",
            details=result.tail,
        )


def _begin(record: Connection, script: str, digest: str) -> None:
    record.execute(f"INSERT INTO {RECORD_TABLE} (script, sha256) VALUES (%s, %s)", (script, digest))


def _finish(record: Connection, script: str) -> None:
    record.execute(f"UPDATE {RECORD_TABLE} SET done = now() WHERE script = %s AND done IS NULL", (script,))


def _forget(record: Connection, script: str) -> None:
    record.execute(f"DELETE FROM {RECORD_TABLE} WHERE script = %s", (script,))
