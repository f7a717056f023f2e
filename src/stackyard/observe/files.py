"""Reading files that others write to meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def end_of(path: Path, most: int) -> bytes:
    """The last `most` bytes of a file; nothing of one that cannot be read or is gone."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - most))
            return file.read(most)
    except OSError:
        return b""


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in the order of names; none of a folder that is not there."""
    for here, _, names in os.walk(folder):
        yield from (Path(here, name) for name in sorted(names))
