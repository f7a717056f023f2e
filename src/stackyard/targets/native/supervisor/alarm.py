"""The alarm of a scheduled program: rings at each time of its cron expression."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from stackyard.targets.native.supervisor import schedule

_LONGEST_NAP = 60.0
"""Seconds after which an alarm looks at the clock again, which somebody may have set."""


class Alarm:
    """Calls `ring` at the times of the expression it is set to."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self.next_run: datetime | None = None
        self._ring = ring
        self._expression = ""
        self._timer: asyncio.TimerHandle | None = None

    def set(self, expression: str) -> None:
        """Ring at these times from now on; never, when the expression is empty."""
        if expression == self._expression and (self._timer or not expression):
            return
        if self._timer:
            self._timer.cancel()
        self._expression, self._timer, self.next_run = expression, None, None
        if expression:
            self.next_run = schedule.next_run(expression, datetime.now())
            self._nap(self.next_run)

    def _nap(self, until: datetime) -> None:
        wait = min(_LONGEST_NAP, schedule.seconds_until(until))
        self._timer = asyncio.get_running_loop().call_later(wait, self._wake, until)

    def _wake(self, until: datetime) -> None:
        if schedule.seconds_until(until) > 0:
            self._nap(until)
            return
        self._timer = None
        self.set(self._expression)
        self._ring()
