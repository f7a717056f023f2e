"""Moments get names, which outlive the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.backup import marks, push
from stackyard.backup.problem import BackupError
from stackyard.backup.sets import BackupSet
from tests.backup.archived import Archived
from tests.backup.ground import Shop

pytestmark = pytest.mark.real


def test_a_mark_lies_in_the_wal_of_every_database_and_is_found_again(archived: Archived, tmp_path: Path) -> None:
    """BAK-04: a moment may be gone back to by its name."""
    mine = archived.copied(tmp_path)
    made = marks.mark(mine.job, "before-lunch")
    assert [one.name for one in marks.marks(mine.job)] == ["before-two", "before-lunch"]
    assert marks.find(mine.job, "before-lunch") == made
    assert made.target("db").name == "stackyard-mark-before-lunch"
    assert made.target("db").lsn == made.positions["db"]
    push.push(mine.job, mine.part)
    mine.job.places.marks.unlink()
    assert [one.name for one in marks.marks(mine.job)] == ["before-two", "before-lunch"], "from the repository"


def test_names_that_are_taken_or_cannot_be_are_refused(archived: Archived, tmp_path: Path) -> None:
    mine = archived.copied(tmp_path)
    with pytest.raises(BackupError, match="there is a mark before-two already"):
        marks.mark(mine.job, "before-two")
    with pytest.raises(BackupError, match="cannot be the name of a mark"):
        marks.mark(mine.job, "Before lunch; or after")
    with pytest.raises(BackupError, match="there is no mark 'lunch'") as caught:
        marks.find(mine.job, "lunch")
    assert caught.value.hint == "There are: before-two."


def test_a_system_that_keeps_no_wal_has_no_marks(copied: tuple[Shop, BackupSet]) -> None:
    shop, _backup = copied
    assert marks.marks(shop.job) == ()
    with pytest.raises(BackupError, match="no database of this system keeps its WAL"):
        marks.mark(shop.job, "before-lunch")
