"""The processes of one program: its leader, and everything that came from it, however well it hides."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from stackyard.targets.native.supervisor.processes import (
    Process,
    executable_of,
    members,
    orphans,
    read,
    send,
    send_all,
)

_FIRST_LOOK = 0.005
_LONGEST_LOOK = 0.1
"""Seconds between two looks whether processes that were signalled are gone."""


class Family:
    """`mark` is what each carries in its environment; `is_known` tells a child of ours from an orphan."""

    def __init__(self, mark: str, is_known: Callable[[int], bool]) -> None:
        self.mark = mark
        self.leader: Process | None = None
        self._is_known = is_known
        self._last: Process | None = None
        self._executable = ""
        self._seen: dict[tuple[int, int], Process] = {}
        self._is_killed = False

    def found(self, leader: Process) -> None:
        """A new process leads the program; what was before is forgotten."""
        self.leader = self._last = leader
        self._executable, self._seen, self._is_killed = "", {}, False

    def note_executable(self) -> None:
        """Remember what the leader runs. Before it is ready that may still be `setpriv`."""
        if self.leader and not self._executable:
            self._executable = executable_of(self.leader.pid)

    def living(self) -> list[Process]:
        """Every live process of the program: those to be found, and those once seen that have slipped away."""
        if self._last is None:
            return []
        found = members(self._last.pid, self._last.started, self.mark)
        if self._executable and self.leader is None:
            found += orphans(self._executable, self._last.started, self.mark, self._is_known)
        self._seen.update({(process.pid, process.started): process for process in found})
        self._seen = {key: process for key, process in self._seen.items() if _is_same(process)}
        return list(self._seen.values())

    def signal(self, number: int) -> None:
        """Signal the leader, or what is left when it has gone."""
        if self.leader:
            send(self.leader, number)
        else:
            send_all(self._seen.values(), number)

    def kill(self) -> None:
        """SIGKILL all of them, and from now on whoever else is found."""
        self._is_killed = True
        send_all(self.living(), signal.SIGKILL)

    async def end(self, number: int | None) -> None:
        """Wait until nobody is left after the leader ended: with this signal, or killing at once when it is None."""
        self.leader = None
        living, pause = self.living(), _FIRST_LOOK
        if number is None:
            self._is_killed = True
        elif not self._is_killed:
            send_all(living, number)
        while living:
            if self._is_killed:
                send_all(living, signal.SIGKILL)
            await asyncio.sleep(pause)
            pause, living = min(_LONGEST_LOOK, pause * 2), self.living()


def _is_same(process: Process) -> bool:
    now = read(process.pid)
    return now is not None and now.started == process.started and now.is_alive
