"""Old builds are dropped, so that rebuilding all day cannot fill the disk."""

from __future__ import annotations

import shutil
from pathlib import Path


def keep_newest(folder: Path, current: Path, keep: int = 2) -> None:
    """Remove all builds in `folder` but `current` and the `keep - 1` newest others. Links are left alone."""
    others = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink() and path != current]
    for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[keep - 1 :]:
        shutil.rmtree(path, ignore_errors=True)
