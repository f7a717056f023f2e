"""A repository that was damaged is put right by the next set, and what was healed counts again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.backup import archive, create, mending, push, store, verify, wal
from stackyard.backup.events import silent
from stackyard.backup.moments import seconds
from stackyard.backup.problem import DamagedError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import DRILL, BackupSet, Finding, Kind, State
from stackyard.backup.steps import Steps
from tests.backup.archived import Archived
from tests.backup.damage import largest, riddle, spoil
from tests.backup.ground import Shop

pytestmark = pytest.mark.real

WAL = Finding("wal db", "000000010000000000000005 is missing from the repository")
ROWS = Finding("db base", "the copy has 3 of 4 rows of public.orders", DRILL)


def test_a_look_that_finds_nothing_any_more_lifts_what_the_same_look_found(made: tuple[Shop, BackupSet]) -> None:
    """BAK-03: the state of a set is what is known of it; what was found once is told as history."""
    broken = made[1].found(WAL)
    assert verify.judged(broken, (WAL,)).findings == (WAL,), "nothing is told twice"
    healed = verify.judged(broken, ())
    assert (healed.state, healed.findings) == (State.VERIFIED, ())
    assert [(one.piece, one.what, one.when) for one in healed.healed] == [(WAL.piece, WAL.what, healed.verified)]


def test_what_a_drill_found_is_not_lifted_by_reading_back(made: tuple[Shop, BackupSet]) -> None:
    """BAK-03: verification compares no rows, so it cannot tell that they are right now."""
    broken = made[1].found(WAL, ROWS)
    read = verify.judged(broken, ())
    assert (read.state, read.findings, [one.what for one in read.healed]) == (State.BROKEN, (ROWS,), [WAL.what])
    assert read.cleared(DRILL, State.DRILLED, "2026-03-31T02:00:00Z").state == State.DRILLED


@pytest.mark.parametrize("damage", [riddle, Path.unlink], ids=["flipped", "lost"])
def test_the_set_after_damage_is_whole_and_so_is_every_set_that_still_counts(
    copied: tuple[Shop, BackupSet], damage: Callable[[Path], None]
) -> None:
    """BAK-01, BAK-03: what is damaged is not taken for stored for ever."""
    shop, _ = copied
    damage(largest(shop.repository / "data"))
    done = create.create(shop.job, kind=Kind.MANUAL, tell=silent)
    assert done.is_good
    assert (shop.repository / mending.ASIDE).is_dir() == (damage is riddle), "nothing is thrown away"
    restic = Restic(shop.job, shop.job.repository)
    assert restic.check(read_data=True) == ()
    known = store.sets(shop.job)
    assert done in known
    assert all(one.is_good and verify.verify(shop.job, one, silent).is_good for one in known)


def test_a_repository_that_is_whole_is_left_alone(copied: tuple[Shop, BackupSet]) -> None:
    shop, _ = copied
    before = sorted(mending.contents(shop.repository))
    assert not mending.mend(Restic(shop.job, shop.job.repository), Steps(silent))
    assert sorted(mending.contents(shop.repository)) == before


def test_wal_that_the_repository_lost_is_put_back_by_the_next_push_and_the_set_counts_again(
    archived: Archived, tmp_path: Path
) -> None:
    """BAK-04: what the spool still has is no loss."""
    shop = archived.copied(tmp_path)
    restic = Restic(shop.job, shop.job.repository)
    restic.forget([one.id for one in archive.snapshots(restic, "db")])
    broken = verify.verify(shop.job, shop.backup, silent)
    assert [one.piece for one in broken.findings] == ["wal db"]
    assert "missing from the repository" in broken.findings[0].what
    push.push(shop.job, shop.part)
    again = verify.verify(shop.job, broken, silent)
    assert (again.is_good, [one.what for one in again.healed]) == (True, [broken.findings[0].what])
    assert store.find(shop.job, "latest") == again


def test_wal_that_comes_back_damaged_is_found_and_stays_in_the_spool_until_it_is_stored_again(
    archived: Archived, tmp_path: Path
) -> None:
    """BAK-03, BAK-04: the only other copy goes when this one was read back, and not before."""
    shop = archived.copied(tmp_path)
    restic = Restic(shop.job, shop.job.repository)
    ended = seconds(shop.backup.ended)
    spoil(largest(shop.shop.repository / "data", lambda file: file.stat().st_mtime > ended))
    broken = verify.verify(shop.job, shop.backup, silent)
    assert {one.piece for one in broken.findings} == {"wal db"}
    before = shop.segments()
    later = replace(shop.backup, databases=(replace(shop.backup.databases[0], start="0/F0000000"),))
    with pytest.raises(DamagedError):
        wal.trim(shop.job, shop.part, later)
    assert shop.segments() == before
    assert mending.mend(restic, Steps(silent))
    push.push(shop.job, shop.part)
    assert verify.verify(shop.job, broken, silent).is_good
