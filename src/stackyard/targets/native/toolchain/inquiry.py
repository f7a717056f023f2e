"""Short questions to other programs: their output, within a deadline. Never raises for a program that fails."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from stackyard.runner import Answer


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
