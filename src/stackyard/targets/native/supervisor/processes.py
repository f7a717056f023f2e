"""Processes as the kernel shows them in /proc: who is alive, who belongs to a program, and signals that cannot miss.

A process belongs to a program when it is in the session that the program leads, or when it carries the program's mark
in its first environment: a daemon leaves its session, but it cannot leave the environment it was started with.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MARK = "STACKYARD_PROGRAM"
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Process:
    """One process. `started` is its start in clock ticks since boot, which together with the pid is unmistakable."""

    pid: int
    state: str
    parent: int
    session: int
    started: int

    @property
    def is_alive(self) -> bool:
        """False for a zombie: it runs no more, it only waits to be reaped."""
        return self.state not in "ZX"


def boot_id() -> str:
    """A text that changes with every boot of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def read(pid: int) -> Process | None:
    """The process with this pid, or None."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - read for every process of the machine
            text = file.read()
    except OSError:
        return None
    fields = text[text.rindex(b")") + 2 :].split()
    return Process(pid, fields[0].decode(), int(fields[1]), int(fields[3]), int(fields[19]))


def everybody() -> Iterator[Process]:
    """Every process of this machine."""
    for name in os.listdir("/proc"):  # noqa: PTH208 - names are all that is needed, and quicker
        if name.isdigit() and (found := read(int(name))):
            yield found


def _programs() -> Iterator[Process]:
    """Every process but the threads of the kernel, which have no session."""
    return (process for process in everybody() if process.session)


def is_running(pid: int, started: int) -> bool:
    """Whether this very process is alive, and not a later one with the same pid."""
    found = read(pid)
    return found is not None and found.started == started and found.is_alive


def began(process: Process) -> float:
    """When it started, in seconds of the epoch, to about 10 ms."""
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - process.started / os.sysconf("SC_CLK_TCK")
    return time.time() - age


def mark_of(pid: int) -> str:
    """The mark in the environment of a process; empty when it has none or may not be read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123 - read for every process of the machine
            pieces = file.read().split(b"\0")
    except OSError:
        return ""
    prefix = MARK.encode() + b"="
    return next((piece[len(prefix) :].decode(errors="replace") for piece in pieces if piece.startswith(prefix)), "")


def members(leader: int, started: int, mark: str) -> list[Process]:
    """Every live process of the program that `leader` leads, the leader included."""
    return belonging({leader: started}, mark.__eq__)


def belonging(leaders: Mapping[int, int], is_ours: Callable[[str], bool]) -> list[Process]:
    """Every live process in the session of a leader (pid and its start), with a mark of ours, or below such a one.

    The last catches what changed both its session and its environment, as the processes of PostgreSQL do.
    """
    found = {process.pid: process for process in _programs() if process.pid != os.getpid()}
    # A session number is reused only with the pid of its leader: then the whole session belongs to somebody else.
    sessions = {pid for pid, started in leaders.items() if pid not in found or found[pid].started == started}
    ours = {
        pid
        for pid, process in found.items()
        if process.session in sessions or ((mark := mark_of(pid)) and is_ours(mark))
    }
    grown = True
    while grown:
        below = {pid for pid, process in found.items() if process.parent in ours and pid not in ours}
        ours |= below
        grown = bool(below)
    return [found[pid] for pid in ours if found[pid].is_alive]


def marked(folder_mark: str) -> dict[str, list[Process]]:
    """Every live process that carries a mark of this folder, by the id of its program."""
    found: dict[str, list[Process]] = {}
    for process in _programs():
        folder, _, name = mark_of(process.pid).partition("/")
        if name and folder == folder_mark and process.is_alive:
            found.setdefault(name, []).append(process)
    return found


def orphans(executable: str, started: int, mark: str, is_known: Callable[[int], bool]) -> list[Process]:
    """Orphans that came to us as their subreaper, run this executable, and carry no mark of another program.

    This is how the rest of a PostgreSQL is found whose first process was killed: all else about it has changed.
    """
    me = os.getpid()
    return [
        process
        for process in _programs()
        if process.parent == me
        and process.is_alive
        and process.started >= started
        and not is_known(process.pid)
        and executable_of(process.pid) == executable
        and mark_of(process.pid) in ("", mark)
    ]


def executable_of(pid: int) -> str:
    """The path of the binary that a process runs; empty when it may not be known."""
    try:
        return os.readlink(f"/proc/{pid}/exe")  # noqa: PTH115 - a text is all that is needed
    except OSError:
        return ""


def send(process: Process, number: int) -> None:
    """Signal this very process; nothing happens when it is gone, even if its pid was given to another one."""
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        return
    try:
        now = read(process.pid)
        if now is not None and now.started == process.started:
            signal.pidfd_send_signal(handle, number)
    except (ProcessLookupError, PermissionError):
        return
    finally:
        os.close(handle)


def send_all(processes: Iterable[Process], number: int) -> None:
    """Signal each of them."""
    for process in processes:
        send(process, number)


def become_subreaper() -> None:
    """Receive the orphans of our children, so that a daemon does not slip away to pid 1."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
