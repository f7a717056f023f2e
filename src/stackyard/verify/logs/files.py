"""The files of the logs: there for every part, whole, bounded, and open to their owner only."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stackyard.observe import processes
from stackyard.observe.view import View
from stackyard.verify.check import Check, DoesNotApplyError, Look, Seen, saw

TAIL = 256 * 1024
"""Bytes at the end of a log that are looked at line by line."""

_KEYS = ("ts", "part", "id", "stream", "line")
_STREAMS = ("out", "supervisor")
_SUPERVISOR = "supervisor"
_AHEAD = timedelta(seconds=5)
_LONGEST_RECORD = 512 * 1024
"""Bytes: a line of 64 KB at most, each of its characters escaped at worst."""
_OTHERS = 64 * 1024**2
"""Bytes that one file may have which is written anew each time: what a build, an installation or a migration said."""


def folder_of(view: View) -> Path:
    """The folder of our own logs. Raises DoesNotApplyError where others keep them."""
    if "log" not in view.folders:
        raise DoesNotApplyError("the engine of this target keeps the logs: see the checks of containers")
    return view.folders["log"]


def log_of(view: View, part: str) -> Path:
    """The log of a part, the newest file of it. Raises as `folder_of`."""
    return folder_of(view) / f"{part}.jsonl"


def tail(path: Path, size: int = TAIL) -> list[bytes]:
    """The whole lines in the last `size` bytes of a file; none when it is not there."""
    try:
        with path.open("rb") as file:
            begin = max(0, file.seek(0, 2) - size)
            file.seek(begin)
            # A record that is being written has no end yet.
            lines = file.read().rpartition(b"\n")[0].split(b"\n")
    except FileNotFoundError:
        return []
    return [line for line in lines[1 if begin else 0 :] if line]


def _written(view: View) -> Iterator[Seen]:
    for one in view.processes():
        if one.pid is None:
            continue
        process, path = processes.read(one.pid), log_of(view, one.part)
        if process is None:
            continue
        begun = processes.began(process)
        written = path.stat().st_mtime if path.is_file() else 0.0
        yield saw(
            f"last write to {path.name}; {one.id} was started at {_clock(begun)}",
            _clock(written) if written else "there is no such file",
            fault=f"the log of {one.part} has nothing of {one.id}, which runs since {_clock(begun)}",
            # The start itself is logged, when the process has already begun.
            unless=written >= begun - 1,
        )


def _clock(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"


def _whole(view: View) -> Iterator[Seen]:
    ids = {one.id for one in view.processes()} | set(view.planned()) | {_SUPERVISOR, "guardian"}
    for part in view.log_parts():
        path = log_of(view, part)
        lines = tail(path)
        faults = [fault for line in lines if (fault := record_fault(line, part, ids, datetime.now(UTC)))]
        shown = f"{len(lines)} records" if not faults else f"{len(faults)} of {len(lines)} are none: {faults[0]}"
        yield saw(
            f"every line of the last {TAIL // 1024} KB of {path.name}",
            shown,
            fault=f"{path.name} holds a line that is no record of {part}: {faults[0] if faults else ''}",
            unless=not faults,
        )


def record_fault(line: bytes, part: str, ids: set[str], now: datetime) -> str:
    """What is wrong with one line of the log of a part, or ""."""
    try:
        record = json.loads(line)
    except ValueError:
        return f"it is not JSON: {line[:80].decode(errors='replace')}"
    if (
        not isinstance(record, dict)
        or tuple(record) != _KEYS
        or not all(isinstance(one, str) for one in record.values())
    ):
        return f"it should have the texts {', '.join(_KEYS)}: {line[:80].decode(errors='replace')}"
    try:
        moment = datetime.fromisoformat(record["ts"])
    except ValueError:
        return f"its time is {record['ts'][:40]}"
    if moment.tzinfo is None or moment > now + _AHEAD:
        return f"its time is {record['ts']}, which is still to come"
    if record["part"] != part:
        return f"it is of {record['part'][:40]}"
    if record["stream"] not in _STREAMS:
        return f"its stream is {record['stream'][:40]}"
    # Replicas come and go, and their lines stay.
    own = record["id"] in ids or record["id"].rpartition("-")[0] == part or part == _SUPERVISOR
    return "" if own else f"it is of the process {record['id'][:40]}"


def _bounded(view: View) -> Iterator[Seen]:
    """What the supervisor was told about sizes, and whether the files keep to it."""
    limit, folder = view.system.logs.size, folder_of(view)
    for name, one in view.running().items():
        yield saw(
            f"size at which the log of {name} is rotated, {limit:,} bytes in the file",
            f"{one.log_size:,} bytes",
            fault=f"the log of {name} may grow to {one.log_size:,} bytes",
            unless=one.log_size <= limit,
        )
    older = {one.part: one.log_files for one in view.running().values()}
    for path in sorted(folder.iterdir()):
        name, is_log, number = path.name.partition(".jsonl")
        size = path.stat().st_size
        largest = limit + _LONGEST_RECORD if is_log else _OTHERS
        count = older.get(name, 5)
        is_beyond = number.startswith(".") and number[1:].isdigit() and int(number[1:]) > count
        faults = [f"{path.name} has {size:,} bytes"] if size > largest else []
        faults += [f"{path.name} is kept beyond the {count} older files of {name}"] if is_beyond else []
        yield saw(f"size of {path.name}, at most {largest:,}", f"{size:,} bytes", fault="; ".join(faults))


def _private(view: View) -> Iterator[Seen]:
    folder = folder_of(view)
    owner = view.folders["home"].stat().st_uid
    for path in (folder, *sorted(folder.iterdir())):
        found = path.lstat()
        mode, most = stat.S_IMODE(found.st_mode), 0o700 if path == folder else 0o600
        is_right = not mode & ~most and found.st_uid == owner and not path.is_symlink()
        yield saw(
            f"access to {path.name}",
            f"mode {mode:04o}, owner {found.st_uid}",
            fault=f"{path.name} is open to others: mode {mode:04o}, owner {found.st_uid}",
            unless=is_right,
        )


CHECKS = (
    Check(
        "logs.written",
        ("LOG-01",),
        "every part writes into a log of its own since it was started",
        Look.FILE,
        _written,
        next_step="Is the disk full, or was the file removed? `stackyard restart PART` opens it anew.",
    ),
    Check(
        "logs.whole",
        ("APP-03", "LOG-01", "LOG-02"),
        "every line of the logs is a whole record of its own part, dated when it was written",
        Look.LOG,
        _whole,
        next_step="Somebody else has written into that file: see who can, and take the line out.",
    ),
    Check(
        "logs.bounded",
        ("LOG-01",),
        "the logs cannot fill the disk: each file and their number are limited",
        Look.FILE,
        _bounded,
        next_step="Remove that file; what it holds is older than what is kept, or was written by somebody else.",
    ),
    Check("logs.private", ("LOG-01", "SEC-01"), "the logs are open to their owner only", Look.FILE, _private),
)
