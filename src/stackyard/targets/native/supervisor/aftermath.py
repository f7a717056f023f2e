"""What is done when a supervisor was killed: its processes are ended, or a successor is started that adopts them."""

from __future__ import annotations

import contextlib
import fcntl
import signal
import time
from pathlib import Path
from typing import BinaryIO

from stackyard.targets.native.supervisor import leases, processes
from stackyard.targets.native.supervisor.logfile import LogBook
from stackyard.targets.native.supervisor.places import Places

PATIENT = 5
"""Quick deaths in a row after which the next supervisor has to wait, longer each time."""


def end_everything(folder: Path, grace: float = 2.0) -> int:
    """End every process that a supervisor of this folder left behind; how many there were.

    Their own stop signal first, SIGKILL after `grace` seconds. For use when no supervisor runs.
    """
    places = Places(folder)
    held = leases.alive_leases(folder)
    leaders = {lease.pid: lease.started for lease in held}
    signals = {lease.pid: int(getattr(signal, lease.stop_signal, signal.SIGTERM)) for lease in held}

    def living() -> list[processes.Process]:
        return processes.belonging(leaders, lambda mark: mark.startswith(f"{places.mark}/"))

    known = {(process.pid, process.started): process for process in living()}
    count, until = len(known), time.monotonic() + grace
    for process in known.values():
        if process.pid in signals or process.session not in signals:
            processes.send(process, signals.get(process.pid, signal.SIGTERM))
    while known:
        known |= {(process.pid, process.started): process for process in living()}
        known = {key: process for key, process in known.items() if processes.is_running(*key)}
        if time.monotonic() >= until:
            processes.send_all(known.values(), signal.SIGKILL)
        time.sleep(0.01)
    _forget(places)
    return count


def _forget(places: Places) -> None:
    for name in ("programs", "leases", "fifo"):
        for path in (places.run / name).iterdir():
            with contextlib.suppress(OSError):
                path.unlink()


def end_foreground(folder: Path) -> None:
    """End what a foreground supervisor left, unless another one has taken over already; say so in its log."""
    places = Places(folder)
    with places.lock.open("rb") as lock:
        if not _is_ours(lock):
            return  # another supervisor has taken over already
        count = end_everything(folder)
    logs = LogBook(places.log)
    logs.write("supervisor", "guardian", "supervisor", [f"the supervisor was killed; ended {count} processes"])


def _is_ours(lock: BinaryIO) -> bool:
    """Take the lock. The kernel may close our pipe a moment before it lets go of a dead supervisor's lock."""
    until = time.monotonic() + 1.0
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.01)


def replace_supervisor(folder: Path, lives: int) -> None:
    """Start the next supervisor, for as long as it takes: without one, programs block once their FIFO is full."""
    from stackyard.errors import MachineError, StateError
    from stackyard.targets.native.supervisor.client import start_successor

    while True:
        time.sleep(0.0 if lives < PATIENT else min(10.0, 0.1 * 2.0 ** (lives - PATIENT)))
        try:
            return start_successor(folder, lives)
        except StateError:
            return None  # somebody else has started one
        except (MachineError, OSError):
            lives += 1
