"""What was made, as it was made: the facets of every element, recorded when its step is done and not before."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from stackyard.errors import StateError

PATIENCE = 30.0
"""Seconds that those wait who were asked for by a person while the watcher puts things right: it is done by then."""


class BusyError(StateError):
    """Another command is at work on the system."""


class Record:
    """The facets of what was made, by element id. Safe to use from the threads of one process."""

    def __init__(self, file: Path) -> None:
        """Read the record. Raises StateError when the file is there but not ours."""
        self._file = file
        self._lock = threading.Lock()
        self._made: dict[str, dict[str, str]] = {}
        try:
            data = json.loads(file.read_text())
            self._made = {name: dict(facets) for name, facets in data["made"].items()}
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            raise StateError(
                f"{file} is damaged",
                hint="It only saves work: delete it, and the next `stackyard up` looks at everything again.",
            ) from error

    def facets(self, element: str) -> Mapping[str, str] | None:
        """What was recorded for the element, or None."""
        return self._made.get(element)

    def note(self, element: str, facets: Mapping[str, str]) -> None:
        """Record that the element is made, on disk before this returns."""
        with self._lock:
            self._made[element] = dict(facets)
            self._write()

    def remember(self, element: str, facets: Mapping[str, str]) -> None:
        """Record something that can be found out again; it is on disk with the next `note` or `save`.

        So a command that only looks writes nothing: it would undo what another one records at the same time.
        """
        with self._lock:
            self._made[element] = dict(facets)

    def save(self) -> None:
        """Write what was remembered."""
        with self._lock:
            self._write()

    def forget(self, *prefixes: str) -> None:
        """Drop every element whose id begins with one of the prefixes."""
        with self._lock:
            self._made = {name: facets for name, facets in self._made.items() if not name.startswith(prefixes)}
            self._write()

    def _write(self) -> None:
        write_whole(self._file, json.dumps({"made": self._made}, indent=1, sort_keys=True) + "\n")


def write_whole(file: Path, text: str, mode: int = 0o644, *, durably: bool = False) -> None:
    """Replace a file in one move, so that a reader or a crash never meets half of it.

    With `durably` it and its name are on the disk when this returns: a power cut meets the old or the new one.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    import tempfile  # late, for whoever only wants the lock

    # A name that nobody can know, opened only if it is new: as root we also write into folders of other users.
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "w") as out:
            os.fchmod(descriptor, mode)
            out.write(text)
            if durably:
                out.flush()
                os.fsync(descriptor)
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if durably:
        sync(file.parent)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sign(descriptor: int, text: str) -> None:
    """Say who holds the lock; it is held all the same without room to say so, for `down` must work on a full disk."""
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, text.encode())


def _lock(descriptor: int, patience: float) -> bool:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.1)
        else:
            return True


@contextlib.contextmanager
def operation(lock_file: Path, name: str, *, patience: float = 0.0) -> Iterator[None]:
    """Hold the lock of operations that change a system.

    Raises BusyError naming who holds it, when that does not end within `patience` seconds.
    """
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("a+") as file:
        if not _lock(file.fileno(), patience):
            file.seek(0)
            holder = file.read().strip() or "another stackyard"
            raise BusyError(
                f"{holder} is at work on this system",
                hint="Wait until it is done, or stop it; `stackyard status` shows what runs.",
            )
        _sign(file.fileno(), f"`stackyard {name}` (pid {os.getpid()})")
        try:
            yield
        finally:
            os.ftruncate(file.fileno(), 0)
