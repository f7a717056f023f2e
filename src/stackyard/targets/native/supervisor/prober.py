"""Probing one program: quickly while it starts, slowly afterwards, never when there is nothing to ask."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable

from stackyard.targets.native.program import Program, ProgramProbe
from stackyard.targets.native.supervisor import probes, processes, spawn
from stackyard.targets.native.supervisor.events import Event, Phase, Probed, State
from stackyard.targets.native.supervisor.machine import is_job
from stackyard.targets.native.supervisor.processes import Process
from stackyard.targets.native.supervisor.reaper import Reaper

FIRST_PAUSE = 0.005
"""Seconds before a question to a program that has just been started: others wait for it, and a connection costs next
to nothing."""
EAGER = 1.0
"""Seconds after its start during which a program is asked so often; then as often as its `starting_interval` says."""
_PROBED = (Phase.STARTING, Phase.READY, Phase.UNHEALTHY)


class Prober:
    """Asks, and hands each answer to `tell`, as long as the process that was asked for is alive."""

    def __init__(self, tell: Callable[[Event], None], reaper: Reaper, mark: str) -> None:
        self._tell = tell
        self._reaper = reaper
        self._mark = mark
        self._state: State | None = None
        self._asked: Process | None = None
        self._task: asyncio.Task[None] | None = None

    def follow(self, state: State, leader: Process | None) -> None:
        """Begin, go on or cease, as the state wants it."""
        self._state = state
        wanted = leader if state.phase in _PROBED and not state.ending and not is_job(state.program) else None
        if wanted == self._asked:
            return
        if self._task:
            self._task.cancel()
        self._asked = wanted
        self._task = asyncio.get_running_loop().create_task(self._ask(wanted)) if wanted else None

    async def _ask(self, leader: Process) -> None:
        since = processes.began(leader)
        while self._state is not None:
            program, starting = self._state.program, self._state.phase is Phase.STARTING
            if program.probe.kind == "none" and not starting:
                return  # it runs: there is nothing more to ask
            await asyncio.sleep(_pause(program.probe, time.time() - since) if starting else program.probe.interval)
            passed, detail = await probes.ask(program.probe, probes.Target(leader.pid, since, self._run))
            # The answer may have come from a stranger if our own process is gone.
            if processes.is_running(leader.pid, leader.started):
                self._tell(Probed(passed, detail))

    async def _run(self, argv: tuple[str, ...]) -> int:
        """Run a command as the program's user; its exit code. Killed when the probe has no more time for it."""
        assert self._state is not None
        return await run(self._state.program, argv, self._mark, self._reaper)


def _pause(probe: ProgramProbe, age: float) -> float:
    """Seconds until the next question to a process that was started `age` seconds ago."""
    # A process without a probe is given a moment in which it may fail at once; a command is a process each time.
    if probe.kind in ("none", "command") or age > EAGER:
        return probe.starting_interval
    return min(FIRST_PAUSE, probe.starting_interval)


async def run(program: Program, argv: tuple[str, ...], mark: str, reaper: Reaper) -> int:
    """Run a command as the program would be run, without its output. Raises ValueError when it cannot start."""
    silence = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        pid = spawn.run(program, argv, mark, silence)
    except spawn.SpawnRefused as refusal:
        raise ValueError(str(refusal)) from None
    finally:
        os.close(silence)
    ended: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
    reaper.watch_child(pid, lambda code: None if ended.done() else ended.set_result(code))
    try:
        return await ended or 0
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        raise
