"""One at a time: whoever makes, verifies, prunes or drills holds the lock of the backups."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from stackyard.backup.events import Tell
from stackyard.backup.job import Job
from stackyard.backup.problem import BackupError
from stackyard.backup.sets import now
from stackyard.backup.steps import Steps

PATIENCE = 300.0
"""Seconds that somebody waits for a run that is under way."""

_PAUSE = 0.1

_held: set[Path] = set()
"""Locks that this process holds: a drill may verify without waiting for itself."""


class BusyError(BackupError):
    """Another process has the lock."""


@contextmanager
def lock(job: Job, what: str) -> Iterator[None]:
    """Hold the lock while `what` ("backup", "drill") happens. It ends with the process, however that ends.

    Who holds it already in this process goes on. Raises BusyError, naming the holder, when another process has it.
    """
    path = job.places.lock
    if path in _held:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, path, what)
        _held.add(path)
        try:
            yield
        finally:
            _held.discard(path)
    finally:
        os.close(descriptor)


@contextmanager
def patient(job: Job, what: str, tell: Tell, patience: float = PATIENCE) -> Iterator[None]:
    """`lock` for somebody who can wait: for so many seconds, and each wait is told as a step.

    Raises BusyError as `lock` does, when another process has it still.
    """
    deadline = time.monotonic() + patience
    with ExitStack() as stack:
        while not _is_entered(stack, job, what, deadline):
            with Steps(tell).step(f"wait for {holder(job)}"):
                while is_held(job) and time.monotonic() < deadline:
                    time.sleep(_PAUSE)
        yield


def _is_entered(stack: ExitStack, job: Job, what: str, deadline: float) -> bool:
    try:
        stack.enter_context(lock(job, what))
    except BusyError:
        if time.monotonic() >= deadline:
            raise
        return False
    return True


def holder(job: Job) -> str:
    """Who says to hold the lock: "backup since 2026-01-01T02:00:00.000Z (process 17)"; "somebody" where unreadable."""
    try:
        told = json.loads(job.places.lock.read_text())
        return f"{told['what']} since {told['since']} (process {told['pid']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "somebody"


def is_held(job: Job) -> bool:
    """True when a process, this one included, holds the lock."""
    try:
        descriptor = os.open(job.places.lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # Shared, so that two who ask do not see each other.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _take(descriptor: int, path: Path, what: str) -> None:
    if not _try(descriptor):
        told = path.read_text(errors="replace")
        raise BusyError(
            f"another {_what(told)} is under way, and only one thing at a time may work on the backups",
            hint="Wait until it has ended, then try again.",
            details=(told,) if told else (),
        )
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "what": what, "since": now()}).encode(), 0)


def _try(descriptor: int) -> bool:
    """Twice, for `is_held` has it for an instant when it looks."""
    for pause in (0.05, 0.0):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(pause)
        else:
            return True
    return False


def _what(told: str) -> str:
    try:
        return str(json.loads(told)["what"])
    except (ValueError, KeyError, TypeError):
        return "run"
