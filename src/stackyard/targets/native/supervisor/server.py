"""The supervisor process: all programs of one environment, found again or new, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from stackyard.targets.native.program import Program, from_json
from stackyard.targets.native.supervisor import leases, processes
from stackyard.targets.native.supervisor.child import Child, Workshop
from stackyard.targets.native.supervisor.events import SETTLED, Event, Lost, Phase, Restart, Start, State, Stop
from stackyard.targets.native.supervisor.logfile import LogBook
from stackyard.targets.native.supervisor.places import Places, read_json
from stackyard.targets.native.supervisor.pump import Tee
from stackyard.targets.native.supervisor.reaper import Reaper
from stackyard.targets.native.supervisor.status import Mode, Status

SELF = "supervisor"
"""The name of our own log; no part may have it."""
_ENDED = frozenset({Phase.IDLE, Phase.STOPPED, Phase.FAILED, Phase.DONE, Phase.WAITING})

Listener = Callable[[dict[str, Any]], None]


class Refused(Exception):  # noqa: N818 - a verdict for the client, not a defect
    """The request cannot be done; the text is the sentence for the person."""


class Supervisor:
    """Every program of one folder, and the verbs that the control socket offers."""

    def __init__(self, places: Places, mode: Mode) -> None:
        self.places = places
        self.mode: Mode = mode
        self.since = time.time()
        self.logs = LogBook(places.log)
        self.children: dict[str, Child] = {}
        self.finished = asyncio.Event()
        self.reaper = Reaper()
        self._workshop = Workshop(places, self.reaper, Tee(), self.logs, self._announce, self._heard)
        self._batch = self._order = 0
        self._listeners: set[Listener] = set()
        self._changed: set[asyncio.Event] = set()

    # What others hear

    def say(self, sentence: str) -> None:
        """A sentence about the supervisor itself, in its own log."""
        self.logs.write(SELF, SELF, SELF, [sentence])

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event; returns the function that ends it."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def _announce(self, child: Child, sentence: str) -> None:
        program = child.state.program
        if sentence:
            self.logs.write(program.part, program.id, "supervisor", [sentence])
            self.logs.write(SELF, program.id, "supervisor", [sentence])
            self._heard(program.part)
        phase, pid = str(child.state.phase), child.state.pid
        event = {"type": "state", "id": program.id, "part": program.part, "phase": phase, "pid": pid}
        self._tell(event | {"sentence": sentence, "failures": child.state.failures})
        for changed in self._changed:
            changed.set()

    def _heard(self, part: str) -> None:
        self._tell({"type": "log", "part": part})

    def _tell(self, event: dict[str, Any]) -> None:
        for listener in tuple(self._listeners):
            listener(event)

    # What is asked

    def status(self) -> Status:
        """Everything, in the order of definition."""
        programs = tuple(child.status() for child in self.children.values())
        return Status(pid=os.getpid(), mode=self.mode, since=self.since, programs=programs)

    def start(self, programs: Sequence[Program]) -> None:
        """Define these programs and start them; one that runs under the same id with another definition is replaced."""
        self._batch += 1
        for program in programs:
            child = self.children.get(program.id)
            if child is None:
                child = self.children[program.id] = self._define(program, self._batch)
            self.logs.limit(program.part, program.log_size, program.log_files)
            child.handle(Start(program))

    def restart(self, names: Sequence[str]) -> None:
        """Restart these. Raises Refused for an unknown id, before anything is done."""
        self._send(names, Restart())

    def signal(self, name: str, number: str) -> None:
        """Send the leader of a program a signal. Raises Refused when it does not run."""
        (child,) = self._find([name])
        if child.state.pid is None:
            raise Refused(f"{name} does not run")
        child.signal(number)

    async def stop(self, groups: Sequence[Sequence[str]], *, remove: bool) -> None:
        """Stop one group after the other, each group at once. Raises Refused for an unknown id, before anything."""
        self._find([name for group in groups for name in group])
        for group in groups:
            self._send(group, Stop())
            await self._until(partial(self._have_ended, group), None)
            for name in group if remove else ():
                self._remove(name)

    async def wait(self, names: Sequence[str], timeout: float | None, patience: int | None) -> bool:
        """Wait until each is settled, or has failed `patience` times in a row. False when the time is over."""
        self._find(names)

        def is_settled(name: str) -> bool:
            child = self.children.get(name)
            if child is None or child.state.phase in SETTLED:
                return True
            return patience is not None and child.state.failures >= patience

        return await self._until(lambda: all(map(is_settled, names)), timeout)

    async def shutdown(self, *, stop_programs: bool) -> None:
        """End the supervisor, with its programs (the last defined first), or leaving them to a successor."""
        if stop_programs:
            batches = sorted({child.batch for child in self.children.values()}, reverse=True)
            groups = [[name for name, child in self.children.items() if child.batch == batch] for batch in batches]
            await self.stop(groups, remove=True)
        for child in self.children.values():
            child.let_go()
        self.say("the supervisor ends" + ("" if stop_programs else "; its programs go on"))
        self.finished.set()

    # How

    def _define(self, program: Program, batch: int, **known: Any) -> Child:
        seed = int.from_bytes(os.urandom(4), "big")
        self._order += 1
        state = State(program=program, seed=seed, since=time.monotonic(), **known)
        return Child(state, batch, self._order, self._workshop)

    def _find(self, names: Iterable[str]) -> list[Child]:
        unknown = [name for name in names if name not in self.children]
        if unknown:
            raise Refused(f"there is no program {', '.join(unknown)}")
        return [self.children[name] for name in names]

    def _send(self, names: Sequence[str], event: Event) -> None:
        for child in self._find(names):
            child.handle(event)

    def _have_ended(self, names: Sequence[str]) -> bool:
        return all(self._has_ended(name) for name in names)

    def _has_ended(self, name: str) -> bool:
        return name not in self.children or self.children[name].state.phase in _ENDED

    def _remove(self, name: str) -> None:
        if self._has_ended(name) and (child := self.children.pop(name, None)):
            child.forget()

    async def _until(self, condition: Callable[[], bool], timeout: float | None) -> bool:
        """Wait for a condition, looked at after every announcement. False when `timeout` seconds went by first."""
        changed = asyncio.Event()
        self._changed.add(changed)
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    await changed.wait()
                    changed.clear()
        except TimeoutError:
            return False
        finally:
            self._changed.discard(changed)
        return True

    # What was there before

    def adopt(self, *, revive: bool) -> None:
        """Take over what an earlier supervisor left. With `revive`, what died meanwhile is started again."""
        paths = sorted(path for path in (self.places.run / "programs").glob("*.json") if not path.name.startswith("."))
        # Whatever was spawned has left its definition first; to look at every process of the machine takes a while.
        strays = processes.marked(self.places.mark) if paths else {}
        facts = [found for path in paths if (found := read_json(path))]
        for one in sorted(facts, key=lambda found: int(found.get("order", 0))):
            with contextlib.suppress(KeyError, TypeError, ValueError):  # a file that no supervisor wrote
                self._take_over(one, strays, revive=revive)
        left = [process for name, found in strays.items() if name not in self.children for process in found]
        processes.send_all(left, signal.SIGKILL)
        if left:
            self.say(f"ended {len(left)} processes of programs that are no longer defined")

    def _take_over(self, facts: dict[str, Any], strays: dict[str, list[processes.Process]], *, revive: bool) -> None:
        program, phase = from_json(facts["program"]), Phase(facts["phase"])
        batch = int(facts["batch"])
        self._batch = max(self._batch, batch)
        known = {key: facts[key] for key in ("failures", "restarts", "was_ready", "was_steady")}
        rests = phase in _ENDED or phase is Phase.BACKOFF
        child = self._define(program, batch, phase=phase if rests else Phase.IDLE, **known)
        child.sentence = str(facts["sentence"])
        self.children[program.id] = child
        self.logs.limit(program.part, program.log_size, program.log_files)
        lease = leases.read(self.places.folder, program.id)
        leader = _leader(lease, strays.get(program.id, []))
        if leader:
            child.adopt(leader, lease, phase, float(facts["since"]))
            if phase is Phase.STOPPING:
                child.handle(Stop())
            return
        processes.send_all(strays.get(program.id, []), signal.SIGKILL)
        self._resume(child, phase, revive=revive)

    def _resume(self, child: Child, phase: Phase, *, revive: bool) -> None:
        if phase in (Phase.WAITING, Phase.DONE, Phase.FAILED) and child.state.program.schedule:
            child.handle(Start(child.state.program))
        elif phase not in _ENDED:
            child.handle(Lost() if revive and phase is not Phase.STOPPING else Stop())


def _leader(lease: leases.Lease | None, strays: Sequence[processes.Process]) -> processes.Process | None:
    """The process to adopt: that of the lease, or one that was spawned in the moment before its lease."""
    if lease:
        return processes.read(lease.pid) if lease.is_alive else None
    return next((process for process in strays if process.pid == process.session), None)
