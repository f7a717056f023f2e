"""Ctrl-C while a plan is executed: what runs for it ends at once, and the plan with it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

from stackyard.errors import StackyardError


@contextlib.contextmanager
def ctrl_c(interrupted: threading.Event, end: Callable[[], None]) -> Iterator[None]:
    """Set `interrupted` and call `end` on Ctrl-C and SIGTERM; an error that comes of it becomes KeyboardInterrupt."""

    def stop(*_: object) -> None:
        interrupted.set()
        end()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except StackyardError:
        if interrupted.is_set():
            raise KeyboardInterrupt from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
