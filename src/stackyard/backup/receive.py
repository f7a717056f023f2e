"""Receiving WAL as it is written: the slot that makes the server keep it until then, and pg_receivewal."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard.backup import spool
from stackyard.backup.database import client_environment, connect, program
from stackyard.backup.heartbeat import beat
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.problem import BackupError
from stackyard.backup.segments import PAGE
from stackyard.backup.spool import Ledger
from stackyard.backup.wal import newest

if TYPE_CHECKING:
    import psycopg

SLOT = "stackyard_wal"
PATIENCE = 30.0
"""Seconds that what is committed now has to reach the spool: a receiver may just be beginning, on a busy machine."""
_PAUSE = 0.05
_TIMELINE = "('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int"


@dataclass(frozen=True)
class Slot:
    """The slot as the server sees it. `is_lost`: the server has thrown away WAL that nobody had received.

    `behind` is how many bytes of WAL the server keeps for it.
    """

    exists: bool
    is_active: bool = False
    is_lost: bool = False
    behind: int = 0


def slot_state(part: PostgresPart) -> Slot:
    """The state of the slot now. Raises BackupError when the server does not answer."""
    with connect(part) as session:
        return _slot(session)


def _slot(session: psycopg.Connection[tuple[Any, ...]]) -> Slot:
    row = session.execute(
        "select active, coalesce(wal_status = 'lost', false),"
        " coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint"
        " from pg_replication_slots where slot_name = %s",
        (SLOT,),
    ).fetchone()
    return Slot(True, bool(row[0]), bool(row[1]), int(str(row[2]))) if row else Slot(False)


def ensure_slot(part: PostgresPart) -> bool:
    """See that there is a slot that can be used; True when it was made, which means that WAL may be missing before it.

    Raises BackupError when the server does not answer.
    """
    with connect(part) as session:
        slot = _slot(session)
        if slot.exists and not slot.is_lost:
            return False
        if slot.exists:
            session.execute("select pg_drop_replication_slot(%s)", (SLOT,))
        session.execute("select pg_create_physical_replication_slot(%s, true)", (SLOT,))
        return True


def drop_slot(part: PostgresPart) -> None:
    """Remove the slot, so that the server keeps no WAL for us. Raises BackupError when the server does not answer."""
    with connect(part) as session:
        session.execute(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s and not active",
            (SLOT,),
        )


def prepare(job: Job, part: PostgresPart, since: str = "") -> Path:
    """Make everything ready for pg_receivewal, and return the folder that it shall write into.

    `since` is the newest good set, for a spool that begins now. What an earlier timeline of the server left in the
    folder moves into its past, where it can still be recovered from. Raises BackupError.
    """
    ensure_slot(part)
    with connect(part) as session:
        row = session.execute(
            "select (pg_control_system()).system_identifier::text, (select setting::int from pg_settings where name ="
            f" 'wal_segment_size'), {_TIMELINE}"
        ).fetchone()
    assert row is not None
    cluster, segment, timeline = str(row[0]), int(str(row[1])), int(str(row[2]))
    folder = job.places.wal(part.name, cluster)
    with spool.held(folder):
        ledger = spool.read(folder) or Ledger(cluster, segment, timeline, since or spool.BEGINNING)
        spool.write(folder, moved_on(folder, ledger, timeline))
    return folder


def moved_on(folder: Path, ledger: Ledger, timeline: int) -> Ledger:
    """The ledger of a server that is on that timeline; what an earlier one left moves into the past of the spool.

    The caller holds the spool.
    """
    if timeline > ledger.timeline:
        ledger = spool.sealed(folder, ledger)
        _move_past(folder, ledger, timeline)
    return spool.on(ledger, timeline)


def _move_past(folder: Path, ledger: Ledger, timeline: int) -> None:
    past = folder / spool.PAST
    past.mkdir(exist_ok=True)
    for file in spool.files(folder, ledger.segment):
        if file.segment and file.segment.timeline < timeline and file.path.parent == folder:
            file.path.replace(past / file.path.name)


def argv(part: PostgresPart, folder: Path, *, synchronous: bool = False) -> tuple[str, ...]:
    """The command that receives WAL until it is ended; run it as whoever owns the folder.

    `synchronous` acknowledges each write at once, which a server that waits for this receiver needs.
    """
    options = ("--synchronous",) if synchronous else ()
    return (program(part, "pg_receivewal"), "-w", "-D", str(folder), "-S", SLOT, "-n", *options)


def env(part: PostgresPart) -> dict[str, str]:
    """What the command needs in its environment."""
    return client_environment(part)


def catch_up(job: Job, part: PostgresPart, patience: float) -> bool:
    """Have everything that is committed now in the spool; True when it is, within `patience` seconds.

    A commit is made, so that there is one after whatever somebody wants to go back to. Raises BackupError when the
    server does not answer.
    """
    # What is received ends somewhere in a page, and only whole pages can be told: one beyond must be there.
    position, timeline = beat(part, fill=2 * PAGE) - PAGE, _timeline(part)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = newest(job, part)
        # An earlier timeline may have come further than this one: until the receiver is on ours, it tells nothing.
        if found and found.timeline == timeline and found.end >= position:
            return True
        time.sleep(_PAUSE)
    return False


def _timeline(part: PostgresPart) -> int:
    with connect(part) as session:
        row = session.execute(f"select {_TIMELINE}").fetchone()
    assert row is not None
    return int(str(row[0]))


def require_received(job: Job, part: PostgresPart) -> None:
    """Raises BackupError when what is committed now does not reach the spool."""
    if not catch_up(job, part, PATIENCE):
        raise BackupError(
            f"the WAL of {part.name} is not being received", hint="`stackyard status` shows the keeper of the backups."
        )
