"""When a job of the timetable is due, and what happens to the times that nobody was there for. Times are in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel

Missed = Literal["once", "skip"]

LATE = timedelta(minutes=2)
"""How late a job with `missed="skip"` may begin and still count as on time."""


class Tick(BaseModel):
    """The payload of a job of the timetable: the moment it was due, whenever it runs."""

    due: datetime


@dataclass(frozen=True)
class Timetable:
    """A cron expression of five fields, in UTC, and what to do when no worker ran at a time of it.

    With `once` the latest time that was missed is made good, one run for all of them, as soon as a worker runs: right
    for backups and reports. A new entry so begins with a run for the time before it was deployed. With `skip` a time
    that is over by more than LATE is left out: right for reminders.
    """

    expression: str
    missed: Missed = "once"

    def is_wanted(self, due: datetime, now: datetime) -> bool:
        """Whether the run for `due` should still happen at `now`."""
        if self.missed == "skip":
            return now - due <= LATE
        return self.next(due) > now

    def next(self, after: datetime) -> datetime:
        """The first time after that one. Raises ValueError when the expression is none."""
        from croniter import croniter

        following: float = croniter(self.expression, after.timestamp()).get_next(float)
        return datetime.fromtimestamp(following, UTC)
