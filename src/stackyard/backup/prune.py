"""Letting go of sets that have had their time, of what interrupted runs left, and of the space both took."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from stackyard.backup import offsite, pieces, retention, store
from stackyard.backup.events import Tell
from stackyard.backup.guard import lock
from stackyard.backup.job import Job
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet, is_id
from stackyard.backup.snapshots import Snapshot
from stackyard.backup.steps import Steps


def prune(job: Job, tell: Tell, *, dry: bool = False) -> tuple[BackupSet, ...]:
    """Remove the sets that the policy no longer keeps, here and off site; they are returned, oldest first.

    `dry` only says which. A repository off site that does not answer is told as a failed step: the next run goes on
    there. Raises BackupError.
    """
    with lock(job, "pruning"):
        restic = Restic(job, job.repository)
        snapshots = restic.snapshots()
        known = _known(job, snapshots)
        continuous = any(part.wal for part in job.postgres)
        gone = retention.expired(known, job.policy, datetime.now(UTC), continuous=continuous)
        if dry:
            return gone
        pieces.clear(job)
        kept = {one.id for one in known if one not in gone}
        anchor = retention.anchor([one for one in known if one.id in kept], job.policy, datetime.now(UTC))
        steps = Steps(tell)
        _forget(restic, gone, _useless(snapshots, kept, anchor), steps)
        for one in gone:
            store.drop(job, one.id)
        _off_site(job, gone, kept, anchor, steps)
        return gone


def _known(job: Job, snapshots: Sequence[Snapshot]) -> Sequence[BackupSet]:
    """The sets that the repository holds: nothing is removed because a file here was lost."""
    known = store.sets(job)
    there = {one.tags.get("set", "") for one in snapshots if one.has(store.MANIFEST)}
    return known if there == {one.id for one in known} else store.rebuild(job)


def _useless(snapshots: Sequence[Snapshot], kept: Collection[str], anchor: str) -> list[Snapshot]:
    """Snapshots of sets that go or never came to be, manifests since replaced, and WAL that nothing kept needs."""
    newest = {one.tags["set"]: one.id for one in snapshots if one.has(store.MANIFEST)}
    found = [
        one
        for one in snapshots
        if (of := one.tags.get("set")) and (of not in kept or (one.has(store.MANIFEST) and newest[of] != one.id))
    ]
    return found + _useless_wal([one for one in snapshots if "since" in one.tags], kept, anchor)


def _useless_wal(wal: Sequence[Snapshot], kept: Collection[str], anchor: str) -> list[Snapshot]:
    """WAL from before the anchor, but for that of the sets which are kept, and the last: the anchor begins in it."""
    before = sorted((one for one in wal if _since(one) < anchor), key=_since)
    last = {(one.tags.get("part"), one.tags.get("cluster")): _since(one) for one in before}
    return [
        one
        for one in before
        if _since(one) not in kept and _since(one) != last[one.tags.get("part"), one.tags.get("cluster")]
    ]


def _since(snapshot: Snapshot) -> str:
    """The set that WAL follows; "" for what came before there was any."""
    since = snapshot.tags["since"]
    return since if is_id(since) else ""


def _forget(restic: Restic, gone: Sequence[BackupSet], useless: Sequence[Snapshot], steps: Steps) -> None:
    if not useless:
        return
    names = ", ".join(one.id for one in gone) or "what an interrupted run left"
    with steps.step(f"removing {names}"):
        # Manifests go first: should this end half-way, no set looks whole whose pieces are gone.
        restic.forget([one.id for one in useless if one.has(store.MANIFEST)])
        restic.forget([one.id for one in useless if not one.has(store.MANIFEST)])
        restic.prune()


def _off_site(job: Job, gone: Sequence[BackupSet], kept: set[str], anchor: str, steps: Steps) -> None:
    there = offsite.repository(job)
    if there is None:
        return
    try:
        # A set that only the other repository knows is nobody's leftover: this machine may have lost its own.
        snapshots = there.snapshots()
        whole = {one.tags["set"] for one in snapshots if one.has(store.MANIFEST)} - {one.id for one in gone}
        _forget(there, gone, _useless(snapshots, {*kept, *whole}, anchor), steps)
    except BackupError as error:
        steps.warn("removing off site", error.what)
