"""Starting containers: what may start at the same moment, with one call of Compose, which costs a third of a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_WINDOW = 0.015
"""Seconds in which steps that became ready together arrive."""
_LONGEST = 0.3
"""Seconds to wait for others that are near: about what a call costs."""


@dataclass
class _Batch:
    names: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


class Together:
    """Collects what several threads want done, and does it in one go; never two goes at once.

    Two `docker compose up` of one project at the same moment would make the same network twice.
    """

    def __init__(
        self, run: Callable[[tuple[str, ...]], None], is_more_near: Callable[[], bool] = lambda: False
    ) -> None:
        """`is_more_near` says whether others will be wanted in a moment; for them it waits, but not long."""
        self._run = run
        self._is_more_near = is_more_near
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: _Batch | None = None

    @property
    def turn(self) -> threading.Lock:
        """Whoever does something of the kind otherwise holds it meanwhile."""
        return self._turn

    def submit(self, name: str) -> None:
        """Have `name` done, together with whatever else is wanted now. Raises what the run raised."""
        with self._lock:
            batch, leads = self._waiting or _Batch(), self._waiting is None
            self._waiting = batch
            batch.names.append(name)
        if leads:
            self._lead(batch)
        else:
            batch.done.wait()
        if batch.error is not None:
            raise batch.error

    def _lead(self, batch: _Batch) -> None:
        latest = time.monotonic() + _LONGEST
        time.sleep(_WINDOW)
        while self._is_more_near() and time.monotonic() < latest:
            time.sleep(_WINDOW)
        with self._turn:
            with self._lock:
                self._waiting = None
            try:
                self._run(tuple(dict.fromkeys(batch.names)))
            except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
                batch.error = error
            finally:
                batch.done.set()
