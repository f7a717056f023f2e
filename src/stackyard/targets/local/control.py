"""What a stopped PostgreSQL says of its own data: whether it was stopped cleanly, and where its log ends."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import StateError

_HEAD = struct.Struct("=QIIi4xqQQI")
"""system identifier, version of this file, of the catalogue, state, time, checkpoint, its redo, its timeline."""
_VERSIONS = range(1300, 2000)
"""From PostgreSQL 12 on the file begins as above."""
_STOPPED = 1


@dataclass(frozen=True)
class Control:
    """`checkpoint` is where the last checkpoint lies in the log, the end of it when the server was stopped cleanly."""

    cluster: int
    is_stopped: bool
    checkpoint: int
    timeline: int


SIZE = _HEAD.size
"""How many bytes of the file are read."""


def file_of(data: Path) -> Path:
    """Where it lies in a data folder."""
    return data / "global" / "pg_control"


def read(data: Path) -> Control:
    """What the data folder of a server says. Raises StateError when it cannot be read."""
    path = file_of(data)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StateError(f"{path} cannot be read", details=(str(error),)) from None
    return parse(content, str(path))


def parse(content: bytes, place: str) -> Control:
    """The same out of the beginning of that file, which lies at `place`. Raises StateError."""
    try:
        cluster, version, _, state, _, checkpoint, _, timeline = _HEAD.unpack(content[:SIZE])
    except struct.error as error:
        raise StateError(f"{place} cannot be read", details=(str(error),)) from None
    if version not in _VERSIONS:
        raise StateError(f"{place} is of a version that Stackyard does not know ({version})")
    return Control(cluster, state == _STOPPED, checkpoint, timeline)
