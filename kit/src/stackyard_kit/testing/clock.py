"""A clock for tests: it stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Pass `clock.now` where a service takes "what time is it", and `clock.monotonic` where it takes seconds."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._moved = timedelta()

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return self._start + self._moved

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._moved.total_seconds()

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._moved += timedelta(seconds=seconds)
