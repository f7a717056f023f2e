"""Whether the changes of a database come in at this moment."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from stackyard.backup import wal
from stackyard.backup.database import connect
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.problem import BackupError
from stackyard.backup.receive import slot_state
from stackyard.backup.segments import PAGE, lsn, lsn_text

PATIENCE = 5.0
"""Seconds in which a change must have come in."""
_PAUSE = 0.05


@dataclass(frozen=True)
class Arrival:
    """A commit at `position`, and the seconds until it was in the spool, None when it did not come within `PATIENCE`.

    `behind` is how many bytes the server keeps for the slot. `error` is why nothing could be tried.
    """

    part: str
    position: str = ""
    seconds: float | None = None
    file: str = ""
    has_slot: bool = False
    is_active: bool = False
    is_lost: bool = False
    behind: int = 0
    error: str = ""


def look(job: Job) -> dict[str, Any]:
    """An `Arrival` for each database whose changes are kept."""
    return {"arrivals": [asdict(_arrival(job, part)) for part in job.postgres if part.wal]}


def from_data(data: Mapping[str, Any]) -> tuple[Arrival, ...]:
    """What a look saw. Raises KeyError or TypeError on anything else."""
    return tuple(Arrival(**one) for one in data["arrivals"])


def _arrival(job: Job, part: PostgresPart) -> Arrival:
    try:
        slot = slot_state(part)
        begun = time.monotonic()
        position = _commit(part)
        found = wal.newest(job, part)
        while (found is None or found.end < position) and time.monotonic() - begun < PATIENCE:
            time.sleep(_PAUSE)
            found = wal.newest(job, part)
    except BackupError as error:
        return Arrival(part.name, error=error.what)
    seconds = time.monotonic() - begun if found and found.end >= position else None
    return Arrival(
        part.name, lsn_text(position), seconds, found.name if found else "", slot.exists, slot.is_active,
        slot.is_lost, slot.behind,
    )  # fmt: skip


def _commit(part: PostgresPart) -> int:
    """Commit a change of no table, longer than a page: what has come in is known to the page. The position after it."""
    with connect(part) as session:
        session.execute("select pg_logical_emit_message(true, 'stackyard', repeat('-', %s))", (2 * PAGE,))
        row = session.execute("select pg_current_wal_flush_lsn()").fetchone()
    return lsn(str(row[0])) if row else 0
