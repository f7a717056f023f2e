"""Probing one program: quickly while it starts, slowly afterwards, never when there is nothing to ask."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor import probes, processes, spawn
from stackyard.targets.native.supervisor.events import Event, Phase, Probed, State
from stackyard.targets.native.supervisor.machine import is_job
from stackyard.targets.native.supervisor.processes import Process
from stackyard.targets.native.supervisor.reaper import Reaper

FIRST_PAUSE = 0.01
"""Seconds before the first question; doubles up to the program's own `starting_interval`."""
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
        since, pause = processes.began(leader), 0.0
        while self._state is not None:
            program, starting = self._state.program, self._state.phase is Phase.STARTING
            if program.probe.kind == "none" and not starting:
                return  # it runs: there is nothing more to ask
            quick = program.probe.starting_interval
            # A process without a probe is given a moment in which it may fail at once.
            pause = min(quick, pause * 2 or (quick if program.probe.kind == "none" else FIRST_PAUSE))
            await asyncio.sleep(pause if starting else program.probe.interval)
            passed, detail = await probes.ask(program.probe, probes.Target(leader.pid, since, self._run))
            # The answer may have come from a stranger if our own process is gone.
            if processes.is_running(leader.pid, leader.started):
                self._tell(Probed(passed, detail))

    async def _run(self, argv: tuple[str, ...]) -> int:
        """Run a command as the program's user; its exit code. Killed when the probe has no more time for it."""
        assert self._state is not None
        return await run(self._state.program, argv, self._mark, self._reaper)


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
