"""The version of the data is known before anything is stopped for another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.errors import StateError
from stackyard.model.system import Postgres
from stackyard.model.values import Version
from stackyard.targets.compose import major
from stackyard.targets.compose.rendering import LABEL_MARK
from stackyard.targets.compose.snapshot import Container, Snapshot
from stackyard.targets.local.state import Record
from tests.native.literals import postgres, system


def database(version: int) -> Postgres:
    return replace(postgres(), version=Version((version,)))


def of(version: str) -> Snapshot:
    return Snapshot((Container("1", "db-1", "db", 1, {f"{LABEL_MARK}image": version}, "sha256:0", "running"),))


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "compose.json")


def test_what_was_noted_is_not_opened_with_another_version(record: Record) -> None:
    """TOP-02: PostgreSQL 18 would find nothing where 16 has its data, and begin anew."""
    shop = system(resources=[database(16)])
    major.note(record, shop)
    major.refuse(record, database(16), Snapshot())
    with pytest.raises(StateError, match="the data of db is of PostgreSQL 16, and 18 cannot open it") as caught:
        major.refuse(record, database(18), Snapshot())
    assert "`postgres: 16` in the file runs it as it is" in caught.value.hint
    major.forget(record, "db")
    major.refuse(record, database(18), Snapshot())


@pytest.mark.parametrize("image", ["postgres:16", "registry.example.org/library/postgres:16.4-bookworm"])
def test_without_a_note_the_container_that_runs_says_it(record: Record, image: str) -> None:
    with pytest.raises(StateError, match="is of PostgreSQL 16, and 17 cannot open it"):
        major.refuse(record, database(17), of(image))
    major.refuse(record, database(17), of("postgres:17"))
    major.refuse(record, database(17), of("example/own-database:16"))
