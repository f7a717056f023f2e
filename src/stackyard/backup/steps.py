"""Telling what happens, step by step, and how long each step took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from stackyard.backup.events import Event, Tell

_PAUSE = 0.25
"""Seconds between two events of progress."""


class Steps:
    """The steps of one piece of work. `expected` maps a step to the seconds it took the last time."""

    def __init__(self, tell: Tell, expected: Mapping[str, float] | None = None) -> None:
        self._tell, self._expected = tell, expected or {}
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str, total: int = 0) -> Iterator[Callable[[int], None]]:
        """One step, begun and ended; what it yields takes the bytes done so far. `total` is 0 where nobody knows."""
        begun, told, done = time.monotonic(), 0.0, 0
        expected = self._expected.get(name, 0.0)
        self._tell(Event(name, "begun", total=total, expected=expected))

        def count(size: int) -> None:
            nonlocal told, done
            done = size
            if time.monotonic() - told >= _PAUSE:
                told = time.monotonic()
                self._tell(Event(name, "progress", size, max(total, size), told - begun, expected))

        try:
            yield count
        except BaseException as error:
            spent = time.monotonic() - begun
            self._tell(Event(name, "failed", done, total, spent, expected, str(error)))
            raise
        spent = time.monotonic() - begun
        self.seconds[name] = self.seconds.get(name, 0.0) + spent
        self._tell(Event(name, "done", done, done, spent, expected))

    def warn(self, name: str, detail: str) -> None:
        """Something that did not work, and that the work goes on without."""
        self._tell(Event(name, "failed", detail=detail))
