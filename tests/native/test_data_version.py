"""Data of another major version is refused before anything is stopped, and it is said what leads on."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.errors import StateError
from stackyard.targets.native.postgres import has_data
from stackyard.targets.native.toolchain import Fetch, Want


def server(major: int) -> Fetch:
    """A server that is not on this machine yet."""
    return Fetch(Want("postgres"), "npm", "some", (major, 4), (), 0, 0, "not on this machine")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "PG_VERSION").write_text("16\n")
    return tmp_path


def test_a_later_server_is_refused_even_before_it_is_fetched(data: Path) -> None:
    """TOP-02: a running database is not stopped for one that cannot open its data."""
    assert has_data("db", data, server(16))
    with pytest.raises(StateError, match="was made by PostgreSQL 16") as caught:
        has_data("db", data, server(18))
    assert "`stackyard upgrade` moves it on" in caught.value.hint


def test_to_an_earlier_one_there_is_no_way(data: Path) -> None:
    with pytest.raises(StateError) as caught:
        has_data("db", data, server(15))
    assert "There is no way back" in caught.value.hint
    assert "upgrade" not in caught.value.hint
