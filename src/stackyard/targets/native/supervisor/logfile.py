"""Log files: one JSON object a line, rotated by size, so that they cannot fill the disk.

A line is {"ts", "part", "id", "stream", "line"}: `ts` is UTC with milliseconds, `stream` "out" for what the program
wrote and "supervisor" for what we say about it. When the disk is full lines are dropped, counted, and the count is
written as soon as there is space again: a log never ends a program.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring
from pathlib import Path


def stamp(now: float) -> str:
    """Epoch seconds as ISO 8601 in UTC with milliseconds."""
    whole = int(now)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{int((now - whole) * 1000):03d}Z"


def encode(part: str, name: str, stream: str, lines: Iterable[str], now: float) -> bytes:
    """The records of some lines that were written at the same time."""
    head = f'{{"ts":"{stamp(now)}","part":{encode_basestring(part)},"id":{encode_basestring(name)},'
    head += f'"stream":"{stream}","line":'
    return "".join([f"{head}{encode_basestring(line)}}}\n" for line in lines]).encode("utf-8", "replace")


def _pieces(records: bytes, size: int) -> Iterator[bytes]:
    """Whole records in portions of at most `size` bytes, or of one record that is longer."""
    start = 0
    while len(records) - start > size:
        end = records.rfind(b"\n", start, start + size) + 1 or records.index(b"\n", start + size) + 1
        yield records[start:end]
        start = end
    if start < len(records):
        yield records[start:]


class LogFile:
    """The log of one part: `path`, and `path.1` (newest) to `path.N` behind it.

    At most (files + 1) x size bytes, unless a single line is longer than `size`.
    """

    def __init__(self, path: Path, size: int, files: int) -> None:
        self.path = path
        self.limits = (size, files)
        self._handle: int | None = None
        self._length = 0
        self._lost = 0

    def write(self, records: bytes) -> None:
        """Append whole records; those that cannot be written are dropped and counted."""
        for piece in _pieces(records, self.limits[0]):
            if self._lost:
                self._confess()
            if not self._append(piece):
                self._lost += piece.count(b"\n")

    def close(self) -> None:
        """Let go of the file; the next write opens it again."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _confess(self) -> None:
        text = f"{self._lost} log lines were lost: the disk was full or the log could not be written"
        part = self.path.stem
        if self._append(encode(part, part, "supervisor", [text], time.time())):
            self._lost = 0

    def _append(self, records: bytes) -> bool:
        try:
            self._make_room(len(records))
            return self._write_whole(records)
        except OSError:
            self.close()
            return False

    def _write_whole(self, records: bytes) -> bool:
        assert self._handle is not None
        written = os.write(self._handle, records)
        if written < len(records):
            # Half a record would spoil the file for its readers.
            os.ftruncate(self._handle, os.fstat(self._handle).st_size - written)
            return False
        self._length += written
        return True

    def _make_room(self, coming: int) -> None:
        if self._handle is not None and not os.fstat(self._handle).st_nlink:
            # Somebody has removed the file: what we wrote into it now, nobody could ever read.
            self.close()
        if self._handle is None:
            self._open()
        if self._length and self._length + coming > self.limits[0]:
            self.close()
            self._rotate()
            self._open()

    def _open(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._handle = os.open(self.path, flags, 0o600)
        self._length = os.fstat(self._handle).st_size

    def _rotate(self) -> None:
        names = [self.path, *(self.path.with_name(f"{self.path.name}.{i}") for i in range(1, self.limits[1] + 1))]
        if len(names) == 1:
            self.path.unlink()
        for older, newer in zip(reversed(names), reversed(names[:-1]), strict=False):
            with contextlib.suppress(FileNotFoundError):
                newer.replace(older)


class LogBook:
    """All log files of one folder; programs of the same part share one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, LogFile] = {}

    def write(self, part: str, name: str, stream: str, lines: list[str]) -> None:
        """Append lines to the log of a part."""
        if lines:
            self._of(part).write(encode(part, name, stream, lines, time.time()))

    def limit(self, part: str, size: int, files: int) -> None:
        """Let the log of a part take at most (files + 1) x size bytes from now on."""
        self._of(part).limits = (size, files)

    def _of(self, part: str) -> LogFile:
        if part not in self._files:
            self._files[part] = LogFile(self.folder / f"{part}.jsonl", 5 * 1024**2, 3)
        return self._files[part]

    def close(self) -> None:
        """Let go of every file."""
        for file in self._files.values():
            file.close()
