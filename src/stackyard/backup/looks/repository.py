"""What the repository holds, as it says itself, beside what is known of it here."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from stackyard.backup import guard, store
from stackyard.backup.job import Job
from stackyard.backup.looks import known
from stackyard.backup.looks.known import Known
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet
from stackyard.backup.snapshots import Snapshot


@dataclass(frozen=True)
class Held:
    """`manifest` is that of the newest good set as the repository holds it; `error` is why it could not be read.

    `under_way` says who worked on the backups meanwhile, "" for nobody: then `known` and the snapshots may differ.
    """

    known: Known
    snapshots: tuple[Snapshot, ...]
    manifest: str
    error: str
    under_way: str


def look(job: Job) -> dict[str, Any]:
    """See `Held`."""
    restic = Restic(job, job.repository)
    before = known.known(job, time.time())
    found: tuple[Snapshot, ...] = ()
    text = error = ""
    try:
        found = restic.snapshots()
        text = _manifest(restic, found, before.good) if before.good else ""
    except BackupError as raised:
        error = raised.what
    under_way = before.under_way or (guard.holder(job) if guard.is_held(job) else "")
    return {
        "known": known.to_data(before),
        "snapshots": [asdict(one) for one in found],
        "manifest": text,
        "error": error,
        "under_way": under_way,
    }


def from_data(data: Mapping[str, Any]) -> Held:
    """What a look saw. Raises KeyError or TypeError on anything else."""
    snapshots = tuple(Snapshot(**{**one, "paths": tuple(one["paths"])}) for one in data["snapshots"])
    return Held(known.from_data(data["known"]), snapshots, data["manifest"], data["error"], data["under_way"])


def _manifest(restic: Restic, found: tuple[Snapshot, ...], good: BackupSet) -> str:
    own = [one for one in found if one.has({"set": good.id, **store.MANIFEST})]
    if not own:
        return ""
    with restic.dump(own[-1].id, own[-1].paths[0]) as taken:
        return taken.whole().decode(errors="replace")
