"""One system with every kind of part that runs here: TLS inside, an object store, a worker, a cron job, replicas."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import steps
from tests.e2e.conftest import Checkout

pytestmark = pytest.mark.real

NAME = "every-part"


@pytest.fixture(scope="module")
def every_part(ground: Path) -> Iterator[Checkout]:
    folder = ground / "every-part"
    shutil.copytree(Path(__file__).parent / "every_part", folder)
    checkout = Checkout(folder)
    checkout.up()
    yield checkout
    checkout.stackyard("down")


def test_a_service_reaches_everything_that_it_needs(every_part: Checkout) -> None:
    """DB-02, DB-11, TOP-11, CACHE-02, OBJ-01: its own role over TLS, init scripts in order, a bucket, its secrets."""
    cache = f"127.0.0.1:{every_part.ports()['cache']}"
    steps.reach_everything(every_part, NAME, user="every_part_api", cache=cache)


def test_init_scripts_run_once(every_part: Checkout) -> None:
    """TOP-11: once, on first creation, in alphabetical order; a script that comes later does not run."""
    steps.come_back_with_the_data(every_part, NAME)


def test_requests_are_spread_over_the_replicas_and_survive_the_death_of_one(every_part: Checkout) -> None:
    """EDGE-07: load balancing with failover."""
    steps.lose_a_replica(every_part, NAME)


def test_what_cannot_be_kept_is_said_with_its_line(every_part: Checkout) -> None:
    """DB-01: where TimescaleDB is absent it says so."""
    error = every_part.up().error
    assert "`versioning` of photos" in error
    assert "TimescaleDB is not on this server" in error


def test_a_cron_job_waits_for_its_time_and_runs_on_request(every_part: Checkout) -> None:
    steps.run_the_cron_job(every_part, NAME)


def test_a_profile_adds_parts_and_a_plain_up_takes_them_away(every_part: Checkout) -> None:
    """TOP-08: profiles start a subset."""
    steps.add_a_profile_and_take_it_away(every_part)


def test_the_worker_knows_where_the_api_is(every_part: Checkout) -> None:
    port = every_part.ports()["api-1"]
    assert f"working for http://127.0.0.1:{port}" in every_part.stackyard("logs", "worker").out
