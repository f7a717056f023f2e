"""The life of the supervisor process: one at a time, detached, guarded, from the lock to the last sentence."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.targets.native.supervisor import guardian, processes
from stackyard.targets.native.supervisor.birth import FLAGS, leave_behind
from stackyard.targets.native.supervisor.control import Control
from stackyard.targets.native.supervisor.places import Places, socket_folder, write_json
from stackyard.targets.native.supervisor.server import Supervisor
from stackyard.targets.native.supervisor.status import Mode

SOCKET = "control"
_LOCK_PATIENCE = 4.0
"""Seconds that a dead supervisor's lock is waited for."""
_SOCKET_CHECK = 30.0
"""Seconds between two looks whether the socket is still there: sessions end and take their runtime folder with them."""


@dataclass(frozen=True)
class Orders:
    """How to live. `owner` is a pipe whose end means that our owner is gone; `report` one to tell how the start went.

    `revive`: this is a successor, so programs that died meanwhile are started again. `lives` counts quick deaths of
    the supervisors before this one.
    """

    folder: str
    mode: Mode
    owner: int | None = None
    report: int | None = None
    revive: bool = False
    lives: int = 0


def live(orders: Orders) -> None:
    """Run until told to stop. The calling process returns at once, in favour of one that belongs to no terminal."""
    if os.fork():
        os._exit(0)
    leave_behind((orders.owner, orders.report))
    os.chdir("/")
    for number in guardian.IGNORED:
        signal.signal(number, signal.SIG_DFL)  # the guardian ignores them, our programs should not
    places = Places(Path(orders.folder))
    try:
        places.make()
        lock = _take_lock(places)
        folder = socket_folder(places.folder)
    except (StackyardError, OSError) as error:
        _report(orders, f"refused: {error}")
        sys.exit(1)
    try:
        asyncio.run(_run(orders, places, folder / SOCKET))
    except OSError as error:
        _report(orders, f"failed: {error}")
        raise
    finally:
        os.close(lock)


def _take_lock(places: Places) -> int:
    """The lock that only one supervisor has. Raises StackyardError when another one holds it.

    That of a dead supervisor is worth waiting for: the kernel or its guardian is about to let go of it.
    """
    handle = os.open(places.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + _LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(handle, 20, 0).decode(errors="replace").strip()
            holder = processes.read(int(pid)) if pid.isdigit() else None
            if time.monotonic() < until and not (holder and holder.is_alive):
                time.sleep(0.01)
                continue
            os.close(handle)
            raise StackyardError(f"a supervisor already runs here (pid {pid})") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        return handle


def _report(orders: Orders, text: str) -> None:
    """Tell whoever started us, once; later there is nobody to hear it."""
    if orders.report is not None:
        with contextlib.suppress(OSError):
            os.write(orders.report, text.encode() + b"\n")
            os.close(orders.report)


async def _run(orders: Orders, places: Places, path: Path) -> None:
    processes.become_subreaper()
    supervisor = Supervisor(places, orders.mode)
    control = Control(supervisor, path)
    await control.open()
    write_json(places.card, {"pid": os.getpid(), "mode": orders.mode, "since": supervisor.since, "socket": str(path)})
    guard = Guard(orders, supervisor)
    guard.start()
    supervisor.say(f"the supervisor runs (pid {os.getpid()}, {orders.mode})")
    supervisor.adopt(revive=orders.revive)
    _end_with_owner(orders, supervisor)
    _report(orders, "ready")
    while not supervisor.finished.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(supervisor.finished.wait(), _SOCKET_CHECK)
        if not supervisor.finished.is_set() and not path.exists():
            with contextlib.suppress(OSError, StackyardError):
                socket_folder(places.folder)
                await control.open()
    guard.dismiss()
    control.close()
    for leftover in (path.parent.rmdir, places.card.unlink):
        with contextlib.suppress(OSError):
            leftover()
    await asyncio.sleep(0.02)  # the answer to the request that ended us is on its way
    supervisor.logs.close()
    _hear_nothing_more()


def _end_with_owner(orders: Orders, supervisor: Supervisor) -> None:
    """A signal, or the end of our owner, stops everything gracefully."""
    loop = asyncio.get_running_loop()
    ending: list[asyncio.Task[None]] = []

    def end(why: str) -> None:
        if not ending:
            supervisor.say(f"{why}; stopping everything")
            ending.append(loop.create_task(supervisor.shutdown(stop_programs=True)))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, f"received {number.name}")
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    owner = orders.owner
    if owner is not None:

        def owner_left() -> None:
            loop.remove_reader(owner)
            end("the command that started this has ended")

        loop.add_reader(owner, owner_left)


def _hear_nothing_more() -> None:
    """Leave signals alone: one that came while the loop is closed would be complained about, on a closed pipe."""
    loop = asyncio.get_running_loop()
    loop.remove_signal_handler(signal.SIGCHLD)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)


class Guard:
    """Our guardian, started again whenever it ends before we do."""

    def __init__(self, orders: Orders, supervisor: Supervisor) -> None:
        self._orders = orders
        self._supervisor = supervisor
        self._pipe = -1

    def start(self) -> None:
        """Start a guardian that watches this process from now on."""
        self.close()
        theirs, self._pipe = os.pipe2(os.O_CLOEXEC)
        words = json.dumps({"folder": self._orders.folder, "mode": self._orders.mode, "lives": self._orders.lives})
        command = [sys.executable, *FLAGS, "-m", guardian.__name__, words]
        try:
            process = subprocess.Popen(command, stdin=theirs, start_new_session=True)
        except OSError as error:
            self._supervisor.say(f"the guardian could not be started: {error.strerror}")
            return
        finally:
            os.close(theirs)
        process.returncode = 0  # the reaper waits for it
        self._supervisor.reaper.watch_child(process.pid, self._ended)

    def _ended(self, code: int | None) -> None:
        if not self._supervisor.finished.is_set():
            self._supervisor.say(f"the guardian ended (code {code}); starting another one")
            asyncio.get_running_loop().call_later(0.1, self.start)

    def dismiss(self) -> None:
        """Say goodbye: the guardian has nothing to do any more."""
        with contextlib.suppress(OSError):
            os.write(self._pipe, guardian.GOODBYE)
        self.close()

    def close(self) -> None:
        """Let go of the pipe."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
