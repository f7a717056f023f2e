"""What is made of the engine's answers about containers: when they were ready, what leads to them, how they fail."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stackyard.observe.compose_containers import Own, failures, listened, moment, published
from stackyard.observe.compose_starts import start_of
from stackyard.observe.logs import LogLine
from stackyard.targets.compose.snapshot import Container

WORD = "Ready to accept connections"


def at(minute: int, second: int = 0) -> datetime:
    return datetime(2026, 11, 21, 9, minute, second, tzinfo=UTC)


def own(state: dict[str, Any], *, made: str = "2026-11-21T09:00:00.5Z", status: str = "running", **more: Any) -> Own:
    container = Container("c1", "shop-cache-1", "cache", 1, {}, "i1", status, restarts=more.pop("restarts", 0))
    return Own("cache", "cache", container, {"Created": made, "State": {"Status": status, **state}, **more})


def said(*moments: datetime) -> list[LogLine]:
    return [LogLine(one, "cache", "cache", "out", f"* {WORD}") for one in moments]


def test_a_server_is_ready_when_it_says_so_and_not_when_it_is_started() -> None:
    one = own({"StartedAt": "2026-11-21T09:01:00Z", "FinishedAt": "0001-01-01T00:00:00Z"})
    found = start_of(one, said(at(1, 7)), WORD)
    assert (found.was_ready(at(1, 5)), found.was_ready(at(1, 7)), found.was_ready(at(30))) == (False, True, True)


def test_who_started_while_it_was_down_did_not_wait_for_it() -> None:
    """It ran from minute 1 to 5, and again from 8 on."""
    one = own({"StartedAt": "2026-11-21T09:08:00Z", "FinishedAt": "2026-11-21T09:05:00Z"})
    found = start_of(one, said(at(1), at(8, 2)), WORD)
    assert [found.was_ready(at(minute)) for minute in (0, 2, 6, 9)] == [False, True, False, True]


def test_one_that_came_back_by_itself_was_started_by_nobody_and_may_be_ready() -> None:
    """It ended, for what it needs was made anew; the engine starts it again until it stays."""
    one = own({"StartedAt": "2026-11-21T09:08:00Z", "FinishedAt": "2026-11-21T09:07:59Z"}, restarts=2)
    found = start_of(one, said(at(1), at(8, 2)), WORD)
    assert found.begun is None
    assert found.was_ready(at(9))


def test_one_that_never_said_that_it_is_ready_never_was() -> None:
    one = own({"StartedAt": "2026-11-21T09:01:00Z", "FinishedAt": ""})
    assert start_of(one, [], WORD).ready == ()


def test_a_time_is_read_to_the_microsecond_and_never_is_none() -> None:
    assert moment("2026-11-21T09:00:00.123456789Z") == datetime(2026, 11, 21, 9, 0, 0, 123456, tzinfo=UTC)
    assert moment("0001-01-01T00:00:00Z") is None


def test_an_address_that_is_left_open_is_everybody() -> None:
    ports = {"5432/tcp": [{"HostIp": "", "HostPort": "6432"}, {"HostIp": "::", "HostPort": "6432"}], "80/tcp": None}
    doors = list(published(own({}, NetworkSettings={"Ports": ports})))
    assert [str(door.listener) for door in doors] == ["tcp 0.0.0.0:6432", "tcp6 [::]:6432"]
    assert not any(door.listener.is_local for door in doors)


def test_the_ports_of_an_nginx_are_those_of_its_files() -> None:
    assert listened("  listen 0.0.0.0:8080 default_server;\n listen 8443 ssl;\n # listen 1\nlisten [::]:8443;") == (
        8080,
        8443,
    )


def test_a_part_crashes_over_and_over_while_the_engine_is_still_at_it() -> None:
    assert failures(own({}, status="restarting", restarts=7)) == 7
    assert failures(own({}, restarts=7)) == 0, "it runs again, and has run into nothing since"
