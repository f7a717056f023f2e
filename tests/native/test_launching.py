"""A supervisor that is launched ahead is taken by somebody, or it goes again."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.errors import StateError
from stackyard.targets.native.launching import Launching, launching
from stackyard.targets.native.supervisor.client import connect

pytestmark = pytest.mark.real


def test_a_supervisor_that_nobody_takes_ends(tmp_path: Path) -> None:
    ahead = Launching(tmp_path, "detached")
    ahead.drop()
    assert connect(tmp_path) is None


def test_a_supervisor_that_was_taken_stays_and_no_second_one_is_launched(tmp_path: Path) -> None:
    ahead = Launching(tmp_path, "detached")
    client = ahead.take()
    try:
        ahead.drop()
        assert client.status().mode == "detached"
        assert launching(tmp_path, "detached") is None
        with pytest.raises(StateError, match="already runs"):
            Launching(tmp_path, "detached").take()
    finally:
        client.shutdown(stop_programs=True)
