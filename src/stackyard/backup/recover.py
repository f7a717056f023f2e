"""A set brought back: the base backup in a new folder, WAL replayed to exactly the moment asked for, cleanly stopped.

Nothing of this writes to the spool, to the repository or to the running system. Recovery has an explicit target and
timeline; where it cannot come that far it fails, and the folder stays marked so that nobody takes it for whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard.backup import private, programs
from stackyard.backup.bring import UNFINISHED, bring, finish, marked
from stackyard.backup.events import Tell
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.ownership import give
from stackyard.backup.private import Private
from stackyard.backup.problem import BackupError
from stackyard.backup.segments import lsn, lsn_text
from stackyard.backup.sets import BackupSet
from stackyard.backup.steps import Steps
from stackyard.backup.targets import (
    BeforeTransaction,
    Latest,
    Lsn,
    RestorePoint,
    Target,
    Time,
    describe,
    iso,
    settings,
)
from stackyard.backup.wal import Collected

if TYPE_CHECKING:
    import psycopg

__all__ = ["BeforeTransaction", "Latest", "Lsn", "Recovered", "RestorePoint", "Target", "Time", "recover", "serving"]


@dataclass(frozen=True)
class Recovered:
    """A folder that a server can be started on. `last_commit` is the time (UTC) of the last commit in it, "" when no
    commit was replayed; `lsn` where replay ended; `timeline` the one that was followed."""

    folder: Path
    last_commit: str
    lsn: str
    timeline: int
    seconds_fetch: float
    seconds_replay: float


def recover(
    job: Job,
    backup: BackupSet,
    part: PostgresPart,
    into: Path,
    target: Target,
    tell: Tell,
    *,
    throw_away: bool = False,
    use_spool: bool = True,
) -> Recovered:
    """Bring the database back as it was at the target, into a folder that is not there yet.

    A job whose `repository` is the one off site reads from there; `use_spool=False` does as if this machine were lost.
    A `throw_away` copy is not put on the disk with care. Raises BackupError when the target cannot be reached; the
    folder is then marked, and left for a look.
    """
    steps, asked = Steps(tell), time.monotonic()
    wal = bring(job, backup, part, into, target, steps, tell, use_spool=use_spool, settle=not throw_away)
    begun = time.monotonic()
    with marked(into), steps.step(f"replay of {part.name}", wal.bytes if wal else 0) as count:
        # What is replayed goes to the disk at the end, all at once: till then the copy is marked, and nobody takes it.
        with replaying(part, into, wal, target, count=count, is_careful=False) as server:
            last_commit, position = ends(server, backup, wal, target)
            server.stop()
        if not throw_away:
            _sync(part, into)
    finish(into)
    timeline = wal.timeline if wal else _moment_timeline(backup, part)
    return Recovered(into, last_commit, position, timeline, begun - asked, time.monotonic() - begun)


def _moment_timeline(backup: BackupSet, part: PostgresPart) -> int:
    moment = backup.database(part.name)
    return moment.timeline if moment else 1


@contextmanager
def replaying(
    part: PostgresPart,
    folder: Path,
    wal: Collected | None,
    target: Target,
    *,
    count: Callable[[int], None] | None = None,
    is_careful: bool = True,
    is_look: bool = False,
) -> Iterator[Private]:
    """A server that has come to the target: open for use, or for a look only. It is gone when the block ends.

    After a look, which needs no clean stop, the folder can be replayed further. Raises BackupError, with the
    server's own words, when the target is not reached.
    """
    given = {"log_min_messages": "log", "hot_standby": "on" if is_look else "off"}
    if wal:
        _forget_targets(folder)
        (folder / "recovery.signal").touch(mode=0o600)
        give(folder / "recovery.signal", part.account)
        given |= settings(target, wal.timeline)
        given |= {"restore_command": _command(wal.folder), "recovery_target_action": "pause" if is_look else "promote"}
    if is_look:
        given |= private.capacity(part, folder)
    if not is_careful:
        # Nor would segments that are kept for later be of use to anybody.
        given |= {"fsync": "off", "full_page_writes": "off", "wal_recycle": "off"}
    with private.running(part, folder, given) as server:
        try:
            server.wait(_is_paused if is_look and wal else _is_open, _restored(server, wal, count))
        except BackupError:
            last = _last_said(server)
            raise BackupError(
                f"{part.name} could not be recovered to {describe(target)}",
                hint=f"The last change that could be replayed is of {last}." if last else "Nothing could be replayed.",
                details=server.said(),
            ) from None
        yield server


def _is_open(session: psycopg.Connection[tuple[Any, ...]]) -> bool:
    row = session.execute("select not pg_is_in_recovery()").fetchone()
    return bool(row and row[0])


def _is_paused(session: psycopg.Connection[tuple[Any, ...]]) -> bool:
    row = session.execute("select pg_is_in_recovery() and pg_get_wal_replay_pause_state() = 'paused'").fetchone()
    return bool(row and row[0])


def _restored(server: Private, wal: Collected | None, count: Callable[[int], None] | None) -> Callable[[], None]:
    """Tells how many bytes of WAL were asked for, as the server's log has it."""

    def tick() -> None:
        if wal and count:
            count(server.log.read_bytes().count(b"restored log file") * wal.segment)

    return tick


