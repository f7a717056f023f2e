"""Whether every moment from the newest good set to now can be had, and every moment that somebody named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from stackyard.backup import archive, marks, retention, store, wal
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.problem import BackupError
from stackyard.backup.segments import lsn
from stackyard.backup.sets import BackupSet


@dataclass(frozen=True)
class Chain:
    """The changes of one database since the set: `gaps` is what is wrong with them, `stored` says when they last went
    into the repository, `newest` when the last came in (seconds since the epoch, 0 for never). `marks` maps each named
    moment to whether it lies between the oldest set that changes follow and the newest change.
    """

    part: str
    set: str
    gaps: tuple[str, ...]
    segments: int
    newest: float
    stored: str
    marks: dict[str, bool]


def look(job: Job) -> dict[str, Any]:
    """A `Chain` for each database whose changes are kept, () without a good set."""
    found = store.sets(job)
    good = next((one for one in found if one.is_good), None)
    if good is None:
        return {"chains": []}
    anchor = retention.anchor(found, job.policy, datetime.now(UTC))
    first = next((one for one in found if one.id == anchor), good)
    first = first if first.databases else good
    return {"chains": [asdict(_chain(job, part, good, first)) for part in job.postgres if part.wal]}


def from_data(data: Mapping[str, Any]) -> tuple[Chain, ...]:
    """What a look saw. Raises KeyError or TypeError on anything else."""
    return tuple(Chain(**{**one, "gaps": tuple(one["gaps"])}) for one in data["chains"])


def _chain(job: Job, part: PostgresPart, good: BackupSet, first: BackupSet) -> Chain:
    newest = wal.newest(job, part)
    written = newest.written if newest else 0.0
    if not wal.is_kept(part, good):
        said = (f"the set {good.id} was made without changes that could follow it",)
        return Chain(part.name, good.id, said, 0, written, "", {})
    try:
        named = _marks(job, part, first, newest.end if newest else 0)
        seen = archive.look(job, part, good)
    except BackupError as error:
        return Chain(part.name, good.id, (error.what,), 0, written, "", {})
    gaps = tuple(one.what for one in archive.holes(seen))
    return Chain(part.name, good.id, (*gaps, *_unsealed(seen)), len(seen.needed(None)), written, seen.pushed, named)


def _unsealed(seen: archive.Archive) -> tuple[str, ...]:
    """Segments that the ledger knows, and that lie nowhere: nobody may need them, but somebody took them."""
    there = {*seen.spooled, *seen.stored}
    needed = {seen.name(one) for one in seen.needed(None)}
    return tuple(f"{name} is gone" for name in seen.ledger.segments if name not in there and name not in needed)


def _marks(job: Job, part: PostgresPart, first: BackupSet, end: int) -> dict[str, bool]:
    """Raises BackupError when the list of marks cannot be read."""
    moment = first.database(part.name)
    found = {}
    for one in marks.marks(job):
        position = one.positions.get(part.name, "")
        if position and moment is not None:
            is_same = one.clusters.get(part.name) == moment.cluster
            found[f"{one.name} ({position})"] = is_same and lsn(moment.start) <= lsn(position) <= end
    return found


def reach(chain: Chain) -> str:
    """How far a chain reaches, in words."""
    last = datetime.fromtimestamp(chain.newest, UTC).isoformat(timespec="seconds") if chain.newest else "never"
    return f"{chain.segments} segments since {chain.set}, the newest written {last}"
