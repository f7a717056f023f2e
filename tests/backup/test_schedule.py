"""When what is due: each day once, whatever the clock does in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackyard.backup import schedule
from stackyard.backup.schedule import Run, Situation, due, last_occurrence, next_backup, next_occurrence

BERLIN = ZoneInfo("Europe/Berlin")
DAY, HOUR, MINUTE = 86400.0, 3600.0, 60.0

moments = st.integers(
    int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
)
clocks = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))
zones = st.sampled_from([BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia"), ZoneInfo("UTC")])


def at(text: str, zone: ZoneInfo = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def situation(**more: object) -> Situation:
    values = {"at": "02:00", "drill": "weekly", "started": at("2026-03-01T00:00"), **more}
    return Situation(**values)  # type: ignore[arg-type]


def test_a_backup_is_due_at_its_time_and_then_not_before_the_next_day() -> None:
    """BAK-01: scheduled, daily."""
    before, there = at("2026-03-10T01:59:59"), at("2026-03-10T02:00:00")
    yesterday = situation(backup=Run(at("2026-03-09T02:00:01"), at("2026-03-09T02:05")))
    assert due(before, yesterday, BERLIN) == ""
    assert due(there, yesterday, BERLIN) == "create"
    today = situation(backup=Run(there, there + MINUTE))
    assert due(there + HOUR, today, BERLIN) == ""
    assert next_backup(there + HOUR, today, BERLIN) == at("2026-03-11T02:00")


def test_what_was_missed_while_the_machine_was_off_is_caught_up_once_it_has_settled() -> None:
    start = at("2026-03-10T09:00")
    missed = situation(started=start, backup=Run(at("2026-03-08T02:00"), at("2026-03-08T02:05")))
    assert due(start + 1, missed, BERLIN) == ""
    assert next_backup(start + 1, missed, BERLIN) == start + schedule.SETTLE
    assert due(start + schedule.SETTLE, missed, BERLIN) == "create"
    caught_up = situation(started=start, backup=Run(start + schedule.SETTLE, start + schedule.SETTLE + 60))
    assert due(start + HOUR, caught_up, BERLIN) == ""


def test_a_system_that_was_never_backed_up_is_so_soon_after_its_first_start() -> None:
    new = situation(started=at("2026-03-10T09:00"))
    assert due(at("2026-03-10T09:04"), new, BERLIN) == ""
    assert due(at("2026-03-10T09:05"), new, BERLIN) == "create"


def test_a_failed_run_is_tried_again_after_growing_pauses() -> None:
    ended = at("2026-03-10T02:01")
    for failures, pause in ((1, 15 * MINUTE), (2, 30 * MINUTE), (9, 2 * HOUR)):
        failed = situation(backup=Run(at("2026-03-10T02:00"), ended, failures))
        assert due(ended + pause - 1, failed, BERLIN) == ""
        assert due(ended + pause, failed, BERLIN) == "create"


@pytest.mark.parametrize(
    ("last", "may_wait"),
    [
        (None, False),
        (Run(100.0, 160.0), True),
        (Run(100.0, 100.0 + 3601), False),
        (Run(100.0, 160.0, failures=1), False),
        (Run(100.0), False),
        (Run(100.0, 40.0), False),
    ],
    ids=["the first one", "soon done", "long", "failed", "cut off", "a clock set back"],
)
def test_a_backup_lets_everybody_else_go_first_when_the_last_one_was_soon_done(
    last: Run | None, may_wait: bool
) -> None:
    assert schedule.may_wait(last) is may_wait


def test_the_hour_that_comes_twice_makes_one_backup_and_the_hour_that_is_missing_one_as_well() -> None:
    twice = [
        last_occurrence(at("2026-10-25T12:00"), "02:30", BERLIN),
        next_occurrence(at("2026-10-24T12:00"), "02:30", BERLIN),
    ]
    assert twice[0] == twice[1]
    assert datetime.fromtimestamp(twice[0], UTC).hour == 0
    missing = next_occurrence(at("2026-03-28T12:00"), "02:30", BERLIN)
    assert datetime.fromtimestamp(missing, BERLIN).strftime("%d %H:%M") == "29 03:30"


def test_a_clock_that_ran_a_year_ahead_does_not_keep_backups_from_being_made() -> None:
    wrong = situation(backup=Run(at("2027-03-10T02:00"), at("2027-03-10T02:05")))
    assert due(at("2026-03-10T12:00"), wrong, BERLIN) == "create"


def test_a_clock_that_goes_back_by_minutes_makes_no_second_backup() -> None:
    made = situation(backup=Run(at("2026-03-10T02:00:05"), at("2026-03-10T02:03")))
    assert due(at("2026-03-10T01:50"), made, BERLIN) == ""
    assert due(at("2026-03-10T02:00:00"), made, BERLIN) == ""


def runs(begin: float, end: float, known: Situation, zone: ZoneInfo = BERLIN, *, step: float = MINUTE) -> list[float]:
    """When a keeper that looks every so often begins backups, each of which takes a minute."""
    found: list[float] = []
    now = begin
    while now < end:
        if due(now, known, zone) == "create":
            found.append(now)
            known = replace(known, backup=Run(now, now + MINUTE), good=now)
        now += step
    return found


def test_two_runs_that_were_missed_are_made_up_for_by_one() -> None:
    """BAK-01: off from Sunday to Wednesday morning; then one now, and the next one at its time."""
    start = at("2026-03-11T09:00")
    known = situation(drill="never", started=start, backup=Run(at("2026-03-08T02:00"), at("2026-03-08T02:05")))
    assert runs(start, at("2026-03-12T12:00"), known) == [start + schedule.SETTLE, at("2026-03-12T02:00")]


def test_two_drills_that_were_missed_are_made_up_for_by_one() -> None:
    """BAK-03: off for a month, with drills every week."""
    start = at("2026-04-10T09:00")
    backup = Run(start + 400, start + 500)
    known = situation(started=start, backup=backup, good=backup.begun, drilled=Run(start - 30 * DAY, start - 30 * DAY))
    assert due(start + 600, known, BERLIN) == "drill"
    drilled = replace(known, drilled=Run(start + 600, start + 700))
    assert due(start + DAY - 8 * HOUR, drilled, BERLIN) == ""
    assert schedule.next_drill(start + 700, drilled) == start + 600 + 7 * DAY - HOUR


@pytest.mark.parametrize("back", [1.0, 3.5, 8.0, 11.0])
def test_a_clock_that_goes_back_by_hours_makes_no_second_backup_and_forgets_none(back: float) -> None:
    """BAK-01: the day of which the night comes twice has one backup, and so has the next."""
    made = at("2026-03-10T02:00")
    known = situation(drill="never", backup=Run(made, made + MINUTE), good=made)
    now = made + 30 * MINUTE - back * HOUR
    assert runs(now, at("2026-03-12T12:00"), known) == [at("2026-03-11T02:00"), at("2026-03-12T02:00")]


@pytest.mark.parametrize("ahead", [2.0, 13.0, 25.0, 60.0])
def test_a_clock_that_goes_forward_by_hours_misses_one_backup_at_the_most_and_makes_up_for_it_once(
    ahead: float,
) -> None:
    made = at("2026-03-10T02:00")
    known = situation(drill="never", backup=Run(made, made + MINUTE), good=made)
    begin = at("2026-03-10T12:00") + ahead * HOUR
    found = runs(begin, begin + 2 * DAY, known)
    scheduled = [last_occurrence(one, "02:00", BERLIN) for one in found]
    assert len(scheduled) == len(set(scheduled)) in (2, 3)
    assert found[0] in (begin, next_occurrence(begin, "02:00", BERLIN))


@pytest.mark.parametrize("night", ["2026-03-29", "2026-10-25"], ids=["the hour is missing", "the hour comes twice"])
def test_the_night_in_which_clocks_change_has_one_backup_at_half_past_two(night: str) -> None:
    """BAK-01: a keeper that looks every minute, from the day before until two days later."""
    noon = at(f"{night}T12:00")
    before = last_occurrence(noon - DAY, "02:30", BERLIN)
    known = situation(at="02:30", drill="never", backup=Run(before, before + MINUTE))
    found = runs(noon - DAY, noon + 2 * DAY, known)
    shown = [datetime.fromtimestamp(one, BERLIN) for one in found]
    assert [one.day - datetime.fromisoformat(night).day for one in shown] == [0, 1, 2]
    assert [one.strftime("%H:%M") for one in shown[1:]] == ["02:30", "02:30"]


def test_drills_come_at_their_interval_when_there_is_something_to_drill() -> None:
    """BAK-03: drills run by themselves."""
    now = at("2026-03-10T12:00")
    backup = Run(at("2026-03-10T02:00"), at("2026-03-10T02:05"))
    assert due(now, situation(backup=backup), BERLIN) == ""
    good = situation(backup=backup, good=at("2026-03-10T02:00"))
    assert due(now, good, BERLIN) == "drill"
    recent = situation(backup=backup, good=good.good, drilled=Run(now - 3 * DAY, now - 3 * DAY + 60))
    assert due(now, recent, BERLIN) == ""
    assert (
        due(
            now + 4 * DAY,
            situation(backup=Run(now + 4 * DAY, now + 4 * DAY), good=good.good, drilled=recent.drilled),
            BERLIN,
        )
        == "drill"
    )
    assert due(now, situation(backup=backup, good=good.good, drill="never"), BERLIN) == ""


@given(moments, clocks, zones)
def test_between_the_last_and_the_next_time_lies_a_day_more_or_less(now: int, clock: str, zone: ZoneInfo) -> None:
    last, following = last_occurrence(now, clock, zone), next_occurrence(now, clock, zone)
    assert last <= now < following
    assert DAY - 2 * HOUR <= following - last <= DAY + 2 * HOUR
    assert next_occurrence(last, clock, zone) == following


@given(moments, clocks, zones, st.lists(st.integers(1, 6 * 3600), min_size=30, max_size=60))
def test_whatever_the_pauses_between_two_looks_each_day_has_one_backup(
    begin: int, clock: str, zone: ZoneInfo, pauses: list[int]
) -> None:
    now, made = float(begin), [begin - DAY]
    last = Run(last_occurrence(begin, clock, zone) - 1, begin)
    for pause in pauses:
        now += pause
        if due(now, Situation(clock, "never", begin - DAY, last), zone) == "create":
            assert last_occurrence(now, clock, zone) > last.begun
            last = Run(now, now)
            made.append(now)
    scheduled = {last_occurrence(moment, clock, zone) for moment in made[1:]}
    assert len(scheduled) == len(made) - 1


@given(moments, clocks, zones)
def test_the_next_run_that_is_announced_is_the_one_that_comes(now: int, clock: str, zone: ZoneInfo) -> None:
    made = Situation(clock, "never", now - DAY, Run(now, now))
    announced = next_backup(now + 1, made, zone)
    assert due(announced - 1, made, zone) == ""
    assert due(announced, made, zone) == "create"
