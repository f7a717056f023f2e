"""The deadline of a request: who asked waits no longer than that, so nothing done later is of use to anybody."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from contextvars import ContextVar

HEADER = "X-Request-Timeout"
"""Seconds that the caller still waits. Seconds, not a time of day: clocks of two machines differ."""

_until: ContextVar[float] = ContextVar("deadline", default=math.inf)


class DeadlinePassedError(Exception):
    """Whoever asked does not wait any more."""


def remaining() -> float:
    """Seconds until the deadline, infinite without one. Raises DeadlinePassedError when it is over."""
    left = _until.get() - time.monotonic()
    if left <= 0:
        raise DeadlinePassedError
    return left


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let what the block does end in so many seconds; a deadline that comes earlier stays."""
    token = _until.set(min(_until.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _until.reset(token)


def read(text: str) -> float | None:
    """The seconds in a header, or None when it holds none that make sense."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 < seconds < 86400 else None
