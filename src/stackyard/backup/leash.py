"""A process that waits for the end of another, however that ends, and ends all that it has started.

Whoever is killed can end nobody any more. So a small process of its own holds the other end of a pipe; when that
closes, it kills the process groups that it was told of, and everything that carries the mark in its environment.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARK = "STACKYARD_DRILL"
"""The variable that every process of a drill's services and every server of a copy has; a service may look at it, to
leave the world alone."""

_ROUNDS = 20


class Leash:
    """Holds what this process starts. `mark` is the value of MARK for all of it."""

    def __init__(self, process: subprocess.Popen[bytes], mark: str) -> None:
        self._process, self.mark = process, mark

    def hold(self, process: subprocess.Popen[bytes]) -> None:
        """Let the process, leader of its group, not outlive us."""
        self._say(f"+{process.pid}")

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End it now, asked first, with all of its group."""
        from stackyard.backup import programs

        programs.end(process)
        _kill(process.pid)
        self._say(f"-{process.pid}")

    def let_go(self) -> None:
        """End what is left. Once."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def _say(self, word: str) -> None:
        assert self._process.stdin is not None
        os.write(self._process.stdin.fileno(), f"{word}\n".encode())


@contextmanager
def leash() -> Iterator[Leash]:
    """One that is let go when the block ends. Raises BackupError when it cannot be started."""
    from stackyard.backup import programs

    mark = f"{os.getpid()}-{os.urandom(8).hex()}"
    argv = [sys.executable, "-I", "-S", __file__, mark]
    held = Leash(programs.start(argv, {}, stdin=subprocess.PIPE), mark)
    try:
        yield held
    finally:
        held.let_go()


def _sweep(mark: str, groups: Iterable[int]) -> None:
    for group in groups:
        _kill(group)
    for _ in range(_ROUNDS):  # what is killed may have had a child in that moment
        found = [pid for pid in _pids() if f"{MARK}={mark}".encode() in _environment(pid)]
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return


def _kill(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _pids() -> list[int]:
    place = Path("/proc")
    return [int(path.name) for path in place.iterdir() if path.name.isdigit()] if place.is_dir() else []


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def main() -> None:
    """Read which groups there are until the pipe closes; then end them."""
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line.startswith("+") else groups.discard)(int(line[1:]))
    _sweep(sys.argv[1], groups)


if __name__ == "__main__":
    main()
