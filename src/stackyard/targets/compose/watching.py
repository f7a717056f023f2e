"""Waiting until containers are ready: one look for all who wait, taken when the engine says that something is new."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable
from types import TracebackType

from stackyard.targets.compose import commands
from stackyard.targets.compose.snapshot import Container, Eye

_NEWS = ("health_status", "start", "die", "oom", "destroy", "pause", "unpause")
_LONGEST = 2.0
"""Seconds after which to look even when there was no news: the stream of events may have been cut."""
_SETTLE = 0.05
"""Seconds in which several pieces of news are one."""

Containers = tuple[Container, ...]


class Watch:
    """Opened with `with`. Threads call `until`; only one of them looks at a time, and all see what it saw."""

    def __init__(self, eye: Eye, project: str) -> None:
        self._eye = eye
        self._project = project
        self._changed = threading.Condition()
        self._news = 0
        self._seen: tuple[int, float, Containers] = (-1, 0.0, ())
        self._looking = threading.Lock()
        self._stream: subprocess.Popen[bytes] | None = None
        self._is_over = False

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        if self._stream is not None:
            self._stream.kill()
            self._stream.wait()

    def give_up(self) -> None:
        """Let everybody who waits go, with what was seen last."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def now(self) -> Containers:
        """The containers of the project: as they were seen last, where the engine has told nothing new since."""
        with self._changed:
            is_told = self._stream is not None and self._stream.poll() is None
        return self._look()[2] if is_told else self._eye.containers(self._project)

    def until(self, is_settled: Callable[[Containers], bool], deadline: float) -> Containers:
        """The containers of the project as soon as `is_settled` says so, or as they are at the deadline.

        `deadline` is of the monotonic clock. Raises MachineError when the engine is gone.
        """
        self._listen()
        while True:
            news, moment, containers = self._look()
            if is_settled(containers) or time.monotonic() >= deadline:
                return containers
            with self._changed:
                if self._is_over:
                    return containers
                patience = min(_LONGEST, deadline - time.monotonic(), moment + _LONGEST - time.monotonic())
                if self._news == news:
                    self._changed.wait(max(0.05, patience))
            time.sleep(_SETTLE)

    def _look(self) -> tuple[int, float, Containers]:
        """What is there now; what another thread saw since the last news will do."""
        with self._looking:
            seen, moment, _ = self._seen
            if seen != self._news or time.monotonic() - moment >= _LONGEST:
                news = self._news
                self._seen = (news, time.monotonic(), self._eye.containers(self._project))
            return self._seen

    def _listen(self) -> None:
        with self._changed:
            if self._stream is not None or self._is_over:
                return
            self._stream = subprocess.Popen(
                (*commands.events(self._project), *(f"--filter=event={name}" for name in _NEWS)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=commands.environment(),
                start_new_session=True,
            )
            threading.Thread(target=self._read, args=(self._stream,), name="engine events", daemon=True).start()

    def _read(self, stream: subprocess.Popen[bytes]) -> None:
        assert stream.stdout is not None
        for line in stream.stdout:
            if _is_event(line):
                with self._changed:
                    self._news += 1
                    self._changed.notify_all()
        stream.stdout.close()


def _is_event(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
