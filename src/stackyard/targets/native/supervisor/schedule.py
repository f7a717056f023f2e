"""Times of a cron expression, in the local time of this machine."""

from __future__ import annotations

from datetime import datetime, timedelta


def next_run(expression: str, after: datetime) -> datetime:
    """The first time of the expression after `after`. Raises ValueError when it has none or is not valid."""
    try:
        from cronsim import CronSim, CronSimError  # late: only a program with a schedule needs it
    except ImportError:
        raise ValueError("a schedule needs the Python package cronsim, which is not installed") from None
    try:
        return next(CronSim(expression, after))
    except (CronSimError, StopIteration):
        raise ValueError(f"{expression!r} is not a cron expression that ever comes") from None


def seconds_until(moment: datetime) -> float:
    """Seconds from now, not negative."""
    return max(0.0, (moment - datetime.now()) / timedelta(seconds=1))
