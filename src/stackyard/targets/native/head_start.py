"""A head start: what ran last may be started before the stack file has been read, when nothing has changed since.

A finished `up` leaves a note of the programs that it started, of the order that their needs gave them, and a stamp of
everything that they were made from. The next `up` compares the stamp, which takes a few milliseconds, and has the
databases and services started while it still reads, looks and plans. The plan is the same with and without: a program
that it wants otherwise is stopped before the plan begins, and one that it does not want at all is, too.

What no head start may do is run new code before its migration, or a part on files that the plan would write first. So
any change of a source, a secret, a certificate, a configuration, a tool or the record of what was made forbids it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard import __version__
from stackyard.targets.local.fingerprint import source_files
from stackyard.targets.local.folders import note_file
from stackyard.targets.local.ports import is_taken
from stackyard.targets.native.program import Program, from_json, to_json
from stackyard.targets.native.supervisor.places import read_json, write_json

if TYPE_CHECKING:
    from stackyard.targets.native.layout import Layout

_TICK = 20_000_000
"""Nanoseconds by which the time of a file may lag behind the clock."""


@dataclass(frozen=True)
class Ahead:
    """A program to start ahead, once those whose ids are in `after` are ready."""

    program: Program
    after: tuple[str, ...]


@dataclass(frozen=True)
class Inputs:
    """What the programs of a system are made from.

    `written` are files and folders that people edit, `made` files and folders that we write; a folder counts with all
    that is in it. Of those in `there` counts only whether they exist.
    """

    written: tuple[str, ...]
    made: tuple[str, ...]
    there: tuple[str, ...]


def remember(
    layout: Layout,
    profiles: Iterable[str],
    inputs: Inputs,
    programs: Iterable[Ahead],
    listens: Mapping[int, tuple[str, ...]],
    begun: int,
) -> None:
    """Leave the note. `listens` are the addresses by port, `begun` is when this `up` began (ns of the epoch).

    Where somebody has edited a source since then there is no note: what was migrated may be older than what is there.
    """
    note = note_file(layout.folder)
    if _newest(inputs.written) >= begun - _TICK:
        note.unlink(missing_ok=True)
        return
    data = {
        "version": __version__,
        "profiles": list(profiles),
        "inputs": [list(inputs.written), list(inputs.made), list(inputs.there)],
        "stamp": _stamp(inputs),
        "listens": [[port, list(addresses)] for port, addresses in listens.items()],
        "programs": [{"program": to_json(one.program), "after": list(one.after)} for one in programs],
    }
    write_json(note, data)


def recall(folder: Path, profiles: Iterable[str]) -> tuple[Ahead, ...]:
    """What may be started ahead, each behind what it needs; () when anything has changed, or a port is taken."""
    note = read_json(note_file(folder))
    try:
        if note is None or note["version"] != __version__ or note["profiles"] != list(profiles):
            return ()
        if note["stamp"] != _stamp(Inputs(*map(tuple, note["inputs"]))):
            return ()
        if any(is_taken(port, tuple(addresses)) for port, addresses in note["listens"]):
            return ()
        return tuple(_ahead(one) for one in note["programs"])
    except (KeyError, TypeError, ValueError):
        return ()


def _ahead(data: Mapping[str, Any]) -> Ahead:
    return Ahead(from_json(data["program"]), tuple(data["after"]))


def _stamp(inputs: Inputs) -> str:
    """A digest of names, sizes and times: another one whenever a file was written, moved or replaced."""
    digest = hashlib.sha256()
    for path in _files((*inputs.written, *inputs.made)):
        digest.update(f"{path}\0{_mark(path)}\0".encode(errors="surrogateescape"))
    digest.update(json.dumps([os.path.exists(path) for path in inputs.there]).encode())  # noqa: PTH110 - plain names
    return digest.hexdigest()


def _mark(path: str) -> str:
    try:
        found = os.stat(path)  # noqa: PTH116 - thousands of names, no Path objects needed
    except OSError as error:
        return str(error.errno)
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_mode}"


def _newest(paths: Iterable[str]) -> int:
    """When the youngest of these files changed, in nanoseconds of the epoch."""
    times = [0]
    for path in _files(paths):
        try:
            times.append(os.stat(path).st_ctime_ns)  # noqa: PTH116 - as above
        except OSError:
            continue
    return max(times)


def _files(paths: Iterable[str]) -> Iterable[str]:
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - as above
            yield from map(str, source_files(Path(path)))
        else:
            yield path
