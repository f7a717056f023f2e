"""`python -m stackyard.backup.alive JOB.json`: whether the keeper is at work, for the health check of its container."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from stackyard.backup import health, job

PATIENCE = 90.0
"""Seconds that the keeper may be silent: it looks around far more often."""


def complaint(state: Path, now: float) -> str:
    """What is wrong with the keeper that writes this state, "" when it is at work. `now` in seconds since the epoch."""
    known = health.read(state)
    if known is None:
        return "the keeper of backups has not begun its work"
    silent = now - known.seen
    return f"the keeper of backups was last seen {round(silent)} s ago" if silent > PATIENCE else ""


def main() -> int:
    """Say what is wrong; the exit code is 0 when nothing is."""
    said = complaint(job.from_text(Path(sys.argv[1]).read_text()).places.state, time.time())
    if said:
        sys.stdout.write(f"{said}\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
