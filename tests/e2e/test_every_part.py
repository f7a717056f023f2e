"""One system with every kind of part that runs here: TLS inside, an object store, a worker, a cron job, replicas."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Checkout, eventually

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def every_part(ground: Path) -> Iterator[Checkout]:
    folder = ground / "every-part"
    shutil.copytree(Path(__file__).parent / "every_part", folder)
    checkout = Checkout(folder)
    checkout.up()
    yield checkout
    checkout.stackyard("down")


def get(checkout: Checkout, path: str) -> httpx.Response:
    with checkout.client("every-part") as web:
        return web.get(path)


def test_a_service_reaches_everything_that_it_needs(every_part: Checkout) -> None:
    """DB-02, DB-11, TOP-11, CACHE-02, OBJ-01: its own role over TLS, init scripts in order, a bucket, its secrets."""
    eventually(lambda: get(every_part, "/everything").json()["worked"], 10)
    found = get(every_part, "/everything").json()
    assert found["user"] == "every_part_api"
    assert found["words"] == ["first", "second"]
    assert found["encrypted"] is True
    assert found["photo"] == "bytes"
    assert found["greeting"] == "hello"
    assert found["cache"] == f"127.0.0.1:{every_part.ports()['cache']}"
    assert found["key"] is True


def test_init_scripts_run_once(every_part: Checkout) -> None:
    """TOP-11: once, on first creation, in alphabetical order; a script that comes later does not run."""
    (every_part.folder / "database/30-more.sql").write_text("insert into words values (3, 'third');\n")
    every_part.stackyard("down")
    every_part.up()
    assert get(every_part, "/everything").json()["words"] == ["first", "second"]


def test_requests_are_spread_over_the_replicas_and_survive_the_death_of_one(every_part: Checkout) -> None:
    """EDGE-07: load balancing with failover."""
    ports = {get(every_part, "/who").json()["port"] for _ in range(10)}
    assert len(ports) == 2
    os.kill(every_part.pids()["api-2"], signal.SIGKILL)
    assert {get(every_part, "/who").status_code for _ in range(10)} == {200}
    eventually(lambda: every_part.status()["is_up"], 20)


def test_what_cannot_be_kept_is_said_with_its_line(every_part: Checkout) -> None:
    """DB-01: where TimescaleDB is absent it says so."""
    error = every_part.up().error
    assert "`versioning` of photos" in error
    assert "TimescaleDB is not on this server" in error


def test_a_cron_job_waits_for_its_time_and_runs_on_request(every_part: Checkout) -> None:
    states = {part["id"]: part["state"] for part in every_part.status()["parts"]}
    # A minute may have passed since `up`: then it has run once, and done is what it is until the next one.
    assert states["tick-1"] in ("waiting", "starting", "ready", "done")
    before = int(get(every_part, "/everything").json()["ticked"] or 0)
    assert every_part.stackyard("restart", "tick").code == 0
    eventually(lambda: int(get(every_part, "/everything").json()["ticked"] or 0) > before, 20)


def test_a_profile_adds_parts_and_a_plain_up_takes_them_away(every_part: Checkout) -> None:
    """TOP-08: profiles start a subset."""
    every_part.up("--profile", "extra")
    assert "later-1" in every_part.pids()
    done = every_part.up()
    assert "stop" in done.out
    assert "later-1" not in every_part.pids()


def test_the_worker_knows_where_the_api_is(every_part: Checkout) -> None:
    port = every_part.ports()["api-1"]
    assert f"working for http://127.0.0.1:{port}" in every_part.stackyard("logs", "worker").out
