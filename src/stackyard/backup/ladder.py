"""What a recovered copy has to stand: a ladder of checks, each of which sees what the ones before it cannot.

Rows against the manifest see what is missing; pg_amcheck sees broken indexes; pg_checksums reads every page there is.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.backup import logical, pipes, programs, store
from stackyard.backup.database import program, tables
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.private import Private
from stackyard.backup.problem import BackupError
from stackyard.backup.recover import serving
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet, Finding, Moment, Piece, Table

if TYPE_CHECKING:
    from stackyard.backup.database import Connection

_SHOWN = 5
_NOT_TO_BE_READ = ("checksums are not enabled", "different version", "not compatible with this version")
"""What pg_checksums says where it judges nothing: no checksums are there, or it is made for another PostgreSQL."""


@dataclass(frozen=True)
class Rung:
    """One check: what it found, what it can show for itself, the seconds it took. `is_run` is False where this machine
    cannot make it, and `evidence` says why."""

    name: str
    findings: tuple[Finding, ...]
    evidence: str
    seconds: float
    is_run: bool = True


def examine(
    job: Job, backup: BackupSet, part: PostgresPart, folder: Path, *, target_is_moment: bool
) -> tuple[Finding, ...]:
    """What is wrong with a recovered copy. It is started and cleanly stopped for it, and otherwise left as it was.

    `target_is_moment`: the copy is at the set's own moment, so its tables must be those of the manifest.
    """
    return tuple(
        one for rung in climb(job, backup, part, folder, target_is_moment=target_is_moment) for one in rung.findings
    )


def climb(
    job: Job, backup: BackupSet, part: PostgresPart, folder: Path, *, target_is_moment: bool, with_dump: bool = False
) -> tuple[Rung, ...]:
    """The checks one by one. `with_dump` loads the set's dump beside the copy, which is then fit for nothing else."""
    rungs = []
    try:
        with serving(part, folder) as server:
            if target_is_moment:
                rungs.append(compared(server, backup, part))
            rungs.append(_amcheck(server, part))
            if with_dump:
                rungs.append(_dump(server, job, backup, part))
    except BackupError as error:
        found = Finding(f"{part.name} copy", error.what)
        return (*rungs, Rung(f"{part.name} starts", (found,), "\n".join(error.details), 0.0))
    return (*rungs, _checksums(part, folder))


def compared(server: Private, backup: BackupSet, part: PostgresPart) -> Rung:
    """The tables of a server that is at the set's moment, against the manifest. Raises BackupError."""
    moment = backup.database(part.name)
    if moment is None:
        raise BackupError(f"the set {backup.id} holds no database {part.name}")
    return _against(moment, server, part.database, f"{part.name} base", f"tables of {part.name}", moment.exact)


def _against(moment: Moment, server: Private, database: str, piece: str, name: str, is_exact: bool) -> Rung:
    with _timed() as seconds:
        with server.connect(database) as session:
            found = tables(session)
        wrong = differences(moment.tables, found) if is_exact else ()
    rows = sum(one.rows for one in found)
    evidence = f"{len(found)} tables, {rows} rows"
    if not is_exact:
        evidence += "; writers could not be held at the moment of the set, so rows were counted and not compared"
    return Rung(name, tuple(Finding(piece, one) for one in wrong), evidence, seconds())


def differences(expected: tuple[Table, ...], found: tuple[Table, ...]) -> tuple[str, ...]:
    """What tells two lists of tables apart, a sentence each; contents count where both were summed."""
    there = {one.name: one for one in found}
    said = []
    for table in expected:
        other = there.pop(table.name, None)
        if other is None:
            said.append(f"the table {table.name} is missing")
        elif other.rows != table.rows:
            said.append(f"{table.name} has {other.rows} rows; {table.rows} were saved")
        elif other.content and table.content and other.content != table.content:
            said.append(f"{table.name} has other contents than were saved")
    return (*said, *(f"the table {name} was not saved, and is there" for name in there))


def _amcheck(server: Private, part: PostgresPart) -> Rung:
    """Indexes and heaps, by PostgreSQL's own checker. The extension that it needs is gone from the copy afterwards."""
    name, program = f"pg_amcheck of {part.name}", Path(part.programs) / "pg_amcheck"
    with server.connect() as session:
        row = session.execute(
            "select count(*), (select count(*) from pg_extension where extname = 'amcheck')"
            " from pg_available_extensions where name = 'amcheck'"
        ).fetchone()
        if not program.is_file() or row is None or not row[0]:
            return Rung(name, (), "this PostgreSQL comes without pg_amcheck or its extension", 0.0, is_run=False)
        if not row[1]:
            session.execute("create extension amcheck")
        with _timed() as seconds:
            where = ("-h", server.host, "-p", str(server.port), "-U", server.user, "-d", part.database)
            answer = programs.run([str(program), *where], env=part.programs_environment)
        if not row[1]:
            session.execute("drop extension amcheck")
    if answer.is_done:
        return Rung(name, (), "every table and index is well-formed", seconds())
    said = (answer.output.strip() or answer.errors.strip()).splitlines()
    return Rung(
        name, (Finding(f"{part.name} base", f"pg_amcheck: {' '.join(said[:2])}"),), "\n".join(said[:20]), seconds()
    )


