"""What a person writes after `--to`, and what it means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stackyard.backup.marks import Mark
from stackyard.errors import UsageError
from stackyard.operate.restoring.moment import Moment, parse, seconds_between

MARK = Mark("before-import", "2026-03-01T13:00:00Z", {"db": "0/3000000"})
NOW = datetime(2026, 3, 1, 14, 5, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T14:00:00", Moment("time", "2026-03-01T14:00:00Z")),
        ("2026-03-01 14:00", Moment("time", "2026-03-01T14:00:00Z")),
        ("2026-03-01T14:00:00.25+02:00", Moment("time", "2026-03-01T12:00:00.250000Z")),
        ("14:05:29", Moment("time", "2026-03-01T14:05:29Z")),
        ("9:30", Moment("time", "2026-03-01T09:30:00Z")),
        ("23:50", Moment("time", "2026-02-28T23:50:00Z")),
        ("10min", Moment("time", "2026-03-01T13:55:30Z")),
        ("90 s ago", Moment("time", "2026-03-01T14:04:00Z")),
        ("before-import", Moment("mark", "before-import", MARK)),
        ("lsn:0/3000ab8", Moment("lsn", "0/3000AB8")),
    ],
)
def test_a_moment_is_written_as_people_say_it(text: str, moment: Moment) -> None:
    """BAK-04: any moment, by time, by name, by position."""
    assert parse(text, "", {"before-import": MARK}, NOW) == moment


def test_a_transaction_is_a_moment_just_before_it() -> None:
    """BAK-04: to the transaction."""
    assert parse("", "7301", {}, NOW) == Moment("before", "7301")
    assert parse("", "", {}, NOW) is None


@pytest.mark.parametrize(
    ("to", "before", "said"),
    [
        ("yesterday", "", "neither a time nor a mark"),
        ("2026-02-30T10:00:00", "", "neither a time nor a mark"),
        ("29:00", "", "neither a time nor a mark"),
        ("2026-03-01T14:05:31", "", "has not come yet"),
        ("lsn:12", "", "no position"),
        ("", "abc", "no transaction"),
        ("", "-5", "no transaction"),
        ("14:00", "7301", "two moments"),
    ],
)
def test_what_is_no_moment_is_refused(to: str, before: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse(to, before, {}, NOW)


def test_how_long_ago_something_was() -> None:
    assert seconds_between("2026-03-01T14:00:00Z", "2026-03-01T14:00:01.500000Z") == 1.5
    assert seconds_between("", "2026-03-01T14:00:00Z") is None
