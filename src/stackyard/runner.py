"""The one place that starts processes which end: builds, installs, migrations. Long-lived ones are the supervisor's."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Command:
    """A process to run to its end. `env` is its whole environment. `uid`/`gid` are set when we are root and drop it.

    Secrets may stand in `env`, never in `argv`. `log` is a file that keeps what it prints.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    uid: int | None = None
    gid: int | None = None
    log: Path | None = None
    timeout: float = 900.0


@dataclass(frozen=True)
class Result:
    """What came of a command: its exit code (127 when it could not be started) and the last lines that it printed."""

    code: int
    tail: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        return self.code == 0


@dataclass(frozen=True)
class Answer:
    """All that a command said, `output` apart from `errors`. `code` as in `Result`; 124: too late."""

    code: int
    output: str
    errors: str

    @property
    def is_good(self) -> bool:
        return self.code == 0

    @property
    def evidence(self) -> tuple[str, ...]:
        """The last lines of what it complained about."""
        return tuple(line for line in (self.errors or self.output).splitlines() if line.strip())[-8:]


class Runner(Protocol):
    """Whoever runs commands: the real one, or a recorder in tests."""

    def run(self, command: Command) -> Result:
        """Run to the end and say what came of it. Never raises for a command that fails."""


class Asker(Protocol):
    """Whoever asks a program something."""

    def ask(self, command: Command) -> Answer:
        """Run to the end and return what was said. Never raises for a command that fails."""


class Processes:
    """The real runner. `interrupt` ends whatever is running, from any thread."""

    def __init__(self) -> None:
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._interrupted = False

    def run(self, command: Command) -> Result:
        """Run to the end, in a session of its own so that an interrupt reaches all of its children."""
        output = _open_log(command.log)
        try:
            process = self._start(command, output)
        except OSError as error:
            return Result(127, (f"{command.argv[0]}: {error.strerror or error}",))
        finally:
            os.close(output)
        is_late = threading.Event()
        # A wait with a limit looks only every 50 ms, which is as long as many a command takes.
        limit = threading.Timer(command.timeout, _end_late, (process, is_late))
        limit.daemon = True
        limit.start()
        try:
            code = process.wait()
        finally:
            limit.cancel()
            with self._lock:
                self._running.pop(process.pid, None)
        if is_late.is_set():
            return Result(124, (*_tail(command.log), f"stopped after {command.timeout:.0f} s"))
        return Result(code, _tail(command.log))

    def ask(self, command: Command) -> Answer:
        """Run to the end and return all that was said; for questions whose answers fit into memory."""
        try:
            process = self._start(command, subprocess.PIPE, subprocess.PIPE)
        except OSError as error:
            return Answer(127, "", f"{command.argv[0]}: {error.strerror or error}")
        try:
            output, errors = process.communicate(timeout=command.timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            return Answer(124, "", f"{command.argv[0]} did not answer within {command.timeout:.0f} s")
        finally:
            with self._lock:
                self._running.pop(process.pid, None)
        return Answer(process.returncode, output.decode(errors="replace"), errors.decode(errors="replace"))

    def _start(self, command: Command, output: int, errors: int = subprocess.STDOUT) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._interrupted:
                raise InterruptedError("interrupted")
            drop = command.uid is not None and os.geteuid() == 0
            process = subprocess.Popen(
                command.argv,
                cwd=command.cwd,
                env=dict(command.env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
                user=command.uid if drop else None,
                group=command.gid if drop else None,
                extra_groups=[] if drop else None,
            )
            self._running[process.pid] = process
            return process

    def interrupt(self) -> None:
        """End everything that runs, and start nothing more."""
        with self._lock:
            self._interrupted = True
            running = list(self._running.values())
        for process in running:
            _end(process)


def _open_log(log: Path | None) -> int:
    if log is None:
        return os.open(os.devnull, os.O_WRONLY)
    log.parent.mkdir(parents=True, exist_ok=True)
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _end_late(process: subprocess.Popen[bytes], is_late: threading.Event) -> None:
    # One that has been waited for has a pid that may be somebody else's by now.
    if process.returncode is None:
        is_late.set()
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def _tail(log: Path | None, lines: int = 20) -> tuple[str, ...]:
    if log is None:
        return ()
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        return tuple(file.read().decode(errors="replace").splitlines()[-lines:])
