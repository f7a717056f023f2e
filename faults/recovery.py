"""What stands between a set and its restore: no room, a wrong clock, WAL that is missing, code that is too old."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg

from faults.backed_up import BackedUp, backed_up, can_mount, engine, full, unarchived
from faults.ledger import Ledger, differences, ledger
from faults.result import Result
from faults.tally import Tally
from stackyard.backup import database, push, receive, spool, store
from stackyard.backup.job import Job
from stackyard.backup.moments import seconds
from stackyard.backup.recover import RestorePoint
from stackyard.backup.restic import Restic
from stackyard.backup.segments import lsn
from stackyard.backup.sets import BackupSet, Kind
from stackyard.errors import StackyardError

GROUP = "recovery"
_TIMES = 3
"""Tries of each kind."""
_DAY = int(timedelta(days=1).total_seconds())


def run(ground: Path, quick: bool) -> Iterator[Result]:
    """Each kind three times, or once when it should be quick."""
    times = 1 if quick else _TIMES
    with backed_up(ground) as system, ledger(system.checkout) as kept:
        yield from _full_disk(system, kept, times)
        yield from _missing_wal(system, kept, times)
        yield _newer_schema(system, kept, times)
        yield _clock(system, kept, times)


def _full_disk(system: BackedUp, kept: Ledger, times: int) -> Iterator[Result]:
    """A restore beside the system, and a drill, onto a disk that has no room for them."""
    place = system.ground / "small"
    place.mkdir()
    if not can_mount(place, "600m"):
        return
    try:
        place.chmod(0o755)
        yield _restore_without_room(system, kept, place, times)
        yield _drill_without_room(system, place, times)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


def _restore_without_room(system: BackedUp, kept: Ledger, place: Path, times: int) -> Result:
    tally = Tally(
        GROUP,
        "the disk is full during a restore",
        "exit code 1 and a sentence that names it; no copy says that it is whole; the system and the set stay; with "
        "room it works",
    )
    for turn in range(times):
        kept.goes_on()
        before = system.rows()
        with full(place, 2_000_000 + turn * 5_000_000):
            done = system.command("restore", "--into", f"{place}/copy/", "--yes")
            reasons = ["it ended with 0"] if done.code == 0 else []
            told = done.error.lower()
            if not any(word in told for word in ("room", "no space")) or "traceback" in told:
                reasons.append(f"it did not name the disk: {done.error[:300]}")
        shutil.rmtree(place / "copy", ignore_errors=True)
        if not set(before) <= set(system.rows()):
            reasons.append("rows of the running system are gone")
        if not store.find(system.job, "latest").is_good:
            reasons.append("the set is no longer good")
        done = system.command("restore", "--into", f"{place}/copy/", "--yes")
        if done.code:
            reasons.append(f"with room it ended with {done.code}: {done.error[:300]}")
        shutil.rmtree(place / "copy", ignore_errors=True)
        tally.count(reasons)
    return tally.result()


def _drill_without_room(system: BackedUp, place: Path, times: int) -> Result:
    tally = Tally(
        GROUP,
        "the disk is full during a drill",
        "the drill is red; the set is neither drilled nor broken by it; with room it is green",
    )
    for turn in range(times):
        job = unarchived(replace(system.spoiled(), scratch=str(place / "scratch")))
        backup = store.find(job, "latest")
        with full(place, 1_000_000 + turn * 5_000_000):
            said = engine(job, "drill")
        found = (said.result or {}).get("steps", [])
        is_red = bool(said.error) or any(step["findings"] for step in found)
        reasons = [] if is_red else ["the drill found nothing"]
        now = next(one for one in store.sets(job) if one.id == backup.id)
        if now.state != backup.state:
            reasons.append(f"the set was {backup.state} and is {now.state}: {now.findings[:2]}")
        said = engine(job, "drill")
        steps = (said.result or {"steps": ()})["steps"]
        reasons += [f"with room: {one['piece']}: {one['what']}" for step in steps for one in step["findings"]]
        if said.error or not steps:
            reasons.append(f"with room: {said.error[:300]}")
        tally.count(reasons)
        shutil.rmtree(Path(job.folder).parent)
    return tally.result()


def _clock(system: BackedUp, kept: Ledger, times: int) -> Result:
    """Sets made while Stackyard's own clock is wrong, and then right again."""
    tally = Tally(
        GROUP,
        "Stackyard's own clock a day behind, a day ahead and right again, a set each (PostgreSQL's and restic's stay)",
        "each set sorts after all before it; none goes for it; a restore to the latest is exact",
    )
    for _ in range(times):
        reasons = []
        for shift in (-_DAY, _DAY, 0):
            before = store.sets(system.job)
            kept.goes_on()
            said = engine(system.job, "create", module=("faults.shifted", str(shift)))
            after = store.sets(system.job)
            if said.code:
                reasons.append(f"{shift:+} s: {said.error[:300]}")
            else:
                reasons += [f"{shift:+} s: {reason}" for reason in _follows(said.result["id"], before, after)]
        reasons += _restored_is_exact(system, kept, system.job)
        tally.count(reasons)
    return tally.result()


