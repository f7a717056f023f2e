"""A supervisor that comes up while the machine is still being looked at, and the programs that may start ahead."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.targets.native.supervisor import birth

TYPE_CHECKING = False  # as `typing` has it, which is imported while the supervisor starts
if TYPE_CHECKING:
    from stackyard.targets.native.head_start import Ahead
    from stackyard.targets.native.supervisor.client import Client
    from stackyard.targets.native.supervisor.status import Mode

_PATIENCE = 3
"""Failures in a row of a program after which nothing that needs it is started ahead."""
_LIMIT = 60.0
"""Seconds that a program which starts ahead is waited for; the plan waits for it as long as it should."""
_HEAD = 0.25
"""Seconds that the start ahead has the machine for itself: two at work would both be slow, and one is waited for."""
_GOOD = frozenset({"ready", "done"})


class Launching:
    """One supervisor on its way. Whoever began it either takes it or drops it."""

    def __init__(self, folder: Path, mode: Mode) -> None:
        """Begin it. Raises OSError."""
        self._folder = folder.absolute()
        self._birth = birth.begin(self._folder, mode)
        self._ahead: tuple[Ahead, ...] = ()
        self._client: Client | None = None
        self._error: Exception | None = None
        self._is_attended = self._is_taken = False
        self._launched = threading.Event()
        self._settled = threading.Event()
        self._lock = threading.Lock()
        self._withheld: set[str] = set()

    @property
    def ahead(self) -> frozenset[str]:
        """The ids of the programs that are started ahead."""
        return frozenset(one.program.id for one in self._ahead)

    @property
    def ports(self) -> frozenset[int]:
        """The ports that they open: all were free when this began."""
        return frozenset(port for one in self._ahead for port in one.program.ports)

    def attend(self, ahead: Sequence[Ahead] = ()) -> Launching:
        """Wait for it in a thread of its own, and have `ahead` started then, each once what it needs is ready."""
        self._ahead = tuple(ahead)
        self._is_attended = True
        # A daemon: it may wait for a program that nobody waits for any more.
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def settle(self) -> None:
        """Wait a moment for the last program that starts ahead to be under way, for as long as that helps it."""
        if self._ahead:
            self._settled.wait(_HEAD)

    def take(self) -> Client:
        """The supervisor, once it answers; it is the caller's from here on. Raises as `launch` does."""
        self._await()
        if self._error is not None:
            raise self._error
        assert self._client is not None
        self._is_taken = True
        return self._client

    def drop(self) -> None:
        """End the supervisor that nobody took; nothing when somebody did."""
        if self._is_taken:
            return
        self._await()
        self.cease()
        with contextlib.suppress(StackyardError):
            if self._client is not None:
                self._client.shutdown(stop_programs=True)

    def cease(self) -> None:
        """Start nothing more ahead; what was started stays."""
        with self._lock:
            self._withheld |= self.ahead

    def withhold(self, names: Iterable[str]) -> None:
        """Have these not started ahead, and stopped where they were. Raises StateError when the supervisor is gone."""
        wanted = self.ahead & frozenset(names)
        with self._lock:
            self._withheld |= wanted
        if wanted and self._client is not None:
            there = [one.id for one in self._client.status().programs if one.id in wanted]
            self._client.stop([[name] for name in reversed(there)])

    def _await(self) -> None:
        if not self._is_attended:
            self.attend()
        self._launched.wait()

    def _run(self) -> None:
        try:
            self._launch()
        finally:
            self._settled.set()

    def _launch(self) -> None:
        from stackyard.targets.native.supervisor.client import attend

        try:
            self._client = attend(self._folder, self._birth)
        except Exception as error:  # noqa: BLE001 - raised again in the thread that asks for it
            self._error = error
            return
        finally:
            self._launched.set()
        # What does not start ahead is started by the plan, which also says why it cannot be.
        with contextlib.suppress(StackyardError):
            self._start_ahead(self._client)

    def _start_ahead(self, client: Client) -> None:
        left, begun, ready = list(self._ahead), set[str](), set[str]()
        while left:
            able = [one for one in left if ready.issuperset(one.after)]
            needed = {name for one in left for name in one.after}
            # What nobody waits for comes last: it would only take the processor from the others.
            able = [one for one in able if one.program.id in needed] or able
            left = [one for one in left if one not in able]
            with self._lock:
                able = [one for one in able if one.program.id not in self._withheld]
                if not able:
                    return
                client.start([one.program for one in able])
            begun |= {one.program.id for one in able}
            gates = sorted({name for one in left for name in one.after} & begun)
            if gates:
                ready |= {one.id for one in client.wait(gates, _LIMIT, _PATIENCE) if one.phase in _GOOD}


def launching(folder: Path, mode: Mode) -> Launching | None:
    """Begin to launch a supervisor; None when one answers, or has left processes to a successor."""
    from stackyard.targets.native.supervisor.client import alive_leases, connect

    if connect(folder) is not None or alive_leases(folder):
        return None
    return Launching(folder, mode).attend()
