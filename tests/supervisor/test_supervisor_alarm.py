"""Schedules: the next time of an expression, and the alarm that rings at it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from stackyard.targets.native.supervisor import schedule
from stackyard.targets.native.supervisor.alarm import Alarm


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 2 * * *", datetime(2026, 2, 28, 2, 0)),
        ("*/15 * * * *", datetime(2026, 2, 27, 13, 45)),
        ("30 4 1 * *", datetime(2026, 3, 1, 4, 30)),
        ("0 9 * * MON", datetime(2026, 3, 2, 9, 0)),
    ],
)
def test_the_next_time_of_an_expression(expression: str, expected: datetime) -> None:
    assert schedule.next_run(expression, datetime(2026, 2, 27, 13, 30)) == expected


@pytest.mark.parametrize("expression", ["", "hello", "61 * * * *", "0 0 30 2 *", "* * * *"])
def test_an_expression_that_never_comes_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="is not a cron expression that ever comes"):
        schedule.next_run(expression, datetime(2026, 2, 27))


def test_the_alarm_rings_at_each_time_until_it_is_set_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def soon(expression: str, after: datetime) -> datetime:
        asked.append(expression)
        return after + timedelta(milliseconds=10 if expression == "often" else 10_000)

    monkeypatch.setattr(schedule, "next_run", soon)

    async def scene() -> None:
        rung = asyncio.Semaphore(0)
        alarm = Alarm(rung.release)
        alarm.set("often")
        async with asyncio.timeout(5):
            for _ in range(3):
                await rung.acquire()
        alarm.set("often")
        assert asked == ["often"] * 4
        alarm.set("rarely")
        assert alarm.next_run is not None
        assert alarm.next_run > datetime.now() + timedelta(seconds=5)
        alarm.set("")
        assert alarm.next_run is None

    asyncio.run(scene())
