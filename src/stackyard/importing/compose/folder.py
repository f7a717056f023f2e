"""The folder of a Compose file: the files that it names, read and never written. Nothing outside it is looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_MOST = 256 * 1024


@dataclass(frozen=True)
class Folder:
    """Questions about a project by paths relative to its Compose file; `root` is None where there is no project."""

    root: Path | None = None

    def text(self, name: str) -> str | None:
        """The text of a file; None when there is none, or it is too large to have been written by a person."""
        path = self._path(name)
        try:
            if path is None or not path.is_file() or path.stat().st_size > _MOST:
                return None
            return path.read_text(encoding="utf-8", errors="replace")
        except (OSError, ValueError):
            return None

    def has(self, name: str) -> bool:
        """True when there is a file of that name."""
        return self.text(name) is not None

    def is_folder(self, name: str) -> bool:
        """True when there is a folder of that name."""
        path = self._path(name)
        try:
            return path is not None and path.is_dir()
        except (OSError, ValueError):
            return False

    def names(self, name: str) -> tuple[str, ...]:
        """The files in a folder, sorted."""
        path = self._path(name)
        try:
            return tuple(sorted(entry.name for entry in path.iterdir() if entry.is_file())) if path else ()
        except (OSError, ValueError):
            return ()

    def _path(self, name: str) -> Path | None:
        if self.root is None:
            return None
        root = os.path.realpath(self.root)
        try:
            real = os.path.realpath(Path(root) / name)
        except (OSError, ValueError):
            return None
        return Path(real) if real == root or real.startswith(root.rstrip("/") + "/") else None
