"""The copy off site, held against the repository here."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stackyard.backup import offsite, store
from stackyard.backup.job import Job
from stackyard.backup.moments import seconds
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet, Kind
from stackyard.backup.snapshots import Snapshot

GRACE = 300.0
"""Seconds in which what is kept here, and belongs to no finished set, may still be on its way."""


@dataclass(frozen=True)
class Copied:
    """`url` is where it is, "" where there is to be none. `missing` are snapshots that are here, by their tags, and not
    there; `newest` is the newest good set that is meant to be there, and `told` says since when it is said to be.
    """

    url: str
    here: int = 0
    there: int = 0
    missing: tuple[str, ...] = ()
    newest: str = ""
    told: str = ""
    error: str = ""


def look(job: Job) -> dict[str, Any]:
    """See `Copied`."""
    there = offsite.repository(job)
    if there is None:
        return asdict(Copied(""))
    url = there.repository.url
    try:
        copies, own = there.snapshots(), Restic(job, job.repository).snapshots()
    except BackupError as error:
        return asdict(Copied(url, error=error.what))
    return asdict(compared(url, own, copies, store.sets(job), time.time()))


def compared(
    url: str, own: Sequence[Snapshot], copies: Sequence[Snapshot], known: Sequence[BackupSet], now: float
) -> Copied:
    """What is here held against what is there. `known` are the sets, the newest first; `now` is since the epoch.

    A safety set stays here until the next other one is made, and goes off site with that.
    """
    staying = {one.id for one in known if one.kind == Kind.SAFETY and not one.offsite}
    meant = [one for one in own if one.tags.get("set") not in staying]
    missing = _missing(meant, copies, {one.id for one in known if one.offsite}, now)
    good = next((one for one in known if one.is_good and one.id not in staying), None)
    newest, told = (good.id, good.offsite) if good else ("", "")
    return Copied(url, len(own), len(copies), missing, newest, told)


def _missing(
    own: Sequence[Snapshot], copies: Sequence[Snapshot], copied: Collection[str], now: float
) -> tuple[str, ...]:
    """What should have a copy by now: all of the sets that are said to have one, and whatever is not just made.

    A manifest is written anew when its set was drilled; until the next copy the one before will do.
    """
    keys = {offsite.key(one) for one in copies}
    told = {one.tags.get("set") for one in copies if one.has(store.MANIFEST)}
    lacking = [one for one in own if offsite.key(one) not in keys]
    lacking = [one for one in lacking if not (one.has(store.MANIFEST) and one.tags.get("set") in told)]
    late = [one for one in lacking if one.tags.get("set") in copied or now - seconds(one.time) > GRACE]
    return tuple(" ".join(f"{name}={value}" for name, value in sorted(one.tags.items())) for one in late)


def from_data(data: Mapping[str, Any]) -> Copied:
    """What a look saw. Raises TypeError on anything else."""
    return Copied(**{**data, "missing": tuple(data["missing"])})
