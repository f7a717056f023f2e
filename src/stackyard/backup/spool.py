"""The folder into which WAL is received, and the ledger that says what lies in it.

The folder belongs to one cluster. pg_receivewal writes into it: whole segments, one `.partial`, histories of timelines.
`past/` holds what an earlier timeline left there, out of the way of pg_receivewal. `ledger.json` lists every whole
segment with its sha256, so that one that is missing or has changed is seen before it is needed; the ledger goes into
the repository with the segments.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from stackyard.backup import store
from stackyard.backup.segments import Segment, segment_named, timeline_named

LEDGER = "ledger.json"
PAST = "past"
BEGINNING = "beginning"
"""What the spool holds the WAL since, until there is a first set."""


@dataclass(frozen=True)
class Seal:
    """A whole segment as it was when it was first seen."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Ledger:
    """What the spool holds. `segment` is the size of one in bytes, `timeline` the one that the server is on.

    `since` is the set whose start the spool begins at. `marks` are the names that people gave to moments, so that
    they outlive the machine: name to a JSON-ready record.
    """

    cluster: str
    segment: int
    timeline: int
    since: str = BEGINNING
    segments: Mapping[str, Seal] = field(default_factory=dict)
    marks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Spooled:
    """A file of WAL in a spool. `segment` is None for the history of a timeline."""

    path: Path
    size: int
    segment: Segment | None
    is_partial: bool = False


def to_text(ledger: Ledger) -> str:
    """The ledger as JSON."""
    return json.dumps(asdict(ledger), indent=1, sort_keys=True)


def from_text(text: str) -> Ledger:
    """The ledger that `to_text` wrote. Raises KeyError, TypeError or ValueError on anything else."""
    data: dict[str, Any] = json.loads(text)
    data["segments"] = {name: Seal(**seal) for name, seal in data["segments"].items()}
    return Ledger(**data)


def read(spool: Path) -> Ledger | None:
    """The ledger of a spool; None where there is none that can be read."""
    try:
        return from_text((spool / LEDGER).read_text())
    except (OSError, KeyError, TypeError, ValueError):
        return None


def write(spool: Path, ledger: Ledger) -> None:
    """Replace the ledger, in one step."""
    store.write(spool / LEDGER, to_text(ledger))


@contextmanager
def held(spool: Path) -> Iterator[None]:
    """Nobody else changes the spool or its ledger meanwhile (pg_receivewal does not ask)."""
    spool.mkdir(parents=True, exist_ok=True)
    with (spool / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def files(spool: Path, size: int) -> tuple[Spooled, ...]:
    """The WAL in a spool, the past included, sorted by name. Files that vanish meanwhile are left out."""
    found = []
    for folder in (spool, spool / PAST):
        for path in sorted(folder.glob("[0-9A-F]*")) if folder.is_dir() else ():
            segment = segment_named(path.name, size)
            if segment is None and timeline_named(path.name) is None:
                continue
            try:
                length = path.stat().st_size
            except FileNotFoundError:
                continue
            found.append(Spooled(path, length, segment, path.name.endswith(".partial")))
    return tuple(found)


def sealed(spool: Path, ledger: Ledger) -> Ledger:
    """The ledger with every whole segment in it that it did not know. One that has gone stays listed: it is missed."""
    known = dict(ledger.segments)
    for file in files(spool, ledger.segment):
        if file.segment is None or file.is_partial or file.path.name in known or file.size != ledger.segment:
            continue
        known[file.path.name] = Seal(file.size, digest(file.path))
    return replace(ledger, segments=known)


def digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def on(ledger: Ledger, timeline: int) -> Ledger:
    """The ledger of a server that is on that timeline now."""
    return ledger if ledger.timeline == timeline else replace(ledger, timeline=timeline)
