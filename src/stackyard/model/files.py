"""A file to be written: what every renderer returns, and nobody writes before the runner does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class File:
    """Content for a path relative to the folder it is rendered into. `mode` as in chmod."""

    path: PurePosixPath
    content: str
    mode: int = 0o644
