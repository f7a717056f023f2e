"""Receiving the changes of databases as they happen, and putting what was received into the repository.

One thread a database keeps a pg_receivewal running; one more for all of them pushes. None of them ends the keeper: what
goes wrong is noted, and tried again.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from stackyard.backup import programs, store
from stackyard.backup.health import Stream
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.moments import seconds
from stackyard.backup.problem import BackupError, RepositoryMissingError
from stackyard.backup.sets import BackupSet

Say = Callable[[str], None]

_LOOK = 10.0
"""Seconds between two heartbeats, and two looks at the slot."""
_NOTICE = 0.2
"""Seconds within which the end of a receiver is seen."""
_PAUSE = 0.5
"""Seconds until a receiver that ended is begun again: so long only the server's own disk holds what is written."""


class Receiver(threading.Thread):
    """Keeps the changes of one database coming in. `since` gives the newest good set."""

    def __init__(self, job: Job, part: PostgresPart, since: Callable[[], str], say: Say) -> None:
        super().__init__(name=f"receiver-{part.name}", daemon=True)
        self._job, self._part, self._since, self._say = job, part, since, say
        self._ending = threading.Event()
        self._stream = Stream(part.name, is_received=False)
        self.gap = 0.0
        """When changes that were lost were found to be, in seconds since the epoch, 0 for none: from then on they are
        kept again, and only a set of a later moment makes every moment restorable."""

    @property
    def stream(self) -> Stream:
        """How it stands."""
        return self._stream

    def end(self) -> None:
        """Have it end; `join` waits for it."""
        self._ending.set()

    def run(self) -> None:
        """Receive until the end, again and again."""
        while not self._ending.is_set():
            try:
                self._receive()
            except (BackupError, OSError) as error:
                self._fail(error.what if isinstance(error, BackupError) else str(error))
            self._ending.wait(_PAUSE)

    def _receive(self) -> None:
        from stackyard.backup import receive, spool

        slot = receive.slot_state(self._part)
        folder = receive.prepare(self._job, self._part, self._since())
        ledger = spool.read(folder)
        if slot.is_lost or (not slot.exists and ledger is not None and ledger.segments):
            self._say(f"changes of {self._part.name} were lost before they were received: a new backup is needed")
            self.gap = time.time()
        child = subprocess.Popen(
            receive.argv(self._part, folder), env=receive.env(self._part), preexec_fn=_end_with_parent
        )
        try:
            self._attend(child)
        finally:
            # As it likes to be ended: it then completes what it has written.
            programs.stop(child, asked=signal.SIGINT)

    def _attend(self, child: subprocess.Popen[bytes]) -> None:
        from stackyard.backup import heartbeat, receive

        self._say(f"receiving the changes of {self._part.name}")
        looked = time.monotonic()
        while not self._ending.wait(_NOTICE):
            if child.poll() is not None:
                raise BackupError(f"pg_receivewal ended with exit code {child.returncode}")
            if time.monotonic() - looked < (_LOOK if self._stream.is_received else 1.0):
                continue
            heartbeat.beat(self._part)
            slot = receive.slot_state(self._part)
            self._stream = Stream(self._part.name, slot.is_active, slot.behind, slot.is_lost)
            looked = time.monotonic()

    def _fail(self, what: str) -> None:
        if what != self._stream.error:
            self._say(f"the changes of {self._part.name} are not received: {what}")
        self._stream = replace(self._stream, is_received=False, error=what)


def is_to_bridge(receivers: Iterable[Receiver], good: BackupSet | None) -> bool:
    """Whether a set has to be made because changes were lost. What is answered for is not asked for again.

    After a restore somebody else makes one at once; a set of a moment since the loss needs nothing from before it.
    """
    lost = [one for one in receivers if one.gap]
    since = max((one.gap for one in lost), default=0.0)
    for one in lost:
        one.gap = 0.0
    return bool(lost) and (good is None or seconds(good.moment) < since)


class Pusher(threading.Thread):
    """Puts what was received into the repository every so often. `is_free` says whether now is a good moment."""

    def __init__(self, job: Job, is_free: Callable[[], bool], say: Say) -> None:
        super().__init__(name="pusher", daemon=True)
        self._job, self._is_free, self._say = job, is_free, say
        self._ending = threading.Event()
        self.pushed = 0.0
        """When what the repository holds was last put there, in seconds since the epoch, 0 for nothing or not known."""
        self.error = ""

    def end(self) -> None:
        """Have it end; `join` waits for it."""
        self._ending.set()

    def run(self) -> None:
        """Push until the end, again and again."""
        with suppress(BackupError, OSError):
            self.pushed = pushed(self._job)
        while not self._ending.wait(self._job.policy.push):
            if self._is_free():
                self.push()

    def push(self) -> None:
        """Push once, and note how that went."""
        from stackyard.backup.push import push

        try:
            for part in self._job.postgres:
                if part.wal:
                    push(self._job, part)
        except RepositoryMissingError as error:
            # The first set makes it.
            if store.sets(self._job):
                self._fail(error.what)
        except (BackupError, OSError) as error:
            self._fail(error.what if isinstance(error, BackupError) else str(error))
        else:
            self.pushed, self.error = time.time(), ""

    def _fail(self, what: str) -> None:
        if what != self.error:
            self._say(f"received changes do not reach the repository: {what}")
        self.error = what


def pushed(job: Job) -> float:
    """When the changes that the repository holds were put there, of the database whose are the oldest, in seconds since
    the epoch; 0 when it holds none of one. Raises BackupError when it cannot be read."""
    from stackyard.backup.archive import snapshots
    from stackyard.backup.restic import Restic

    restic = Restic(job, job.repository)
    newest = (snapshots(restic, part.name)[-1:] for part in job.postgres if part.wal)
    return min((seconds(found[0].time) if found else 0.0 for found in newest), default=0.0)


def _end_with_parent() -> None:
    """Have the kernel end the child when the keeper is killed: a second receiver could not take over the slot."""
    if sys.platform == "linux":
        set_death_signal = 1
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGTERM)
