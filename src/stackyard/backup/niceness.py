"""Stepping back: making backups must not be what people notice of a system."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

NICE = 10
"""How far to step back: a tenth of the processor is left where others want all of it."""
_LEAST = 19


def step_back() -> None:
    """Let whoever else wants the processor go first, from now on: this process, and what it starts."""
    os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), NICE))


def set_back(process: subprocess.Popen[Any], nice: int = NICE) -> None:
    """Have a process that was just begun in a session of its own step back, with all that it starts."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process.pid, max(os.getpriority(os.PRIO_PROCESS, 0), nice))
    be_as_nice(process)


def set_behind(process: subprocess.Popen[Any]) -> None:
    """The same, further: it works when nobody else would, and whoever wakes up takes its place at once.

    Where the processor is never free it hardly gets on, and nobody but root can take that back.
    """
    set_back(process, _LEAST)
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setscheduler(process.pid, os.SCHED_IDLE, os.sched_param(0))


def be_as_nice(process: subprocess.Popen[Any]) -> None:
    """Make the session of a process that leads one count for as little among all others as the process does in it.

    Linux may share the processor out among sessions first: niceness then counts only among those of one session.
    """
    with suppress(OSError):
        if nice := os.getpriority(os.PRIO_PROCESS, process.pid):
            Path(f"/proc/{process.pid}/autogroup").write_text(str(nice))