def _follows(made: str, before: Sequence[BackupSet], after: Sequence[BackupSet]) -> list[str]:
    """What is wrong with a new set among the others; the keeper may have made one more, for a day that it missed."""
    ids = [one.id for one in after]
    more = [one for one in after if one not in before and one.id != made]
    reasons = [f"{one.id} is gone, or another now" for one in before if one not in after]
    if made not in ids or any(one.id >= made for one in before):
        reasons.append(f"{made} does not come after all others")
    return [*reasons, *(f"{one.id} is {one.kind} and {one.state}" for one in more if not _is_of_keeper(one))]


def _is_of_keeper(backup: BackupSet) -> bool:
    return backup.kind is Kind.SCHEDULED and backup.is_good


def _restored_is_exact(system: BackedUp, kept: Ledger, job: Job) -> list[str]:
    """What does not fit in a copy of all that the job holds, up to where it reaches."""
    try:
        with system.recovered(job) as (copy, rows):
            return differences(kept.entries(), rows, seconds(copy.last_commit))
    except StackyardError as error:
        return [f"{error.what}: {'; '.join(error.details[:2])}"]


def _missing_wal(system: BackedUp, kept: Ledger, times: int) -> Iterator[Result]:
    """A segment gone from the spool, from the repository, and from both, in copies of them."""
    backup = system.create()
    for _ in range(3):
        kept.goes_on()
        _switch(system)
    push.push(system.job, system.part)
    cases = {
        "a WAL segment is missing from the spool": (True, False),
        "a WAL segment is missing from the repository": (False, True),
        "a WAL segment is missing from both": (True, True),
    }
    for fault, (in_spool, in_repository) in cases.items():
        is_lost = in_spool and in_repository
        tally = Tally(
            GROUP,
            fault,
            "`verify` names it before anybody needs it; a restore to the latest is refused, one to the set's own "
            "moment works"
            if is_lost
            else "a restore to the latest is exact: the other place has it"
            + ("" if in_spool else "; `verify` names what the repository lacks"),
        )
        for turn in range(times):
            job = system.spoiled()
            name = _lose(job, backup, turn, in_spool=in_spool, in_repository=in_repository)
            said = engine(job, "verify", backup.id)
            named = name in said.error and "missing" in said.error
            reasons = [] if named or not in_repository else [f"`verify` did not name {name}: {said.error[:300]}"]
            reasons += _lost_for_good(system, job, backup) if is_lost else _still_there(system, kept, job, backup)
            tally.count(reasons)
            shutil.rmtree(Path(job.folder).parent)
        yield tally.result()


def _switch(system: BackedUp) -> None:
    """Have the server begin a new segment, and wait until the old one is received."""
    with database.connect(system.part) as session:
        session.execute("select pg_switch_wal()")
    receive.require_received(system.job, system.part)


