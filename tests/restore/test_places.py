"""Folders of data on this machine: moved, never moved over, and removed only where a restore has made them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from stackyard.errors import StateError
from stackyard.operate.compose.restoring_places import ComposePlaces
from stackyard.operate.restoring.interrupted import end_interrupted
from stackyard.operate.restoring.native_places import NativePlaces
from stackyard.operate.restoring.swap import Exchange, Phase, Swap
from stackyard.operate.verbs import verbs_of
from stackyard.spec.load import load
from stackyard.targets.compose.layout import Layout as ComposeLayout
from stackyard.targets.local.removal import remove_tree
from stackyard.targets.local.state import operation
from stackyard.targets.names import COMPOSE, NATIVE
from stackyard.targets.native.layout import Layout

ID = "20260303T020000Z"


@pytest.fixture
def places(tmp_path: Path) -> NativePlaces:
    """A system with a database, in whose place a restored one waits."""
    found = NativePlaces(Layout(tmp_path, "development"))
    for name, text in (("db", "old"), (f"db.restored-{ID}", "new"), (f"db.restored-{ID}.wal", "changes")):
        (found.layout.data(name)).mkdir(parents=True)
        (found.layout.data(name) / "PG_VERSION").write_text(text)
    return found


def swap_of(places: NativePlaces, phase: Phase) -> Swap:
    db = str(places.layout.data("db"))
    exchange = Exchange("db", "db", db, f"{db}.restored-{ID}", f"{db}.before-{ID}")
    return Swap(ID, "restore", ID, "then", "2026-03-03T09:00:00Z", phase, (exchange,))


def test_nothing_is_ever_moved_over_something(places: NativePlaces) -> None:
    db = str(places.layout.data("db"))
    with pytest.raises(StateError, match="nothing is moved over it"):
        places.move(f"{db}.restored-{ID}", db)
    places.move(db, f"{db}.before-{ID}")
    places.move(f"{db}.restored-{ID}", db)
    assert (Path(db) / "PG_VERSION").read_text() == "new"


@pytest.mark.parametrize("name", ["db", "db.mine", "../secrets", f"db.restored-{ID}/../db", "db.restored-now"])
def test_only_what_a_restore_has_made_is_removed(name: str, places: NativePlaces) -> None:
    """BAK-05: live data is never removed, whatever stands in a file."""
    with pytest.raises(StateError, match="is not removed"):
        places.remove(f"{places.layout.folder}/data/{name}")
    assert (places.layout.data("db") / "PG_VERSION").exists()


def test_what_an_interrupted_restore_left_is_found_and_removed(places: NativePlaces) -> None:
    left = places.leftovers()
    assert sorted(Path(place).name for place in left) == [f"db.restored-{ID}", f"db.restored-{ID}.wal"]
    for place in left:
        places.remove(place)
    assert [path.name for path in (places.layout.folder / "data").iterdir()] == ["db"]


@contextmanager
def somebody_at_work_in(folder: Path, seconds: float) -> Iterator[None]:
    """Writes files into the folder for so long, or until it is gone; it holds more than can be removed at once."""
    for number in range(2000):
        (folder / f"{number}").touch()
    until = time.monotonic() + seconds

    def work() -> None:
        with suppress(FileNotFoundError):
            for number in count():
                (folder / f"new-{number}").touch()
                if time.monotonic() > until:
                    return

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def test_a_copy_in_which_somebody_is_still_at_work_is_removed_when_they_have_ended(places: NativePlaces) -> None:
    """BAK-05: a killed restore leaves a server that recovers its copy a moment longer."""
    copy = places.layout.data(f"db.restored-{ID}")
    with somebody_at_work_in(copy, 0.5):
        places.remove(str(copy))
    assert not copy.exists()


def test_a_copy_that_cannot_be_removed_is_told(places: NativePlaces) -> None:
    copy = places.layout.data(f"db.restored-{ID}")
    with somebody_at_work_in(copy, 1.0), pytest.raises(StateError, match=f"{ID} cannot be removed"):
        remove_tree(copy, patience=0.0)


def test_what_waits_for_its_swap_is_no_leftover(places: NativePlaces) -> None:
    places.journal.write(swap_of(places, Phase.SWAPPING))
    assert [Path(place).name for place in places.leftovers()] == [f"db.restored-{ID}.wal"]


def test_whoever_comes_next_ends_an_interrupted_restore_and_says_how(places: NativePlaces) -> None:
    """BAK-05: killed between its two moves; `status` and `down` say so as well as `up`."""
    places.journal.write(swap_of(places, Phase.SWAPPING))
    db = places.layout.data("db")
    db.rename(f"{db}.before-{ID}")
    said = end_interrupted(places.layout, "status", lambda: places)
    assert said == f"the restore {ID} was interrupted and is taken back: the old data is in place"
    assert (db / "PG_VERSION").read_text() == "old"
    assert end_interrupted(places.layout, "status", lambda: places) == ""


def test_a_restore_that_is_still_at_work_is_left_alone(places: NativePlaces) -> None:
    places.journal.write(swap_of(places, Phase.SWAPPING))
    with operation(places.layout.lock_file, "restore"):
        assert end_interrupted(places.layout, "status", lambda: places) == ""
    assert places.journal.is_under_way


def test_each_target_ends_its_own_restores_and_leaves_those_of_the_other_alone(tmp_path: Path) -> None:
    """BAK-05: both live in one folder, and neither can move the data of the other."""
    places = ComposePlaces(ComposeLayout(tmp_path, "development"))
    swap = Swap(ID, "restore", ID, "then", "2026-03-03T09:00:00Z", Phase.PREPARING, ())
    places.journal.write(swap)
    assert NativePlaces(Layout(tmp_path, "development")).journal.under_way() is None
    assert verbs_of(NATIVE, tmp_path, "development").end_interrupted("status") == ""
    assert places.journal.under_way() == swap
    said = verbs_of(COMPOSE, tmp_path, "development").end_interrupted("status")
    assert said == f"the restore {ID} was interrupted before its swap: the old data is in place"
    assert not places.journal.is_under_way


def test_whatever_works_on_compose_ends_an_interrupted_restore_before_anything_starts(tmp_path: Path) -> None:
    """BAK-05: `up` goes on only with data that is in its place."""
    (tmp_path / "stackyard.yaml").write_text("system: book\nresources:\n  cache: {redis: 7}\n")
    places = ComposePlaces(ComposeLayout(tmp_path, "development"))
    places.journal.write(Swap(ID, "restore", ID, "then", "2026-03-03T09:00:00Z", Phase.STOPPING, ()))
    with verbs_of(COMPOSE, tmp_path, "development").begin(load(tmp_path, "development"), "up"):
        assert not places.journal.is_under_way
