"""The swap of a restore, interrupted after every single step, and its settlement interrupted in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stackyard.errors import StateError
from stackyard.operate.restoring.journal import Journal
from stackyard.operate.restoring.settle import settle, swap_back, swap_in
from stackyard.operate.restoring.swap import Exchange, Move, Phase, Swap, backward, decide, forward

from .town import NEW, PowerCutError, Town

DB = Exchange("db", "db", "data/db", "data/db.restored-1", "data/db.before-1")
CACHE = Exchange("cache", "cache", "data/cache", "data/cache.restored-1", "data/cache.before-1")
PHOTOS = Exchange("photos", "files", "data/photos", "data/photos.restored-1", "data/photos.before-1", had_live=False)
SWAP = Swap("1", "restore", "20260102T020000Z", "2 January, 02:00", "2026-01-03T10:00:00Z", Phase.STOPPING,
            (DB, CACHE, PHOTOS))  # fmt: skip
OLD = {"data/db": "old db", "data/cache": "old cache"}


def before(home: Path, steps: int = 1000) -> Town:
    """Everything is ready for the swap, and nothing runs."""
    home.mkdir(parents=True)
    old = {"data/db": "old db", "data/cache": "old cache"}
    waiting = {f"{place}.restored-1": what for place, what in NEW.items()}
    return Town(home, steps, places={**old, **waiting}, runs=False)


def restore(disk: Town) -> None:
    disk.journal.write(SWAP)
    disk.journal.keep(swap_in(disk, SWAP))


def restore_that_fails(disk: Town) -> None:
    disk.journal.write(SWAP)
    swap_back(disk, swap_in(disk, SWAP))


def cuts(work: Callable[[Town], None], tmp_path: Path) -> Iterator[Town]:
    """The disk after every prefix of the work."""
    for steps in range(1000):
        disk = before(tmp_path / f"cut-{steps}", steps)
        try:
            work(disk)
        except PowerCutError:
            disk.steps = 1000
            yield disk
            continue
        return


def everything(disk: Town) -> list[str]:
    return sorted(disk.places.values())


@pytest.mark.parametrize("work", [restore, restore_that_fails])
def test_after_a_power_cut_anywhere_all_parts_are_old_or_all_are_new(
    work: Callable[[Town], None], tmp_path: Path
) -> None:
    """BAK-05: an interrupted restore leaves the old data usable, or the new, never a mixture; nothing is lost."""
    seen = set()
    for disk in cuts(work, tmp_path):
        held = everything(disk)
        sentence = settle(disk)
        assert disk.live in (OLD, NEW)
        assert everything(disk) == held
        assert disk.journal.under_way() is None
        if sentence:
            assert ("the old data is in place" in sentence) == (disk.live == OLD)
        seen.add(disk.live == NEW)
    assert seen == {True, False}


@pytest.mark.parametrize("work", [restore, restore_that_fails])
def test_a_settlement_may_be_interrupted_too(work: Callable[[Town], None], tmp_path: Path) -> None:
    """BAK-05: whoever settles an interrupted restore may be killed at any step, and the next one ends the same way."""
    for number, disk in enumerate(cuts(work, tmp_path / "first")):
        verdict = dict(disk.places)
        journal = (disk.home / "restore.json").read_text() if disk.journal.is_under_way else None
        settle(disk)
        for steps in range(20):
            again = Town(tmp_path / f"second-{number}-{steps}", steps, places=dict(verdict), runs=False)
            again.home.mkdir()
            if journal is not None:
                (again.home / "restore.json").write_text(journal)
            try:
                settle(again)
            except PowerCutError:
                again.steps = 1000
                settle(again)
            assert again.live == disk.live
            assert everything(again) == everything(disk)


def test_a_completed_restore_is_kept_for_the_way_back(tmp_path: Path) -> None:
    disk = before(tmp_path / "disk")
    restore(disk)
    (kept,) = disk.journal.kept()
    assert (kept.id, kept.parts) == ("1", ("db", "cache", "photos"))
    assert disk.places["data/db.before-1"] == "old db"


def test_the_way_back_is_a_swap_like_any_other(tmp_path: Path) -> None:
    disk = before(tmp_path / "disk")
    restore(disk)
    way_back = Swap(
        "2", "undo", "", "before the restore 1", "2026-01-03T11:00:00Z", Phase.STOPPING,
        (Exchange("db", "db", "data/db", "data/db.before-1", "data/db.undone-2"),), undoes="1",
    )  # fmt: skip
    disk.journal.write(way_back)
    disk.journal.keep(swap_in(disk, way_back))
    assert disk.places["data/db"] == "old db"
    assert disk.places["data/db.undone-2"] == "new db"
    assert [one.id for one in disk.journal.kept()] == ["2"]


def test_what_was_replaced_is_never_moved_over_something() -> None:
    """A folder that somebody made in the middle of a restore stops it with a sentence."""
    there = {"data/db", "data/db.restored-1", "data/db.before-1"}
    with pytest.raises(StateError, match="has made data/db anew"):
        forward(Swap(**{**SWAP.__dict__, "exchanges": (DB,)}), there.__contains__)
    back = backward(Swap(**{**SWAP.__dict__, "exchanges": (DB,)}), there.__contains__)
    assert (back.moves, back.lost["db"].what) == (
        (),
        "something has made data/db anew in the middle of a restore of db",
    )


@pytest.mark.parametrize("again", [False, True])
def test_a_part_that_is_lost_keeps_no_other_from_coming_back(again: bool, tmp_path: Path) -> None:
    """BAK-05: after a power cut the database is old again, the cache that somebody took away is named, nothing runs."""
    swap = Swap(**{**SWAP.__dict__, "phase": Phase.SWAPPING})
    town = Town(tmp_path, runs=False, places={
        "data/db": "new db", "data/db.before-1": "old db",
        "data/cache.restored-1": "new cache", "data/photos": "new photos",
    })  # fmt: skip
    town.journal.write(swap)
    for _ in range(1 + again):
        with pytest.raises(StateError, match=r"data of cache is not where .*: data/cache.before-1 is gone") as caught:
            settle(town)
        assert caught.value.details[-1] == "db, photos: the old data is in place"
        assert town.live == {"data/db": "old db"}
        assert town.journal.is_under_way, "whoever comes next is told again, and starts nothing"
    town.places["data/cache.before-1"] = "old cache"
    assert settle(town) == "the restore 1 was interrupted and is taken back: the old data is in place"
    assert town.live == OLD
    assert not town.journal.is_under_way


def test_new_data_whose_predecessor_is_gone_stays_where_it_is(tmp_path: Path) -> None:
    there = {"data/db": "new db", "data/cache": "new cache", "data/cache.before-1": "old cache"}
    town = Town(tmp_path, runs=False, places=there)
    town.journal.write(Swap(**{**SWAP.__dict__, "exchanges": (DB, CACHE), "phase": Phase.RETURNING}))
    with pytest.raises(StateError, match=r"data/db\.before-1 is gone"):
        settle(town)
    assert town.live == {"data/db": "new db", "data/cache": "old cache"}


@pytest.mark.parametrize(
    ("there", "lost"),
    [
        ({"data/db"}, "data/db.restored-1"),
        ({"data/db.restored-1"}, "data/db"),
        (set(), "data/db.restored-1"),
    ],
)
def test_data_that_was_taken_away_meanwhile_is_named(there: set[str], lost: str) -> None:
    with pytest.raises(StateError, match=f"{lost} is gone"):
        forward(Swap(**{**SWAP.__dict__, "exchanges": (DB,)}), there.__contains__)


def test_a_swap_between_its_two_moves_is_taken_back_by_one() -> None:
    there = {"data/db.restored-1", "data/db.before-1"}
    swap = Swap(**{**SWAP.__dict__, "exchanges": (DB,), "phase": Phase.SWAPPING})
    decision = decide(swap, there.__contains__)
    assert decision.moves == (Move("data/db.before-1", "data/db"),)
    assert decision.sentence == "the restore 1 was interrupted and is taken back: the old data is in place"


def test_a_damaged_journal_is_an_error_and_never_a_guess(tmp_path: Path) -> None:
    (tmp_path / "restore.json").write_text('{"id": 1')
    with pytest.raises(StateError, match="nobody can say how far"):
        Journal(tmp_path).under_way()


UPGRADE = Swap("1", "upgrade", "16", "PostgreSQL 18 (before: 16)", "2026-01-03T10:00:00Z", Phase.STOPPING,
               (Exchange("db", "db", "db/cluster", "db/restored-1", "db/before-1", seat="db/18/docker"),))  # fmt: skip
BACK = Swap("2", "undo", "", "PostgreSQL 16", "2026-01-03T11:00:00Z", Phase.STOPPING,
            (Exchange("db", "db", "db/18/docker", "db/before-1", "db/undone-2", seat="db/cluster"),),
            undoes="1")  # fmt: skip
AT_16 = {"db/cluster": "16", "db/restored-1": "18"}


def upgrade(disk: Town) -> None:
    disk.journal.write(UPGRADE)
    disk.journal.keep(swap_in(disk, UPGRADE))


def upgrade_that_fails(disk: Town) -> None:
    disk.journal.write(UPGRADE)
    swap_back(disk, swap_in(disk, UPGRADE))


@pytest.mark.parametrize("work", [upgrade, upgrade_that_fails])
def test_data_of_another_version_that_lives_in_another_place_is_whole_after_a_power_cut(
    work: Callable[[Town], None], tmp_path: Path
) -> None:
    """DB-08: where a version has a folder of its own, one of them has its data in use, and the other one is kept."""
    seen = set()
    for steps in range(1000):
        home = tmp_path / f"cut-{steps}"
        home.mkdir()
        disk = Town(home, steps, places=dict(AT_16), runs=False)
        try:
            work(disk)
        except PowerCutError:
            disk.steps = 1000
            settle(disk)
            assert disk.places in (AT_16, {"db/18/docker": "18", "db/before-1": "16"})
            assert disk.journal.under_way() is None
            seen.add("db/cluster" in disk.places)
            continue
        break
    assert True in seen


def test_the_way_back_from_another_version_leads_to_the_place_of_the_old_one(tmp_path: Path) -> None:
    disk = Town(tmp_path, places=dict(AT_16), runs=False)
    upgrade(disk)
    disk.journal.write(BACK)
    disk.journal.keep(swap_in(disk, BACK))
    assert disk.places == {"db/cluster": "16", "db/undone-2": "18"}
    assert (BACK.is_of_versions, UPGRADE.is_of_versions, SWAP.is_of_versions) == (True, True, False)


@pytest.mark.parametrize("there", [{"db/cluster", "db/restored-1", "db/18/docker"}, {"db/18/docker", "db/restored-1",
                                                                                     "db/before-1"}])  # fmt: skip
def test_nothing_is_moved_over_data_of_the_new_version_that_somebody_made(there: set[str]) -> None:
    with pytest.raises(StateError, match="has made db/18/docker anew"):
        forward(UPGRADE, there.__contains__)
