"""What a look at containers means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stackyard.targets.compose import verdicts
from stackyard.targets.compose.rendering import Container as Wanted
from stackyard.targets.compose.snapshot import Container

NOW = datetime(2026, 1, 1, 12, 0, 10, tzinfo=UTC)
WANTED = Wanted("api", "api", "part", 2, {}, (), "shop-api:1")
API = Container(
    "aa", "shop-api-1", "api", 1, {}, "sha256:1", "running", "healthy", since="2026-01-01T12:00:00.123456789Z"
)
JUST_NOW = "2026-01-01T12:00:09.5Z"
_ENDED_OFTEN = "ended 4 times, the last time with code 1"
OTHER = replace(API, id="bb", name="shop-api-2", number=2)


def test_a_service_is_ready_when_all_of_its_containers_are() -> None:
    assert verdicts.are_ready([API, OTHER], WANTED, NOW)
    assert not verdicts.are_ready([API], WANTED, NOW)
    assert not verdicts.are_ready([API, replace(OTHER, health="starting")], WANTED, NOW)
    assert not verdicts.are_ready([API, OTHER, replace(OTHER, number=3)], WANTED, NOW)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"health": "starting"}, ""),
        (
            {"health": "unhealthy", "checks": ("", "port 8000: refused")},
            "does not pass its health check: port 8000: refused",
        ),
        ({"health": "unhealthy"}, "does not pass its health check"),
        ({"status": "exited", "exit_code": 3}, "ended with code 3"),
        ({"status": "restarting", "exit_code": 1}, "ended with code 1 and is started again"),
        ({"restarts": 4, "exit_code": 1}, ""),
        ({"restarts": 4, "exit_code": 1, "health": "starting", "since": JUST_NOW}, _ENDED_OFTEN),
        ({"restarts": 4, "exit_code": 1, "status": "restarting"}, _ENDED_OFTEN),
        (
            {"status": "exited", "exit_code": 137, "is_out_of_memory": True},
            "was ended for want of memory: it used more than its limit",
        ),
        ({"status": "paused"}, "is paused"),
        ({"status": "created", "error": "no such file"}, "could not be started: no such file"),
    ],
)
def test_what_is_wrong_with_a_container(changes: dict[str, object], told: str) -> None:
    assert verdicts.trouble(replace(API, **changes), NOW) == told  # type: ignore[arg-type]


def test_without_a_check_a_container_must_have_run_for_a_moment() -> None:
    unchecked = replace(WANTED, checked=False, replicas=1)
    young = replace(API, health="", since="2026-01-01T12:00:09.5Z")
    assert not verdicts.are_ready([young], unchecked, NOW)
    assert verdicts.are_ready([replace(young, since="2026-01-01T12:00:08Z")], unchecked, NOW)


def test_one_that_was_restarted_must_run_longer_before_it_is_believed() -> None:
    unchecked = replace(WANTED, checked=False, replicas=1)
    again = replace(API, health="", restarts=2, since="2026-01-01T12:00:08Z")
    assert not verdicts.are_ready([again], unchecked, NOW)


def test_deaths_of_long_ago_are_forgiven_and_those_of_now_are_not() -> None:
    """TOP-02: the engine counts over the whole life of a container; what runs well again is well."""
    unchecked = replace(API, health="", restarts=5)
    assert not verdicts.has_failed(replace(unchecked, since="2026-01-01T11:59:00Z"), NOW)
    young = replace(unchecked, since=JUST_NOW)
    assert verdicts.has_failed(young, NOW)
    assert not verdicts.has_failed(young, NOW, restarts=5)
    assert verdicts.has_failed(young, NOW, restarts=2)


def test_names_as_people_say_them() -> None:
    alone = Wanted("db", "db", "part", 1, {}, (), "postgres:16")
    assert verdicts.name_of(replace(API, service="db"), alone) == "db"
    assert verdicts.name_of(OTHER, WANTED) == "api-2"


def test_times_of_the_engine() -> None:
    assert verdicts.moment("2026-01-01T12:00:00.123456789Z") == datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert verdicts.moment("0001-01-01T00:00:00Z") is None
    assert verdicts.running_for(replace(API, since="0001-01-01T00:00:00Z"), NOW) == 0.0
