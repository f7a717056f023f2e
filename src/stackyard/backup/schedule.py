"""When what is due: a backup a day, drills, and what was missed. Pure; every moment is in seconds since the epoch.

A backup belongs to a local day and clock time, so the length of a day does not matter: on the day when clocks go back
the time counts once, and on the day when it does not exist, the moment right after counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

SETTLE = 300.0
"""A system that has just started is left alone for so long before something that was missed is caught up."""
_RETRY, _RETRY_MOST = 900.0, 7200.0
_AHEAD = 12 * 3600.0
"""A run that seems to begin later than this from now was written down by a clock that was wrong, and counts for
nothing. One that is less ahead counts: the clock was set back by hours, and its day has had its run."""
_FIRST_DRILL = 3600.0
DRILLS = {"daily": 86400.0, "weekly": 7 * 86400.0, "monthly": 30 * 86400.0}
_PATIENT = 3600.0
"""A backup that takes longer is not made behind everybody else's back."""
_SLACK = 3600.0
"""A drill may come that much early, so that it stays near the hour of the last one."""


@dataclass(frozen=True)
class Run:
    """The last run of a kind: when it began and ended (0 while it runs), and how many failed in a row with it."""

    begun: float
    ended: float = 0.0
    failures: int = 0


@dataclass(frozen=True)
class Situation:
    """What decides what is due. `good` is when the newest good set was made, 0 without one; `drilled` a last drill."""

    at: str
    drill: str
    started: float
    backup: Run | None = None
    drilled: Run | None = None
    good: float = 0.0


def due(now: float, situation: Situation, zone: tzinfo | None = None) -> str:
    """What should be begun now: "create", "drill", or "" for nothing. `zone` None is that of this machine."""
    if _create_due(now, situation, zone):
        return "create"
    return "drill" if _drill_due(now, situation) else ""


def may_wait(last: Run | None) -> bool:
    """Whether the next backup may let everybody else go first: the last one was soon done.

    On a processor that is never free there would be none in time, so the next one then takes its share.
    """
    return last is not None and not last.failures and last.begun <= last.ended < last.begun + _PATIENT


def next_backup(now: float, situation: Situation, zone: tzinfo | None = None) -> float:
    """When the next backup begins: now, when one is due."""
    if _create_due(now, situation, zone):
        return now
    last = _believed(situation.backup, now)
    if last is not None and last.failures and last.ended:
        retry = last.ended + _pause(last.failures)
        return min(retry, next_occurrence(now, situation.at, zone))
    caught_up = last is not None and last.begun >= last_occurrence(now, situation.at, zone)
    waiting = situation.started + SETTLE
    return next_occurrence(now, situation.at, zone) if caught_up else max(now, waiting)


def next_drill(now: float, situation: Situation) -> float:
    """When the next drill is due, 0 when none ever is; it may wait for a backup to drill."""
    interval = DRILLS.get(situation.drill, 0.0)
    if not interval or not situation.good:
        return 0.0
    last = _believed(situation.drilled, now)
    if last is None:
        return situation.good + _FIRST_DRILL
    return last.ended + _pause(last.failures) if last.failures else last.begun + interval - _SLACK


def last_occurrence(now: float, at: str, zone: tzinfo | None = None) -> float:
    """The newest moment, not after now, at which the clock showed that time."""
    return max(moment for moment in _around(now, at, zone) if moment <= now)


def next_occurrence(now: float, at: str, zone: tzinfo | None = None) -> float:
    """The next moment after now at which the clock will show that time."""
    return min(moment for moment in _around(now, at, zone) if moment > now)


def _create_due(now: float, situation: Situation, zone: tzinfo | None) -> bool:
    scheduled = last_occurrence(now, situation.at, zone)
    last = _believed(situation.backup, now)
    if last is not None and last.begun >= scheduled:
        return bool(last.failures and last.ended) and now >= last.ended + _pause(last.failures)
    # On time, or missed while nobody was there to begin it: then when the system has settled.
    return scheduled >= situation.started or now >= situation.started + SETTLE


def _drill_due(now: float, situation: Situation) -> bool:
    moment = next_drill(now, situation)
    return moment > 0 and now >= max(moment, situation.started + SETTLE)


def _believed(run: Run | None, now: float) -> Run | None:
    """The run, unless it was written down by a clock that ran ahead: then nobody knows, and it is due again."""
    return None if run is None or run.begun > now + _AHEAD else run


def _pause(failures: int) -> float:
    return float(min(_RETRY * 2 ** min(failures - 1, 10), _RETRY_MOST))


def _around(now: float, at: str, zone: tzinfo | None) -> Iterable[float]:
    """That time of the days around now, each once."""
    today = datetime.fromtimestamp(now, zone).date()
    return [_moment(today + timedelta(days=days), at, zone) for days in (-2, -1, 0, 1, 2)]


def _moment(day: date, at: str, zone: tzinfo | None) -> float:
    hour, minute = at.split(":")
    # `fold` 0: the first of two, and for a time that does not exist the moment that a clock not set forward would show.
    return datetime.combine(day, time(int(hour), int(minute)), zone).timestamp()
