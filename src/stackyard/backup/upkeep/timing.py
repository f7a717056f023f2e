"""When upkeep is due. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

PERIODS = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}

WINDOW = timedelta(hours=1)
"""How long after its time of day it may begin; it is no work for the middle of the day."""

_PATIENCE = timedelta(days=1)
"""How long a run that was missed waits for its time of day: then it is done at any."""

_AHEAD = timedelta(hours=12)
"""A run that seems to begin later than this from now was written down by a clock that was wrong."""


def due(every: str, at: str, last: datetime | None, now: datetime) -> bool:
    """Whether upkeep should begin now: its time of day has come and the `last` run is long enough ago.

    `every` is daily, weekly or never; `at` is HH:MM of the clock that both moments are told by.
    """
    period = PERIODS.get(every)
    if period is None:
        return False
    hour, minute = map(int, at.split(":"))
    today = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    latest = today if today <= now else today - timedelta(days=1)
    is_time = now - latest < WINDOW
    if last is None or last > now + _AHEAD:
        return is_time
    # The next run should not slip because the last one began a little late, or by hand in the afternoon.
    is_long_ago = latest - last > period - timedelta(hours=13)
    return last < latest and ((is_time and is_long_ago) or now - last > period + _PATIENCE)
