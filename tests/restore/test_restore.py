"""A whole restore in memory: cut at every step, and with each of its steps failing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.backup.events import silent
from stackyard.errors import StackyardError, StateError, UsageError
from stackyard.operate.restoring.gather import gather
from stackyard.operate.restoring.moment import Moment
from stackyard.operate.restoring.plan import Request, plan
from stackyard.operate.restoring.restore import Restored, restore
from stackyard.operate.restoring.settle import settle
from stackyard.operate.restoring.side import into_database
from stackyard.operate.restoring.swap import Exchange
from stackyard.operate.restoring.undo import finish, kept, undo, undoable

from .town import NEW, OLD, SET, PowerCutError, Town

WHOLE = Request(SET.id)


def go(town: Town, request: Request = WHOLE) -> Restored:
    return restore(town, plan(request, gather(town)), silent)


def town_at(tmp_path: Path, *broken: str, steps: int = 1000) -> Town:
    home = tmp_path / f"town-{len(list(tmp_path.iterdir()))}"
    home.mkdir()
    return Town(home, steps, frozenset(broken))


def test_a_restore_makes_safe_first_works_beside_what_runs_and_only_then_stops_it(tmp_path: Path) -> None:
    """BAK-05: safety first, restored beside, verified, swapped, started, looked at, and a new set at once."""
    town = town_at(tmp_path)
    done = go(town)
    assert town.done == [
        "make safety", "note preparing", "push",
        "begin data/db", "fill data/db", "examine", "begin data/cache", "fill data/cache",
        "begin data/photos", "fill data/photos",
        "note stopping", "stop", "note swapping", "move", "move", "move", "move", "move", "move", "renew",
        "note swapped", "start new", "look", "keep", "drop", "make manual",
    ]  # fmt: skip
    assert (town.live, town.runs) == (NEW, True)
    assert (done.safety, done.made, done.last) == (SET.id, SET.id, {"db": "2026-03-03T08:59:59Z"})
    assert sorted(town.places.values()) == sorted([*OLD.values(), *NEW.values()])


def test_a_database_that_does_not_answer_is_its_own_safety(tmp_path: Path) -> None:
    town = town_at(tmp_path, "answer")
    done = go(town)
    assert "make safety" not in town.done
    assert "the old data itself is kept" in done.notices[0]
    assert "old db" in town.places.values()


@pytest.mark.parametrize(
    "failing", ["begin data/db", "fill data/photos", "examine", "page", "fill data/cache", "note stopping"]
)
def test_what_fails_before_the_swap_changes_nothing(failing: str, tmp_path: Path) -> None:
    """BAK-05: the running system is untouched, and nothing is left over."""
    town = town_at(tmp_path, failing)
    with pytest.raises(StackyardError):
        go(town)
    assert (town.live, town.runs, set(town.places)) == (OLD, True, set(OLD))
    assert town.journal.under_way() is None


@pytest.mark.parametrize("failing", ["stop", "move", "start new", "look", "tables"])
def test_what_fails_after_it_is_taken_back_and_said(failing: str, tmp_path: Path) -> None:
    """BAK-05: a restored system that does not start, or lacks tables, gives way to the old one by itself."""
    town = town_at(tmp_path, failing)
    if failing in ("stop", "move"):
        with pytest.raises(StackyardError):
            go(town)
        town.broken = frozenset()
        settle(town)
        assert town.live == OLD
        return
    with pytest.raises(StateError, match="was taken back") as caught:
        go(town)
    assert "The old data is in place and runs again." in caught.value.hint
    assert (town.live, town.runs, set(town.places)) == (OLD, True, set(OLD))
    assert town.journal.under_way() is None


def test_a_new_set_that_cannot_be_made_is_a_notice_and_no_failure(tmp_path: Path) -> None:
    done = go(town_at(tmp_path, "make manual", "push"))
    assert done.made == ""
    assert [notice.partition(":")[0] for notice in done.notices] == [
        "the newest changes stay on this machine for now",
        "no set could be made of the restored system",
    ]


def whole(town: Town) -> None:
    go(town)


def there_and_back(town: Town) -> None:
    go(town)
    undo(town, undoable(town), silent)


def failing(town: Town) -> None:
    town.broken = frozenset({"look"})
    with pytest.raises(StateError):
        go(town)


@pytest.mark.parametrize("work", [whole, there_and_back, failing])
def test_after_a_power_cut_at_any_step_the_next_command_finds_one_whole_system(
    work: Callable[[Town], None], tmp_path: Path
) -> None:
    """BAK-05: killed at every single step of a restore and of its undoing; what is there is all old, or all new."""
    for steps in range(200):
        town = town_at(tmp_path, steps=steps)
        try:
            work(town)
        except PowerCutError:
            town.restart()
            town.broken = frozenset()
        else:
            assert steps > 20
            return
        sentence = settle(town)
        assert town.live in (OLD, NEW)
        if sentence and "way back" not in sentence:
            assert ("the old data is in place" in sentence) == (town.live == OLD)
        assert set(OLD.values()) <= set(town.places.values())
        town.start()
        # And it can be done all over again.
        before = dict(town.live)
        go(town)
        assert town.live == NEW
        undo(town, undoable(town), silent)
        assert town.live == before
    pytest.fail("it never came to its end")


def test_undo_goes_back_and_keeps_what_was_restored(tmp_path: Path) -> None:
    """BAK-05: undo is one command."""
    town = town_at(tmp_path)
    go(town)
    done = undo(town, undoable(town), silent)
    assert (town.live, done.swap.verb) == (OLD, "undo")
    assert sorted(one.place.partition(".")[2].partition("-")[0] for one in kept(town)) == ["undone"] * 3
    with pytest.raises(UsageError, match="there is no restore to undo"):
        undoable(town)


def test_two_restores_are_undone_one_after_the_other(tmp_path: Path) -> None:
    town = town_at(tmp_path)
    go(town)
    go(town, Request(SET.id, only=("db",)))
    assert undo(town, undoable(town), silent).swap.parts == ("db",)
    assert undo(town, undoable(town), silent).swap.parts == ("db", "cache", "photos")
    assert town.live == OLD


def test_finish_removes_what_was_kept_and_nothing_else(tmp_path: Path) -> None:
    town = town_at(tmp_path)
    go(town)
    assert finish(town, kept(town)) == 30
    assert set(town.places) == set(NEW)
    assert kept(town) == ()


def test_what_an_upgrade_keeps_is_not_for_a_restore_to_remove(tmp_path: Path) -> None:
    town = town_at(tmp_path)
    go(town)
    (last,) = town.journal.kept()
    before = Exchange("db", "db", "data/db", "", "data/db.before-upgrade")
    town.places["data/db.before-upgrade"] = "PostgreSQL 15"
    town.journal.keep(replace(last, id="20260101T000000Z", verb="upgrade", exchanges=(before,)))
    finish(town, kept(town))
    assert town.places["data/db.before-upgrade"] == "PostgreSQL 15"
    assert [one.verb for one in town.journal.kept()] == ["upgrade"]


def test_a_part_that_had_no_data_stays_when_the_restore_is_undone(tmp_path: Path) -> None:
    town = town_at(tmp_path)
    del town.places["data/photos"]
    go(town)
    done = undo(town, undoable(town), silent)
    assert town.live == {**OLD, "data/photos": "new photos"}
    assert done.notices == ("photos stays: nothing was there before",)


def test_a_database_beside_the_living_one_touches_nothing(tmp_path: Path) -> None:
    """BAK-04: a side copy for looking."""
    town = town_at(tmp_path)
    found = plan(Request(moment=Moment("time", "2026-03-03T08:00:00Z"), beside=True), gather(town))
    copy = into_database(town, found, "before_import", silent)
    assert (copy.place, set(town.places), town.runs) == ("before_import", set(OLD), True)
    assert "stop" not in town.done
    with pytest.raises(UsageError, match="no name for a database"):
        into_database(town, found, "Robert'); drop", silent)
