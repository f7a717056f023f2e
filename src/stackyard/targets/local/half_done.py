"""What cannot be planned: a system in the middle of something that nobody but its own code can end."""

from __future__ import annotations

from pathlib import Path

from stackyard.errors import StateError
from stackyard.targets.local.folders import switchover_file


def refuse_half_done(folder: Path, target: str) -> None:
    """Raise StateError while a switchover is half done. `folder` is that of the environment."""
    if switchover_file(folder, target).exists():
        raise StateError(
            "a switchover is under way, or was interrupted",
            hint="`stackyard up` finishes it, or takes it back; no data is lost.",
        )
