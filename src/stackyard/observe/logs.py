"""The logs of the parts: the last lines over all rotated files, in order of time, and new lines as they come.

A log is JSON lines in `<folder>/log/<part>.jsonl`, with `.1` (newest) to `.N` behind it. The supervisor's own
sentences about a part stand between the part's lines; the part named "supervisor" is read only when asked for.
"""

from __future__ import annotations

import heapq
import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stackyard.targets.native.supervisor.client import Client

CHUNK = 64 * 1024
COMEBACK = 3.0
"""Seconds that `follow` gives a killed supervisor's successor to come up."""
_OWN = "supervisor"


@dataclass(frozen=True)
class LogLine:
    """One line: when, of which part and program, and whether the program ("out") or the supervisor said it."""

    ts: datetime
    part: str
    id: str
    stream: str
    line: str


def read(
    folder: Path,
    parts: Sequence[str] = (),
    *,
    n: int | None = None,
    since: datetime | None = None,
    grep: re.Pattern[str] | None = None,
) -> list[LogLine]:
    """The last `n` lines (all when None) of these parts (all when empty), oldest first.

    `since` must know its time zone. Files are read from their end, so that a few lines of a big log cost little.
    """
    tails = [Tail(path) for path in _paths(folder, parts)]
    try:
        return _last(tails, n, since, grep)
    finally:
        for tail in tails:
            tail.close()


def follow(
    folder: Path,
    client: Client | None,
    parts: Sequence[str] = (),
    *,
    n: int = 0,
    grep: re.Pattern[str] | None = None,
) -> Iterator[LogLine]:
    """The last `n` lines, then every new line as soon as it is written; none is missed or told twice.

    Ends when the supervisor has ended and no successor came.
    """
    tails = {path: Tail(path) for path in _paths(folder, parts)}
    try:
        # Listen before reading, so that nothing falls between the two.
        moments = _moments(folder, client)
        next(moments, None)
        yield from _last(tails.values(), n, None, grep) if n else ()
        for _ in moments:
            for path in _paths(folder, parts):
                tails.setdefault(path, Tail(path, fresh=True))
            found = [line for tail in tails.values() for line in tail.new() if _fits(line, grep)]
            yield from sorted(found, key=lambda line: line.ts)
    finally:
        for tail in tails.values():
            tail.close()


def _moments(folder: Path, client: Client | None) -> Iterator[None]:
    """A moment at once, then whenever there may be new lines, and a last one at the end."""
    from stackyard.errors import StateError
    from stackyard.targets.native.supervisor.client import connect

    while client is not None:
        try:
            events = client.events(logs=True, every=1.0)
            yield
            for event in events:
                if event["type"] != "state":
                    yield
        except StateError:
            yield
        client, until = None, time.monotonic() + COMEBACK
        while client is None and time.monotonic() < until:
            time.sleep(0.05)
            client = connect(folder)
    yield
    yield


class Tail:
    """One log file from a position on: backwards to what was before, forwards to what comes, over rotations."""

    def __init__(self, path: Path, *, fresh: bool = False) -> None:
        self.path = path
        self._handle = _open(path)
        self._position = 0 if fresh or self._handle is None else _whole(self._handle)

    def close(self) -> None:
        """Let go of the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def before(self) -> Iterator[LogLine]:
        """The lines before the position, newest first, through the rotated files."""
        if self._handle is None:
            return
        yield from _parse(_backwards(self._handle, self._position))
        for older in self._generations()[1:]:
            handle = _open(older)
            if handle is None:
                return
            try:
                if not os.path.sameopenfile(handle, self._handle):
                    yield from _parse(_backwards(handle, os.fstat(handle).st_size))
            finally:
                os.close(handle)

    def new(self) -> Iterator[LogLine]:
        """The lines after the position, which moves behind them."""
        if self._handle is None:
            self._handle = _open(self.path)
        while self._handle is not None:
            yield from _parse(self._forwards())
            following = self._following()
            if following is None:
                return
            yield from _parse(self._forwards())  # what came between the last read and the rotation
            self.close()
            self._handle, self._position = following, 0

    def _forwards(self) -> Iterator[bytes]:
        assert self._handle is not None
        while True:
            data = os.pread(self._handle, CHUNK * 4, self._position)
            whole = data.rfind(b"\n") + 1
            if not whole:
                return
            self._position += whole
            yield from data[: whole - 1].split(b"\n")

    def _generations(self) -> list[Path]:
        """The file and its rotated ones, newest first."""
        found, number = [self.path], 1
        while (older := self.path.with_name(f"{self.path.name}.{number}")).exists():
            found.append(older)
            number += 1
        return found

    def _following(self) -> int | None:
        """The next newer file after ours was rotated, or None when ours is the newest."""
        assert self._handle is not None
        ours = os.fstat(self._handle).st_ino
        newer: Path | None = None
        for path in self._generations():
            if _inode(path) == ours:
                return _open(newer) if newer else None
            newer = path
        # Ours is gone: go on with the oldest one there is.
        return _open(newer) if newer and newer.exists() else None


def _paths(folder: Path, parts: Sequence[str]) -> list[Path]:
    log = folder / "log"
    if parts:
        return [log / f"{part}.jsonl" for part in parts]
    return sorted(path for path in log.glob("*.jsonl") if path.stem != _OWN)


def _last(tails: Iterable[Tail], n: int | None, since: datetime | None, grep: re.Pattern[str] | None) -> list[LogLine]:
    found: list[LogLine] = []
    for line in heapq.merge(*(tail.before() for tail in tails), key=lambda line: line.ts, reverse=True):
        if (since is not None and line.ts < since) or (n is not None and len(found) >= n):
            break
        if _fits(line, grep):
            found.append(line)
    return found[::-1]


def _fits(line: LogLine, grep: re.Pattern[str] | None) -> bool:
    return grep is None or grep.search(line.line) is not None


def _open(path: Path | None) -> int | None:
    try:
        return None if path is None else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _whole(handle: int) -> int:
    """The length of a file up to the end of its last whole line."""
    end = os.fstat(handle).st_size
    start = end
    while start > 0:
        length = min(CHUNK, start)
        start -= length
        at = os.pread(handle, length, start).rfind(b"\n")
        if at >= 0:
            return start + at + 1
    return 0


def _backwards(handle: int, end: int) -> Iterator[bytes]:
    """The lines before the position `end`, last first."""
    rest = b""
    while end > 0:
        length = min(CHUNK, end)
        end -= length
        first, *lines = (os.pread(handle, length, end) + rest).split(b"\n")
        yield from (line for line in reversed(lines) if line)
        rest = first
    if rest:
        yield rest


def _parse(lines: Iterable[bytes]) -> Iterator[LogLine]:
    """The lines that are records; a line that was spoiled by a crash is passed over."""
    for line in lines:
        try:
            found = json.loads(line)
            moment = datetime.fromisoformat(found["ts"])
            yield LogLine(moment, found["part"], found["id"], found["stream"], found["line"])
        except (ValueError, KeyError, TypeError):
            continue
