"""Which sets go, and which stay whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from stackyard.backup.job import Policy
from stackyard.backup.retention import anchor, expired, made_at
from stackyard.backup.sets import BackupSet, Kind, State, from_text, is_id, new_id, to_text

NOW = datetime(2026, 6, 30, 3, tzinfo=UTC)
DAY = 86400.0


def a_set(day: float, state: State = State.VERIFIED) -> BackupSet:
    """A set made so many days ago."""
    name = (NOW - timedelta(days=day)).strftime("%Y%m%dT%H%M%SZ")
    return BackupSet(name, "shop", "test", Kind.SCHEDULED, "", "", "", (), (), state=state)


def days(sets: Sequence[BackupSet]) -> list[int]:
    return sorted(round((NOW - made_at(one)) / timedelta(days=1)) for one in sets)


def test_daily_sets_stay_for_as_long_as_the_policy_says() -> None:
    """BAK-02: thirty days."""
    daily = [a_set(day) for day in range(40)]
    assert days(expired(daily, Policy(keep=30 * DAY), NOW)) == list(range(31, 40))


def test_with_continuous_wal_the_set_before_the_border_stays_for_recovery_begins_there() -> None:
    """BAK-04: every moment of the last thirty days needs a set that is older than it."""
    daily = [a_set(day + 0.5) for day in range(40)]
    policy = Policy(keep=30 * DAY)
    gone = expired(daily, policy, NOW, continuous=True)
    kept = [one for one in daily if one not in gone]
    assert any(made_at(one) <= NOW - timedelta(days=30) for one in kept)
    assert len(kept) == 31
    assert anchor(kept, policy, NOW) == min(one.id for one in kept)


def test_beyond_the_days_one_of_each_week_and_month_stays() -> None:
    daily = [a_set(day) for day in range(200)]
    gone = expired(daily, Policy(keep=7 * DAY, weekly=3, monthly=2), NOW)
    kept = [one for one in daily if one not in gone]
    # 30 June 2026 is a Tuesday: the weeks before end with Sunday; June's newest beyond a week is day 8, May's day 30.
    assert days(kept) == [*range(8), 8, 9, 16, 30]


def test_what_is_broken_goes_only_when_a_later_set_is_good() -> None:
    sets = [a_set(0, State.BROKEN), a_set(1), a_set(2, State.BROKEN), a_set(3, State.MADE)]
    assert days(expired(sets, Policy(), NOW)) == [2, 3]


def test_the_last_good_set_stays_however_old_it_is() -> None:
    assert days(expired([a_set(400), a_set(500), a_set(1, State.BROKEN)], Policy(), NOW)) == [500]


SETS = st.lists(st.tuples(st.integers(-3, 400), st.sampled_from(State)), unique_by=lambda one: one[0], max_size=60)


@settings(deadline=None)
@given(SETS, st.integers(1, 60), st.integers(0, 5), st.integers(0, 5), st.booleans())
def test_no_policy_ever_loses_the_last_good_set_or_one_within_its_days(
    drawn: list[tuple[int, State]], keep: int, weekly: int, monthly: int, continuous: bool
) -> None:
    sets = [a_set(day, state) for day, state in drawn]
    policy = Policy(keep=keep * DAY, weekly=weekly, monthly=monthly)
    gone = expired(sets, policy, NOW, continuous=continuous)
    kept = [one for one in sets if one not in gone]
    good = [one for one in sets if one.is_good]
    assert [one for one in gone if one.is_good and NOW - made_at(one) <= timedelta(days=keep)] == []
    if good:
        assert max(good, key=lambda one: one.id) in kept
    if continuous and any(NOW - made_at(one) > timedelta(days=keep) for one in good):
        assert any(one.is_good and NOW - made_at(one) > timedelta(days=keep) for one in kept)
    assert expired(kept, policy, NOW, continuous=continuous) == ()


@settings(deadline=None)
@given(st.sets(st.integers(0, 3)), st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)))
def test_ids_are_safe_unique_and_sort_by_time(taken: set[int], moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    names: set[str] = set()
    for _ in taken:
        names.add(new_id(names, moment))
    assert len(names) == len(taken)
    assert all(is_id(name) for name in names)
    assert all(name < new_id(names, moment + timedelta(seconds=1)) for name in names)


def test_a_manifest_is_read_back_as_it_was_written() -> None:
    one = a_set(1, State.DRILLED)
    assert from_text(to_text(one)) == one
