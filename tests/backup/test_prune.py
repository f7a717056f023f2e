"""Letting go: of what the policy no longer keeps, and of nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stackyard.backup import store
from stackyard.backup.events import Event, silent
from stackyard.backup.job import Job, Policy, PostgresPart
from stackyard.backup.prune import prune
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet, Kind, Piece, State
from tests.backup import ground

pytestmark = pytest.mark.real

DAY = 86400.0


def id_of(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y%m%dT%H%M%SZ")


def stored(job: Job, days: float, state: State = State.VERIFIED) -> BackupSet:
    """A small set that was made so many days ago, WAL that follows it, and the set's manifest."""
    name, restic = id_of(days), Restic(job, job.repository)
    kept = restic.backup_bytes(name.encode() * 100, "base-db.tar", {"set": name, "kind": "base", "part": "db"})
    restic.backup_bytes(b"wal", "wal", {"wal": "", "part": "db", "cluster": "1", "since": name})
    piece = Piece("db", "base", kept.snapshot, "base-db.tar", 1, 1, kept.sha256, 0.0)
    backup = BackupSet(name, "shop", "test", Kind.SCHEDULED, "", "", "", (piece,), (), state=state)
    store.save(job, backup)
    return backup


def left(job: Job) -> dict[str, list[str]]:
    """The sets in the repository, and those whose WAL is there."""
    found = Restic(job, job.repository).snapshots()
    return {name: sorted({one.tags[name] for one in found if name in one.tags}) for name in ("set", "since")}


def continuous(job: Job) -> Job:
    part = PostgresPart("db", "", 0, "", "", "", "", "", "", "", wal=True)
    return replace(job, postgres=(part,))


def test_expired_sets_go_with_all_that_was_theirs(plain: Job) -> None:
    """BAK-02."""
    job = replace(plain, policy=Policy(keep=2 * DAY))
    old, new = stored(job, 5), stored(job, 1)
    assert prune(job, silent, dry=True) == (old,)
    assert len(store.sets(job)) == 2
    assert prune(job, silent) == (old,)
    assert store.sets(job) == (new,)
    assert left(job)["set"] == [new.id]
    assert Restic(job, job.repository).check(read_data=True) == ()
    assert prune(job, silent) == ()


def test_wal_stays_as_long_as_recovery_may_need_it(plain: Job) -> None:
    """BAK-04: a broken set in between goes, and the WAL that leads past it stays."""
    job = continuous(replace(plain, policy=Policy(keep=3 * DAY)))
    sets = [stored(job, 9), stored(job, 7), stored(job, 5), stored(job, 2, State.BROKEN), stored(job, 1)]
    gone = prune(job, silent)
    assert gone == (sets[0], sets[1], sets[3])
    # The one before the oldest that is kept holds the WAL of the hours in which that set was made.
    assert left(job) == {"set": [sets[2].id, sets[4].id], "since": [one.id for one in sets[1:]]}


def test_manifests_that_were_replaced_go_and_the_newest_stays(plain: Job) -> None:
    backup = stored(plain, 1)
    manifest = {"set": backup.id, **store.MANIFEST}
    restic = Restic(plain, plain.repository)
    newest = restic.snapshots(manifest)
    restic.backup_bytes(b"{}", "manifest.json", manifest)
    later = [one for one in restic.snapshots(manifest) if one not in newest]
    prune(plain, silent)
    assert restic.snapshots(manifest) == tuple(later)


def test_a_file_that_was_lost_here_costs_no_set_in_the_repository(plain: Job) -> None:
    backup = stored(plain, 1)
    store.drop(plain, backup.id)
    assert prune(plain, silent) == ()
    assert store.sets(plain) == (backup,)


def test_snapshots_of_another_system_in_the_same_repository_are_let_be(plain: Job) -> None:
    other = replace(plain, system="other", folder=f"{plain.folder}-other")
    backup = stored(other, 400)
    stored(plain, 1)
    prune(plain, silent)
    assert left(other)["set"] == [backup.id]


def test_the_same_goes_off_site_and_what_only_it_knows_stays(plain: Job, template: Path, tmp_path: Path) -> None:
    """BAK-02."""
    away = replace(plain.repository, url=str(ground.new_repository(template, tmp_path / "away")))
    job = replace(plain, policy=Policy(keep=2 * DAY), offsite=away)
    old, new = stored(job, 5), stored(job, 1)
    elsewhere = replace(job, repository=away, folder=str(tmp_path / "elsewhere"))
    foreign = stored(elsewhere, 300)
    here, there = Restic(job, job.repository), Restic(job, away)
    here.copy_to(there, [one.id for one in here.snapshots()])
    assert prune(job, silent) == (old,)
    assert left(elsewhere)["set"] == [foreign.id, new.id]


def test_a_repository_off_site_that_is_away_is_told_and_does_not_matter(plain: Job, tmp_path: Path) -> None:
    job = replace(plain, policy=Policy(keep=2 * DAY), offsite=replace(plain.repository, url=str(tmp_path / "none")))
    old, _ = stored(job, 5), stored(job, 1)
    told: list[Event] = []
    assert prune(job, told.append) == (old,)
    assert [event.step for event in told if event.state == "failed"] == ["removing off site"]
