"""Moments as people name them, and the set that each is reached from."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stackyard.backup.problem import BackupError
from stackyard.backup.sets import BackupSet, Kind, Moment, State
from stackyard.backup.targets import (
    BeforeTransaction,
    Latest,
    Lsn,
    RestorePoint,
    Target,
    Time,
    at,
    choose,
    describe,
    position,
    settings,
    transaction,
)

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def in_lima(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine five hours behind UTC."""
    monkeypatch.setenv("TZ", "PET5")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_lima")
@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-31 06:05:00", "2026-03-31T11:05:00Z"),
        ("2026-03-31T06:05", "2026-03-31T11:05:00Z"),
        ("2026-03-31T06:05:00Z", "2026-03-31T06:05:00Z"),
        ("2026-03-31 06:05:00+02:00", "2026-03-31T04:05:00Z"),
        ("2026-03-31 06:05:00 UTC", "2026-03-31T06:05:00Z"),
        ("2026-03-31 06:05:00.123456", "2026-03-31T11:05:00.123456Z"),
        ("2026-03-31", "2026-03-31T05:00:00Z"),
    ],
)
def test_a_time_without_a_zone_is_local(text: str, utc: str) -> None:
    assert at(text, NOW) == Time(utc)


@pytest.mark.usefixtures("in_lima")
def test_a_time_in_the_future_is_refused_with_the_time_that_it_is() -> None:
    with pytest.raises(BackupError, match=r"2026-03-31T13:00:00Z lies in the future") as caught:
        at("2026-03-31 08:00", NOW)
    assert "It is 2026-03-31T12:00:00Z now" in caught.value.hint


@pytest.mark.parametrize("text", ["yesterday", "", "31.3.2026", "12:00 o'clock"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BackupError, match="is not a time"):
        at(text, NOW)


def test_transactions_and_positions_are_read() -> None:
    assert transaction("734") == BeforeTransaction(734)
    assert transaction(str((7 << 32) + 734)) == BeforeTransaction(734), "PostgreSQL stops by the lower 32 bits"
    assert position("0/0A00") == Lsn("0/A00")
    with pytest.raises(BackupError, match="is not the id of a transaction"):
        transaction("before lunch")
    with pytest.raises(BackupError, match="is not a position in the WAL"):
        position("here")


@pytest.mark.parametrize(
    ("target", "expected", "said"),
    [
        (RestorePoint("stackyard-x"), {"recovery_target_name": "stackyard-x"}, "the restore point stackyard-x"),
        (
            Time("2026-03-31T11:05:00Z"),
            {"recovery_target_time": "2026-03-31 11:05:00+00"},
            "the time 2026-03-31T11:05:00Z",
        ),
        (
            BeforeTransaction(734),
            {"recovery_target_xid": "734", "recovery_target_inclusive": "off"},
            "the moment before transaction 734",
        ),
        (Lsn("0/A00"), {"recovery_target_lsn": "0/A00"}, "the position 0/A00"),
        (Latest(), {}, "the latest moment"),
    ],
)
def test_recovery_is_told_its_target_and_its_timeline(target: Target, expected: dict[str, str], said: str) -> None:
    assert settings(target, 26) == {"recovery_target_timeline": "26", **expected}
    assert describe(target) == said


def _set(day: int, lsn: str, state: State = State.VERIFIED) -> BackupSet:
    taken = f"2026-03-{day:02}T02:00:10.000Z"
    moment = Moment("db", "77", 1, "0/0", lsn, f"stackyard-{day}", taken, "15.8", 1 << 20, True)
    return BackupSet(
        f"202603{day:02}T020000Z", "shop", "test", Kind.SCHEDULED, taken, taken, taken, (), (moment,), state=state
    )


SETS = (_set(30, "0/900000"), _set(29, "0/700000", State.BROKEN), _set(28, "0/500000"))


@pytest.mark.parametrize(
    ("target", "day"),
    [
        (Latest(), 30),
        (Time("2026-03-30T02:00:10Z"), 30),
        (Time("2026-03-30T02:00:09Z"), 28),
        (Time("2026-03-29T12:00:00Z"), 28),
        (Lsn("0/8FFFFF"), 28),
        (Lsn("0/900000"), 30),
        (RestorePoint("a-mark", "0/600000"), 28),
        (BeforeTransaction(1), 30),
    ],
)
def test_the_newest_good_set_before_the_moment_is_taken(target: Target, day: int) -> None:
    assert choose(SETS, target, "db").id == f"202603{day}T020000Z"


def _knowing(backup: BackupSet, next_xid: str) -> BackupSet:
    return replace(backup, databases=(replace(backup.databases[0], next_xid=next_xid),))


def test_a_transaction_is_looked_for_from_the_newest_set_that_it_came_after() -> None:
    """BAK-04: a mistake of the day before yesterday is undone from the set before it, and nobody has to name that."""
    newest, _, oldest = SETS
    sets = (_knowing(newest, "900"), _knowing(oldest, "700"))
    assert choose(sets, BeforeTransaction(900), "db") == sets[0]
    assert choose(sets, BeforeTransaction(899), "db") == sets[1]
    assert choose(sets, BeforeTransaction(700), "db") == sets[1]
    with pytest.raises(BackupError, match="as old as the moment before transaction 699"):
        choose(sets, BeforeTransaction(699), "db")


def test_what_a_manifest_of_old_does_not_say_is_tried() -> None:
    newest, _, oldest = SETS
    assert choose((newest, _knowing(oldest, "700")), BeforeTransaction(800), "db") == newest
    assert choose((_knowing(newest, "900"), oldest), BeforeTransaction(800), "db") == oldest


@pytest.mark.parametrize(("xid", "is_old"), [(5, True), (2**32 - 7, True), (2**32 - 9, False)])
def test_ids_of_transactions_wrap_around(xid: int, is_old: bool) -> None:
    sets = (_knowing(SETS[0], str((4 << 32) + 6)), _knowing(SETS[2], str((4 << 32) - 8)))
    assert choose(sets, BeforeTransaction(6), "db") == sets[0]
    if is_old:
        assert choose(sets, BeforeTransaction(xid), "db") == sets[1]
    else:
        with pytest.raises(BackupError, match="no backup set is as old"):
            choose(sets, BeforeTransaction(xid), "db")


def test_a_moment_before_every_set_is_refused_with_what_can_be_had() -> None:
    with pytest.raises(BackupError, match="no backup set is as old as the time 2026-03-01") as caught:
        choose(SETS, Time("2026-03-01T00:00:00Z"), "db")
    assert caught.value.hint == "Every moment from 2026-03-28T02:00:10.000Z on can be had."
    with pytest.raises(BackupError, match="there is no good backup set"):
        choose(SETS[1:2], Latest(), "db")
