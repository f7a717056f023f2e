"""Stepping back: making backups must not be what people notice of a system."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

NICE = 10
"""How far to step back: a tenth of the processor is left where others want all of it."""


def step_back() -> None:
    """Let whoever else wants the processor go first, from now on: this process, and what it starts."""
    os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), NICE))


def be_as_nice(process: subprocess.Popen[bytes]) -> None:
    """Make a process that has a session of its own count for as little as this one among all others.

    Linux may share the processor out among sessions first: niceness then counts only among those of one session.
    """
    with suppress(OSError):
        if nice := os.getpriority(os.PRIO_PROCESS, 0):
            Path(f"/proc/{process.pid}/autogroup").write_text(str(nice))
