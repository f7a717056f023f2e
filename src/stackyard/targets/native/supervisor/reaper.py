"""Exits: who ended and how, without waiting and without a thread."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

OnExit = Callable[[int | None], None]


class Reaper:
    """Tells each exit once: of children with their code, of adopted processes (which are not ours) without one."""

    def __init__(self) -> None:
        self._children: dict[int, OnExit] = {}
        self._strangers: dict[int, int] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_signal_handler(signal.SIGCHLD, self._reap)

    def watch_child(self, pid: int, on_exit: OnExit) -> None:
        """Call `on_exit` with the code (negative for a signal) once this child of ours has ended."""
        self._children[pid] = on_exit

    def knows(self, pid: int) -> bool:
        """Whether this is a child that somebody waits for, not an orphan that came to us."""
        return pid in self._children

    def watch_stranger(self, pid: int, on_exit: OnExit) -> None:
        """Call `on_exit` with None once this process has ended; at once when it has already."""
        try:
            handle = os.pidfd_open(pid)
        except OSError:
            self._loop.call_soon(on_exit, None)
            return
        self._strangers[pid] = handle
        self._loop.add_reader(handle, self._ended, pid, on_exit)

    def _ended(self, pid: int, on_exit: OnExit) -> None:
        handle = self._strangers.pop(pid)
        self._loop.remove_reader(handle)
        os.close(handle)
        on_exit(None)

    def _reap(self) -> None:
        # Also reaps orphans that came to us as their subreaper: nobody asked for those.
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                on_exit = self._children.pop(pid, None)
                if on_exit:
                    on_exit(os.waitstatus_to_exitcode(status))