def _dump(server: Private, job: Job, backup: BackupSet, part: PostgresPart) -> Rung:
    """The logical dump, loaded into a database of its own, must hold the tables of the moment."""
    name, moment = f"dump of {part.name} loads", backup.database(part.name)
    piece = backup.piece(part.name, "dump")
    if piece is None or moment is None:
        return Rung(name, (), "the set has no dump", 0.0, is_run=False)
    database = "stackyard_drill_dump"
    with server.connect("postgres") as session:
        session.execute(f"create database {database} {_like(session, part.database)}".encode())
    with _timed() as seconds:
        try:
            said = _loaded(server, job, backup, piece, part, database)
        except BackupError as error:
            found = Finding(f"{part.name} dump", f"it does not load: {error.what}")
            return Rung(name, (found,), "\n".join(error.details), seconds())
    rung = _against(moment, server, database, f"{part.name} dump", name, is_exact=True)
    return replace(rung, seconds=seconds(), evidence="\n".join([rung.evidence, *said]))


def _like(session: Connection, database: str) -> str:
    """The clause by which a new database has the encoding and the locale of another: contents are compared as text."""
    row = session.execute(
        "select format('template template0 encoding %%L lc_collate %%L lc_ctype %%L',"
        " pg_encoding_to_char(encoding), datcollate, datctype) from pg_database where datname = %s",
        (database,),
    ).fetchone()
    return str(row[0]) if row else "template template0"


def _loaded(
    server: Private, job: Job, backup: BackupSet, piece: Piece, part: PostgresPart, database: str
) -> tuple[str, ...]:
    """Stream the dump from the repository into the database; what psql complained of on the way.

    A complaint, of a role that has gone since the set, say, is not an end: what counts is what the tables hold. Raises
    BackupError when the dump does not come whole, or psql does not take all of it.
    """
    restic = Restic(job, job.repository)
    where = ("-h", server.host, "-p", str(server.port), "-U", server.user, "-d", database)
    argv = (program(part, "psql"), *where, "-X", "-q", "-w", "-o", os.devnull)
    process = programs.start(
        argv, part.programs_environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    errors = programs.Listener(process.stderr)
    try:
        with logical.script(restic, store.snapshot_of(restic, backup, piece), piece.path, part) as script:
            pipes.pour(script.source, process)
            if script.dump().sha256 != piece.sha256:
                raise BackupError(f"the dump of {part.name} came back from the repository as something else")
            code = process.wait()
        said = tuple(errors.said().splitlines())
    finally:
        programs.end(process)
    if code != 0:
        raise BackupError(f"psql ended with {programs.ending(code)}", details=said[-10:])
    return said[:10]


def _checksums(part: PostgresPart, folder: Path) -> Rung:
    """Every page of the stopped copy against its checksum."""
    name = f"pg_checksums of {part.name}"
    program = next(
        (one for place in (part.server, part.programs) if (one := Path(place) / "pg_checksums").is_file()), None
    )
    if program is None:
        return Rung(name, (), "this PostgreSQL comes without pg_checksums", 0.0, is_run=False)
    with _timed() as seconds:
        answer = programs.run([str(program), "--check", "-D", str(folder)], env=part.environment, account=part.account)
    if answer.is_done:
        blocks = next((line for line in answer.output.splitlines() if line.startswith("Blocks scanned")), "")
        return Rung(name, (), blocks or "every page is as it was written", seconds())
    if any(one in answer.errors for one in _NOT_TO_BE_READ):
        return Rung(name, (), answer.errors.strip(), seconds(), is_run=False)
    said = (answer.errors.strip() or answer.output.strip()).splitlines()
    what = f"pages are damaged: {'; '.join(said[:_SHOWN])}"
    return Rung(name, (Finding(f"{part.name} base", what),), "\n".join(said[:20]), seconds())


@contextmanager
def _timed() -> Iterator[Callable[[], float]]:
    """Yields what tells the seconds since; they stand still when the block ends."""
    begun, ended = time.monotonic(), 0.0
    try:
        yield lambda: (ended or time.monotonic()) - begun
    finally:
        ended = time.monotonic()
