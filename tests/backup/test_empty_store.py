"""A store in which there is nothing yet, as every system has it on its first day."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.backup import create, fetch, verify
from stackyard.backup.events import silent
from stackyard.backup.job import FilesPart, Job
from stackyard.backup.sets import Kind, State

pytestmark = pytest.mark.real


def test_an_empty_store_is_in_the_set_and_comes_back_empty(plain: Job, tmp_path: Path) -> None:
    """BAK-01, BAK-03: nothing is not the same as not looked at."""
    store = tmp_path / "photos"
    store.mkdir()
    part = FilesPart("photos", str(store))
    job = replace(plain, files=(part,))
    backup = create.create(job, kind=Kind.MANUAL, tell=silent)
    piece = backup.piece("photos", "objects")
    assert piece is not None
    assert (backup.state, piece.files, piece.size) == (State.VERIFIED, 0, 0)
    assert verify.verify(job, backup, silent, deep=False).state is State.VERIFIED
    fetch.files(job, backup, part, tmp_path / "back")
    assert list((tmp_path / "back").iterdir()) == []


def test_an_empty_folder_in_a_store_comes_back_as_well(plain: Job, tmp_path: Path) -> None:
    store = tmp_path / "photos"
    (store / "2026").mkdir(parents=True)
    part = FilesPart("photos", str(store))
    job = replace(plain, files=(part,))
    backup = create.create(job, kind=Kind.MANUAL, tell=silent)
    fetch.files(job, backup, part, tmp_path / "back")
    assert [path.name for path in (tmp_path / "back").iterdir()] == ["2026"]
