"""Removing a folder in which somebody may still be at work who will not be for long."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from stackyard.errors import StateError

PATIENCE = 20.0
"""Seconds that what a killed command had started has for its end, on a machine that is busy with other things."""
_PAUSE = 0.1


def remove_tree(folder: Path, patience: float = PATIENCE) -> None:
    """Remove the folder with everything in it; one that is not there is as good as removed.

    What is written or renamed in it meanwhile is removed as well. Raises StateError when that goes on for longer than
    `patience` seconds, or when it may not be removed.
    """
    deadline = time.monotonic() + patience
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except PermissionError as error:
            raise _stays(folder, error) from error
        except OSError as error:
            if time.monotonic() > deadline:
                raise _stays(folder, error) from error
            time.sleep(_PAUSE)


def _stays(folder: Path, error: OSError) -> StateError:
    return StateError(
        f"{folder} cannot be removed: {error.strerror}",
        hint="Somebody may still be at work in it. Look who that is, remove it, and run the command again.",
        details=(str(error),),
    )