def _last_said(server: Private) -> str:
    said = server.log.read_text(errors="replace").splitlines()
    lines = [line for line in said if "last completed transaction" in line]
    return lines[-1].rpartition("log time ")[2] if lines else ""


def _command(folder: Path) -> str:
    """A restore_command that copies out of the folder, and can do nothing else."""
    quoted = str(folder).replace("%", "%%").replace("'", "'\\''")
    return f"cp -- '{quoted}'/%f \"%p\""


_TARGETS = ("recovery_target", "restore_command", "recovery_min_apply_delay", "recovery_end_command")


def _forget_targets(folder: Path) -> None:
    """Recovery settings that the original once wrote for itself are not for its copy."""
    file = folder / "postgresql.auto.conf"
    lines = file.read_text().splitlines() if file.is_file() else []
    kept = [line for line in lines if not line.lstrip().startswith(_TARGETS)]
    if kept != lines:
        file.write_text("\n".join([*kept, ""]))


def ends(server: Private, backup: BackupSet, wal: Collected | None, target: Target) -> tuple[str, str]:
    """When the last commit was (UTC, "" for none replayed), and where replay ended.

    Raises BackupError when the latest moment was asked for and replay ended before the WAL that we hold does.
    """
    with server.connect("postgres") as session:
        row = session.execute(
            "select pg_last_xact_replay_timestamp(), pg_last_wal_replay_lsn()::text, pg_current_wal_lsn()::text"
        ).fetchone()
    assert row is not None
    last: Any = row[0]
    position = str(row[1] or row[2])
    moment = backup.database(server.part.name)
    if wal and isinstance(target, Latest) and moment:
        least = max(wal.least_end(), lsn(moment.lsn))
        if lsn(position) < least:
            raise BackupError(
                f"replay of {server.part.name} ended at {position}, but the WAL reaches {lsn_text(least)} at the least",
                hint="Some WAL is damaged. Go back to a moment before, by time: what comes after is lost.",
                details=server.said(),
            )
    return (iso(last) if last else ""), position


def _sync(part: PostgresPart, folder: Path) -> None:
    argv = [str(Path(part.server) / "initdb"), "--sync-only", "-D", str(folder)]
    answer = programs.run(argv, env=part.environment, account=part.account)
    if not answer.is_done:
        raise BackupError(f"the copy in {folder} could not be put on the disk", details=answer.tail)


@contextmanager
def serving(
    part: PostgresPart, folder: Path, settings: Mapping[str, str] | None = None, hba: str = ""
) -> Iterator[Private]:
    """A private server on a recovered copy, for looking into it; cleanly stopped when the block ends well.

    With `settings` and `hba`, see `private.running`, others than us may be let in.
    Raises BackupError for a copy that was not recovered, and when the server does not come up.
    """
    if (folder / UNFINISHED).exists():
        raise BackupError(
            f"{folder} was not recovered", details=(folder / UNFINISHED).read_text(errors="replace").splitlines()
        )
    with private.running(part, folder, settings or {}, hba) as server:
        server.wait(_is_open)
        yield server
        server.stop()
