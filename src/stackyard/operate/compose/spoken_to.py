"""A program in a container that is spoken to through its pipes, and ends when its input does."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import IO

from stackyard.errors import MachineError
from stackyard.targets.compose import commands


def begin(argv: commands.Argv, *, stdout: int | IO[bytes] = subprocess.PIPE, stderr: int) -> subprocess.Popen[str]:
    """Start it, with `stdout` and `stderr` as Popen takes them. Raises MachineError where there is no docker."""
    try:
        return subprocess.Popen(
            argv,
            env=commands.environment(),
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=stderr,
            text=True,
            # Ctrl-C is ours to hear: what runs there ends in its own order.
            start_new_session=True,
        )
    except OSError as error:
        raise MachineError(f"docker cannot be run: {error.strerror}") from error


def end(process: subprocess.Popen[str], patience: float) -> None:
    """End its input, and see it gone: killed after `patience` seconds."""
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
