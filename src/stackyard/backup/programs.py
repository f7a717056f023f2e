"""Running programs: started with little around them, heard, and seen gone."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from stackyard.backup.job import Account
from stackyard.backup.niceness import be_as_nice
from stackyard.backup.problem import NotReadError

CHUNK = 1 << 20
"""The most that is read at once, and what a pipe holds where the system allows it: at the usual 64 kB each of two
programs waits for the other sixteen times as often, and on a busy machine each wait costs its turn."""
_TAIL = 20
"""How many lines of what a program said stand in an error."""


@dataclass(frozen=True)
class Answer:
    """How a program ended, and what it said."""

    code: int
    output: str
    errors: str

    @property
    def is_done(self) -> bool:
        return self.code == 0

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines of what it complained of, else of what it said."""
        return tuple((self.errors.strip() or self.output.strip()).splitlines()[-_TAIL:])


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """What programs get to see: a path, a place for temporary files, the C locale, UTC, and `extra`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", **kept, **extra}


def start(
    argv: Sequence[str], env: Mapping[str, str], account: Account | None = None, cwd: Path | None = None, **streams: Any
) -> subprocess.Popen[bytes]:
    """A process in a session of its own, as the account when we are root. Raises BackupError when it cannot start."""
    drop: dict[str, Any] = {}
    if account and os.geteuid() == 0:
        drop = {"user": account.uid, "group": account.gid, "extra_groups": []}
    try:
        process = subprocess.Popen(
            argv, cwd=cwd or "/", env=environment(env), start_new_session=True, close_fds=True, **drop, **streams
        )
    except OSError as error:
        raise NotReadError(
            f"{Path(argv[0]).name} cannot be run: {error.strerror}",
            hint="`stackyard doctor` says what this machine lacks.",
            details=(argv[0],),
        ) from error
    for stream in (process.stdin, process.stdout):
        if stream:
            _widen(stream)
    be_as_nice(process)
    return process


def _widen(stream: IO[bytes]) -> None:
    # Not everywhere, and an account has so many pages of pipes and no more: then it is slower, and that is all.
    with suppress(OSError, AttributeError):
        fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, CHUNK)


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
    stdin: bytes | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
) -> Answer:
    """Run the program to its end. Raises BackupError when it cannot start, or takes longer than `timeout` seconds."""
    feed = subprocess.DEVNULL if stdin is None else subprocess.PIPE
    process = start(argv, env or {}, account, cwd, stdin=feed, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        output, errors = process.communicate(stdin, timeout)
    except subprocess.TimeoutExpired:
        raise NotReadError(f"{Path(argv[0]).name} did not end within {timeout:.0f} seconds") from None
    finally:
        end(process)
    return Answer(process.returncode, output.decode(errors="replace"), errors.decode(errors="replace"))


def stop(process: subprocess.Popen[bytes], patience: float = 5.0, *, asked: int = signal.SIGTERM) -> None:
    """See the process gone: `asked` first, killed after `patience` seconds. Its pipes stay open, for who reads them."""
    if process.poll() is None:
        process.send_signal(asked)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def end(process: subprocess.Popen[bytes], patience: float = 5.0) -> None:
    """The same, and close its pipes: nobody may be reading or writing them any more."""
    stop(process, patience)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            close(stream)


def close(stream: IO[bytes]) -> None:
    """Close a pipe, of which the other end may be gone."""
    with suppress(BrokenPipeError):
        stream.close()


class Listener:
    """Reads what a process says, in a thread, so that it never waits for us; keeps the last part of it.

    `alarm` is called when `word` is said; `is_alarmed` tells, after `said`, whether it was.
    """

    _KEPT = 1 << 16

    def __init__(self, stream: IO[bytes] | None, word: bytes = b"", alarm: Callable[[], None] | None = None) -> None:
        # One of our own: the other is closed by whoever ends the process, who does not ask whether we have read.
        self._stream = os.fdopen(os.dup(stream.fileno()), "rb", buffering=0) if stream else None
        self._kept, self._word, self._alarm = b"", word, alarm
        self.is_alarmed = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        if not self._stream:
            return
        with self._stream as stream:
            while chunk := stream.read(CHUNK):
                self._hear(chunk)

    def _hear(self, chunk: bytes) -> None:
        self._kept = (self._kept + chunk)[-self._KEPT :]
        if self._alarm and self._word in self._kept:
            self.is_alarmed = True
            self._alarm()
            self._alarm = None

    def said(self) -> str:
        """All of it, once the process has closed its end."""
        self._thread.join()
        return self._kept.decode(errors="replace")


def ending(code: int) -> str:
    """How a process ended, in words: "exit code 1", "signal 9"."""
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
