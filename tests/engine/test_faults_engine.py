"""The short version of the faults on Compose: containers that die, and a command line that is killed on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from faults.__main__ import ground
from faults.engine import OnCompose, on_compose

from faults import compose, compose_commands

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def system() -> Iterator[OnCompose]:
    with ground() as place, on_compose(place) as checkout:
        yield checkout


def test_a_container_that_dies_comes_back_and_costs_nothing(system: OnCompose) -> None:
    """TOP-02: parts that crash are started again, and nothing that was acknowledged is lost."""
    assert [one for one in compose.deaths(system, 1) if not one.is_kept] == []


def test_a_container_that_somebody_killed_is_mended_by_the_next_up(system: OnCompose) -> None:
    """TOP-02: the engine takes `docker kill` for a wish; `up` does not."""
    assert [one for one in compose.stopped(system, ("api",)) if not one.is_kept] == []


def test_more_replicas_and_the_death_of_one_fail_no_read(system: OnCompose) -> None:
    """EDGE-07: load balancing with failover, in one command."""
    assert [one for one in compose.replicas(system, 1) if not one.is_kept] == []


@pytest.mark.parametrize(("verb", "points"), [("up", 2), ("down", 1), ("clean", 1)])
def test_what_a_killed_command_leaves_the_next_one_mends(system: OnCompose, verb: str, points: int) -> None:
    """TOP-01: nothing half-done, nothing lost."""
    assert [one for one in compose_commands.killed(system, verb, points) if not one.is_kept] == []
