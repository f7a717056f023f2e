"""Short questions to other programs: their output, within a deadline. Never raises for a program that fails."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Answer:
    """What a program said. `code` is 127 when it could not be started and 124 when it took too long."""

    code: int
    output: str
    errors: str

    @property
    def is_good(self) -> bool:
        return self.code == 0

    @property
    def evidence(self) -> tuple[str, ...]:
        """The last lines of what it complained about."""
        return tuple(line for line in (self.errors or self.output).splitlines() if line.strip())[-8:]


def ask(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 20.0,
) -> Answer:
    """Run to the end and return what was said, in English. `env` is added to ours; `timeout` is in seconds."""
    environment = {**os.environ, "LC_ALL": "C", **(env or {})}
    try:
        done = subprocess.run(
            [str(part) for part in argv],
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            text=True,
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(124, "", f"{argv[0]} did not finish within {timeout:.0f} s")
    except OSError as error:
        return Answer(127, "", f"{argv[0]}: {error.strerror or error}")
    return Answer(done.returncode, done.stdout, done.stderr)
