"""The course of a command: the steps that it shows, and how to end another run of it at a moment between any two."""

from __future__ import annotations

import contextlib
import subprocess
import time
from dataclasses import dataclass

from faults.backed_up import LIMIT, BackedUp, begin

_STEP = "✓"
"""What a line begins with that says that a step is done."""


@dataclass(frozen=True)
class Course:
    """How a command went that was left alone. `pauses` are the seconds until each of its steps was done, and its end.

    A moment of it is a number from 0, its begin, to 1, its end. Every step has as much room between them, however short
    it is: there is more to be broken in a swap than in a download.
    """

    words: tuple[str, ...]
    pauses: tuple[float, ...]

    @property
    def told(self) -> str:
        """The note of a result about it."""
        return f"moments spread over {len(self.pauses)} steps of the command, which took {sum(self.pauses):.1f} s"

    def begun(self, system: BackedUp, moment: float) -> tuple[subprocess.Popen[str], str]:
        """The command at that moment, which it comes to by its own steps, or at its end; and what it has said."""
        process = begin(system.checkout, *self.words)
        step, part = divmod(moment * len(self.pauses), 1)
        said, done = [], 0
        assert process.stdout is not None
        while done < step and (line := process.stdout.readline()):
            said.append(line)
            done += line.startswith(_STEP)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(part * self.pauses[int(step)])
        return process, "".join(said)


def course(system: BackedUp, *words: str) -> Course:
    """The course of `stackyard WORDS`, left alone. Raises RuntimeError when it does not end well."""
    at = time.monotonic()
    process = begin(system.checkout, *words)
    pauses = []
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(_STEP):
            pauses.append(time.monotonic() - at)
            at = time.monotonic()
    _, error = process.communicate(timeout=LIMIT)
    if process.returncode != 0:
        raise RuntimeError(f"`{' '.join(words)}`, left alone, ended with {process.returncode}: {error}")
    return Course(words, (*pauses, time.monotonic() - at))