def _lose(job: Job, backup: BackupSet, turn: int, *, in_spool: bool, in_repository: bool) -> str:
    """Take away a whole segment from after the set's own moment; its name."""
    moment = backup.databases[0]
    folder = job.places.wal(moment.part, moment.cluster)
    own = lsn(moment.lsn) // moment.wal_segment
    found = [one for one in spool.files(folder, moment.wal_segment) if one.segment and not one.is_partial]
    later = sorted(one.path for one in found if one.segment and one.segment.number > own)
    file = later[turn % len(later)]
    content, facts = file.read_bytes(), file.stat()
    if in_repository:
        restic = Restic(job, job.repository)
        every = [one.id for one in restic.snapshots() if "wal" in one.tags]
        file.unlink()
        push.push(job, job.postgres[0])
        restic.forget([one.id for one in restic.snapshots() if one.id in every])
        if not in_spool:
            file.write_bytes(content)
            file.chmod(facts.st_mode)
    else:
        file.unlink()
    return file.name


def _still_there(system: BackedUp, kept: Ledger, job: Job, backup: BackupSet) -> list[str]:
    # That the repository lacks some of its WAL may have broken the set, in this copy: all is there all the same.
    store.keep(job, backup)
    return _restored_is_exact(system, kept, job)


def _lost_for_good(system: BackedUp, job: Job, backup: BackupSet) -> list[str]:
    store.keep(job, backup)
    reasons = []
    try:
        with system.recovered(job):
            reasons.append("a restore to the latest came up without it")
    except StackyardError as error:
        if "has a hole" not in error.what and "could not be recovered" not in error.what:
            reasons.append(f"a restore to the latest was refused with: {error.what}")
    moment = backup.databases[0]
    try:
        with system.recovered(job, RestorePoint(moment.restore_point, moment.lsn)) as (_, rows):
            if len(rows) != next(table.rows for table in moment.tables if table.name == "public.ledger"):
                reasons.append("the set's own moment came back with other rows")
    except StackyardError as error:
        reasons.append(f"the set's own moment was refused: {error.what}")
    return reasons


def _newer_schema(system: BackedUp, kept: Ledger, times: int) -> Result:
    """A set whose migration the code that is here does not know."""
    tally = Tally(
        GROUP,
        "restore of a newer schema under older code",
        "refused with exit code 1 before anything is touched, naming both migrations; beside the system it is allowed",
    )
    versions = system.checkout.folder / "app" / "migrations" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (versions / "0001.py").write_text('revision = "0001"\ndown_revision = None\n')
    _as_owner(system, "create table alembic_version (version_num text); insert into alembic_version values ('0002')")
    system.create()
    for _ in range(times):
        kept.goes_on()
        before = system.rows()
        done = system.command("restore", "latest", "--yes")
        reasons = [] if done.code == 1 else [f"it ended with {done.code}"]
        if not all(word in done.error for word in ("0001", "0002", "newer")):
            reasons.append(f"it did not name the migrations: {done.error[:300]}")
        if not set(before) <= set(system.rows()):
            reasons.append("rows of the running system are gone")
        done = system.command("restore", "latest", "--into", f"{system.ground}/newer/", "--yes")
        if done.code:
            reasons.append(f"beside the system: {done.error[:300]}")
        shutil.rmtree(system.ground / "newer", ignore_errors=True)
        tally.count(reasons)
    _as_owner(system, "drop table alembic_version")
    shutil.rmtree(versions.parent)
    return tally.result()


def _as_owner(system: BackedUp, statements: str) -> None:
    part = system.part
    session = psycopg.connect(
        host=part.host,
        port=part.port,
        dbname=part.database,
        user=part.owner,
        password=Path(part.owner_password_file).read_text().strip(),
        autocommit=True,
    )
    with session:
        session.execute(statements.encode())
