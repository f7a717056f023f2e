"""From the FIFO of a program to its log, so that no line is lost when the supervisor is killed at any moment.

The program holds its FIFO open for reading and writing, so it neither stops nor gets SIGPIPE when nobody reads; the
kernel keeps what it writes. What we read is first copied with tee(2), logged, and only then taken out of the FIFO: a
line may be logged twice by two supervisors, but never by none. The beginning of a line that has no end yet is kept in
a small file beside the FIFO.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

PIPE = 256 * 1024
LONGEST_LINE = 64 * 1024
PAUSE = 0.01
"""Seconds without listening after some lines came: the next ones are logged together, not each with a wake-up."""
_MUCH = PIPE // 4
"""So many bytes at once mean that the FIFO may be full before a pause has passed, and its program would block."""
_SPLICE_F_NONBLOCK = 2


def make_fifo(path: Path, uid: int | None, gid: int | None) -> None:
    """Create the FIFO, owned by the program's user, who may reopen /dev/stdout. Raises OSError."""
    with contextlib.suppress(FileExistsError):
        os.mkfifo(path, 0o600)
    if uid is not None and os.geteuid() == 0:
        os.chown(path, uid, gid if gid is not None else -1)


def open_for_program(path: Path) -> int:
    """The end that a program writes to. Open for reading too, so that writing never fails for want of a reader."""
    return os.open(path, os.O_RDWR | os.O_CLOEXEC)


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """The whole lines in some bytes, and what is left. A line longer than `LONGEST_LINE` bytes becomes several."""
    *whole, rest = data.split(b"\n")
    if len(data) <= LONGEST_LINE:
        return whole, rest
    lines: list[bytes] = []
    for line in whole:
        pieces, last = _cut(line)
        lines += [*pieces, last]
    pieces, rest = _cut(rest)
    return lines + pieces, rest


def _cut(line: bytes) -> tuple[list[bytes], bytes]:
    pieces = []
    while len(line) > LONGEST_LINE:
        end = LONGEST_LINE
        while end > LONGEST_LINE - 3 and line[end] & 0xC0 == 0x80:  # not inside a character
            end -= 1
        pieces.append(line[:end])
        line = line[end:]
    return pieces, line


def text_of(line: bytes) -> str:
    """A line as text; what is not UTF-8 is replaced."""
    return line.decode("utf-8", "replace").removesuffix("\r")


class Tee:
    """tee(2) and the pipe it copies into; one for all pumps, since it is empty between two uses."""

    def __init__(self) -> None:
        self._tee = ctypes.CDLL(None, use_errno=True).tee
        self._tee.restype = ctypes.c_ssize_t
        self._tee.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_size_t, ctypes.c_uint)
        self._read, self._write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        widen(self._write)

    def copy(self, source: int) -> bytes:
        """What lies in a pipe, without taking it out. Raises BlockingIOError when it is empty."""
        count = self._tee(source, self._write, PIPE, _SPLICE_F_NONBLOCK)
        if count < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        data = b""
        while len(data) < count:
            data += os.read(self._read, count - len(data))
        return data


def widen(pipe: int) -> None:
    """Let the kernel hold more of what is written while nobody reads."""
    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE)


class Pump:
    """Moves lines from one FIFO to `write`, whenever there are any."""

    def __init__(self, fifo: Path, rest: Path, tee: Tee, write: Callable[[list[str]], None]) -> None:
        self._handle = os.open(fifo, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        widen(self._handle)
        self._rest_file = rest
        self._rest = rest.read_bytes() if rest.exists() else b""
        self._tee = tee
        self._write = write
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._listen()

    def turn(self) -> int:
        """Log what is there, and say how many bytes it was."""
        try:
            data = self._tee.copy(self._handle)
        except BlockingIOError:
            return 0
        lines, rest = split(self._rest + data)
        self._write([text_of(line) for line in lines])
        self._keep(rest)
        taken = 0
        while taken < len(data):
            taken += len(os.read(self._handle, len(data) - taken))
        return taken

    def flush(self) -> None:
        """Log everything, also a last line without an end: the program is gone."""
        while self.turn():
            pass
        if self._rest:
            self._write([text_of(self._rest)])
            self._keep(b"")

    def close(self) -> None:
        """Stop reading; what is in the FIFO stays there as long as somebody else holds it."""
        if self._pause:
            self._pause.cancel()
        self._loop.remove_reader(self._handle)
        os.close(self._handle)

    def _listen(self) -> None:
        self._pause = None
        self._loop.add_reader(self._handle, self._hear)

    def _hear(self) -> None:
        if self.turn() < _MUCH:
            self._loop.remove_reader(self._handle)
            self._pause = self._loop.call_later(PAUSE, self._listen)

    def _keep(self, rest: bytes) -> None:
        if rest == self._rest:
            return
        self._rest = rest
        with contextlib.suppress(OSError):  # a full disk must not stop the pump
            if rest:
                self._rest_file.write_bytes(rest)
            else:
                self._rest_file.unlink(missing_ok=True)
