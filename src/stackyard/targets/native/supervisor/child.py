"""One program and its process: carries out what the machine decides, and tells the machine what happens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from stackyard.targets.native.program import Program, to_json
from stackyard.targets.native.supervisor import leases, machine, spawn
from stackyard.targets.native.supervisor.alarm import Alarm
from stackyard.targets.native.supervisor.events import (
    Action,
    Adopted,
    Due,
    Event,
    Exited,
    Kill,
    Phase,
    Signal,
    Spawn,
    Spawned,
    SpawnFailed,
    State,
    Tick,
)
from stackyard.targets.native.supervisor.family import Family
from stackyard.targets.native.supervisor.leases import Lease
from stackyard.targets.native.supervisor.logfile import LogBook
from stackyard.targets.native.supervisor.output import Output
from stackyard.targets.native.supervisor.places import Places, write_json
from stackyard.targets.native.supervisor.prober import Prober
from stackyard.targets.native.supervisor.processes import Process, began, boot_id, read
from stackyard.targets.native.supervisor.pump import Tee
from stackyard.targets.native.supervisor.reaper import Reaper
from stackyard.targets.native.supervisor.status import ProgramStatus


@dataclass(frozen=True)
class Workshop:
    """What all children share. `announce` is called after every decision, with its sentence, perhaps empty."""

    places: Places
    reaper: Reaper
    tee: Tee
    logs: LogBook
    announce: Callable[[Child, str], None]
    heard: Callable[[str], None]


class Child:
    """A program, its state, and at most one process of it.

    `batch` counts the requests that defined programs, `order` the programs.
    """

    def __init__(self, state: State, batch: int, order: int, workshop: Workshop) -> None:
        self.state = state
        self.batch = batch
        self.order = order
        self.sentence = ""
        self._workshop = workshop
        self._events: deque[Event] = deque()
        self._busy = False
        mark = f"{workshop.places.mark}/{state.program.id}"
        self._family = Family(mark, workshop.reaper.knows)
        self._output = Output(workshop.places, workshop.tee, workshop.logs, workshop.heard)
        self._sweep: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._alarm = Alarm(lambda: self.handle(Due()))
        self._prober = Prober(self.handle, workshop.reaper, mark)

    def handle(self, event: Event) -> None:
        """Let the machine decide about this event, and do what it says; events caused by that come after it."""
        self._events.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._events:
                self._decide(self._events.popleft())
        finally:
            self._busy = False
        self._follow_state()

    def _decide(self, event: Event) -> None:
        before = self.state
        self.state, actions, sentence = machine.on_event(before, event, time.monotonic())
        self.sentence = sentence or self.sentence
        if self.state.phase is not before.phase or self.state.program is not before.program:
            self.remember()
        if sentence or self.state.phase is not before.phase:
            self._workshop.announce(self, sentence)
        for action in actions:
            self._do(action)

    def _do(self, action: Action) -> None:
        match action:
            case Spawn(program):
                self._spawn(program)
            case Signal(name):
                self.signal(name)
            case Kill():
                self._family.kill()

    def _follow_state(self) -> None:
        """Bring the timers and the prober in line with the state."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self.state.deadline is not None:
            wait = max(0.0, self.state.deadline - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(wait, self.handle, Tick())
        if self.state.phase is Phase.READY:
            self._family.note_executable()
        self._prober.follow(self.state, self._family.leader)
        sleeps = self.state.phase in (Phase.STOPPED, Phase.STOPPING)
        self._alarm.set("" if sleeps else self.state.program.schedule)

    # The process

    def _spawn(self, program: Program) -> None:
        try:
            output = self._output.open(program)
            try:
                pid = spawn.start(program, self._family.mark, output)
            finally:
                os.close(output)
        except (spawn.SpawnRefused, OSError) as refusal:
            self._output.close()
            self.handle(SpawnFailed(str(refusal)))
            return
        leader = read(pid)
        assert leader is not None  # a child stays in /proc until it is reaped
        self._family.found(leader)
        self._lease(leader, program.fingerprint())
        self._workshop.reaper.watch_child(pid, self._leader_ended)
        self.handle(Spawned(pid))

    def adopt(self, leader: Process, lease: Lease | None, phase: Phase, since: float) -> None:
        """Take over a process of an earlier supervisor, which was in this phase since then, with its log."""
        try:
            os.close(self._output.open(self.state.program))
        except OSError as error:
            self._workshop.announce(self, f"the log of {self.state.program.id} cannot be read: {error.strerror}")
        self._family.found(leader)
        self._family.living()  # its orphans will not come to us: see now who may become one
        if lease is None:
            self._lease(leader, self.state.program.fingerprint())
        self._workshop.reaper.watch_stranger(leader.pid, self._leader_ended)
        fingerprint = lease.fingerprint if lease else self.state.program.fingerprint()
        self.handle(Adopted(leader.pid, fingerprint, phase, since=time.monotonic() - (time.time() - since)))

    def _lease(self, leader: Process, fingerprint: str) -> None:
        program = self.state.program
        lease = Lease(
            id=program.id,
            part=program.part,
            pid=leader.pid,
            started=leader.started,
            boot=boot_id(),
            since=began(leader),
            fingerprint=fingerprint,
            stop_signal=program.stop_signal,
        )
        try:
            leases.write(self._workshop.places.folder, lease)
        except OSError as error:  # the mark in its environment finds the process all the same
            self._workshop.announce(self, f"the lease of {program.id} could not be written: {error.strerror}")

    def signal(self, name: str) -> None:
        """Send the leader a signal ("SIGHUP"), or what is left when the leader has gone."""
        self._family.signal(signal.Signals[name])

    def _leader_ended(self, code: int | None) -> None:
        """What the leader left behind goes too: with the grace of a stop, or at once after a crash."""
        number = signal.Signals[self.state.program.stop_signal] if self.state.ending else None
        self._family.leader = None
        self._prober.follow(self.state, None)
        self._sweep = asyncio.get_running_loop().create_task(self._end_the_rest(code, number))

    async def _end_the_rest(self, code: int | None, number: int | None) -> None:
        await self._family.end(number)
        self._output.close()
        leases.remove(self._workshop.places.folder, self.state.program.id)
        self.handle(Exited(code))

    # What is remembered of it

    def remember(self) -> None:
        """Write down what a successor must know."""
        state = self.state
        facts = {
            "program": to_json(state.following or state.program),
            "batch": self.batch,
            "order": self.order,
            "since": self.status().since,
            "phase": state.phase,
            "sentence": self.sentence,
            "failures": state.failures,
            "restarts": state.restarts,
            "was_ready": state.was_ready,
            "was_steady": state.was_steady,
        }
        with contextlib.suppress(OSError):  # a full disk: an older word about it stays
            write_json(self._workshop.places.program(state.program.id), facts)

    def forget(self) -> None:
        """Remove every file of a program that does not run."""
        if self._timer:
            self._timer.cancel()
        self._alarm.set("")
        places, name = self._workshop.places, self.state.program.id
        for path in (places.program(name), places.lease(name), places.fifo(name), places.rest(name)):
            with contextlib.suppress(OSError):
                path.unlink()

    def let_go(self) -> None:
        """Stop watching; the process and its lease stay for a successor."""
        self._prober.follow(self.state, None)
        self._output.let_go()

    def status(self) -> ProgramStatus:
        """How it is."""
        state, program = self.state, self.state.program
        return ProgramStatus(
            id=program.id,
            part=program.part,
            phase=state.phase,
            pid=state.pid,
            since=time.time() - (time.monotonic() - state.since),
            restarts=state.restarts,
            failures=state.failures,
            fingerprint=state.fingerprint if state.pid else program.fingerprint(),
            watch=program.watch,
            sentence=self.sentence,
            detail=state.detail,
            last_exit=state.last_exit,
            next_run=self._alarm.next_run.timestamp() if self._alarm.next_run else None,
        )
