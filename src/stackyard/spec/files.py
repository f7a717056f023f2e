"""Questions about paths that a stack file names. A path that cannot even be asked about does not exist."""

from __future__ import annotations

import stat
from pathlib import Path


def exists(path: Path) -> bool:
    """True when there is something at `path`; False too for a path that is too long or not allowed."""
    return _mode(path) != 0


def is_file(path: Path) -> bool:
    """True when `path` is a file."""
    return stat.S_ISREG(_mode(path))


def is_folder(path: Path) -> bool:
    """True when `path` is a folder."""
    return stat.S_ISDIR(_mode(path))


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0
