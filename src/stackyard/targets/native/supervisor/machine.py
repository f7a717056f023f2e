"""What happens to one program, decided purely: `on_event(state, event, now)`. No input, no output, no clock.

A program that ends is started again with exponential backoff. One that has never worked is left alone after `GIVE_UP`
failures in a row; one that has worked is never given up, for what it misses may come back. A decision is one plain
sentence, the same in the log, in the status and in the tests. `now` is monotonic seconds.

At most one process per program exists: a new one is spawned only after the shell reported the old one gone, with
everything that it had started (`Exited`), and nothing is spawned while the program is being stopped.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor.events import (
    Action,
    Adopted,
    Due,
    Event,
    Exited,
    Kill,
    Lost,
    Phase,
    Probed,
    Restart,
    Signal,
    Spawn,
    Spawned,
    SpawnFailed,
    Start,
    State,
    Stop,
    Tick,
)

FIRST_DELAY = 0.1
LONGEST_DELAY = 10.0
JITTER = 0.2
STEADY = 10.0
"""Seconds of being ready after which earlier failures no longer count, and the program is known to work."""
GIVE_UP = 8
"""Failures in a row after which a program that has never worked is left alone."""

Decision = tuple[State, tuple[Action, ...], str]


def on_event(state: State, event: Event, now: float) -> Decision:
    """The next state, what to do, and the sentence that says so (empty when there is nothing to say)."""
    after, actions, sentence = _DECIDE[type(event)](state, event, now)
    if after.phase is not state.phase and not isinstance(event, Adopted):
        after = replace(after, since=now)
    return after, actions, sentence


def is_job(program: Program) -> bool:
    """Whether the program is something that finishes, so that being ready has no meaning for it."""
    return program.probe.kind == "none" and (program.restart == "never" or bool(program.schedule))


def delay_before(failure: int, seed: int) -> float:
    """Seconds between failure number `failure` in a row and the next start."""
    import random  # late: few programs ever fail

    plain = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (failure - 1))
    return plain * random.Random(f"{seed}/{failure}").uniform(1 - JITTER, 1 + JITTER)


def seconds(span: float) -> str:
    """A time for people: "0.3 s", "42 s"."""
    return f"{span:.0f} s" if span >= 10 else f"{span:.1f} s"


def describe_exit(code: int | None) -> str:
    """How a process ended, as a clause: "exited with code 1", "was ended by SIGKILL"."""
    if code is None:
        return "ended (its exit code is unknown)"
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _launch(state: State, **changes: Any) -> State:
    program = state.following or state.program
    fresh: dict[str, Any] = {
        "program": program,
        "following": None,
        "phase": Phase.STARTING,
        "pid": None,
        "deadline": None,
        "ending": "",
        "cause": "",
        "detail": "",
        "misses": 0,
        "ready_since": None,
    }
    return replace(state, **(fresh | changes))


def _gone(state: State, phase: Phase, **changes: Any) -> State:
    return replace(
        state,
        **({"phase": phase, "pid": None, "deadline": None, "ending": "", "following": None, "cause": ""} | changes),
    )


def _begin(state: State, sentence: str) -> Decision:
    """Start on request: earlier failures are forgotten; a scheduled program waits for its time."""
    program = state.following or state.program
    if program.schedule:
        waiting = _gone(state, Phase.WAITING, program=program, failures=0)
        return waiting, (), f"{program.id} waits for its next time ({program.schedule})"
    return _launch(state, failures=0, was_ready=False, was_steady=False), (Spawn(program),), sentence


def _ending(state: State, ending: Literal["stop", "restart"], now: float, **changes: Any) -> Decision:
    """End the process, or change why it is being ended; whoever is already being ended is not signalled again."""
    after = replace(state, phase=Phase.STOPPING, ending=ending, **changes)
    if state.ending or state.pid is None:
        return after, (), ""
    program = state.program
    verb = "stopping" if ending == "stop" else "restarting"
    sentence = f"{verb} {program.id} (pid {state.pid}) with {program.stop_signal}"
    return replace(after, deadline=now + program.stop_grace), (Signal(program.stop_signal),), sentence


def _has_process(state: State) -> bool:
    return state.pid is not None or bool(state.ending) or state.phase is Phase.STARTING


def _start(state: State, event: Start, now: float) -> Decision:
    if not _has_process(state):
        return _begin(replace(state, following=event.program), f"starting {event.program.id}")
    if not state.ending and state.fingerprint == event.program.fingerprint():
        return replace(state, program=event.program), (), ""
    return _ending(state, "restart", now, following=event.program)


def _restart(state: State, _event: Restart, now: float) -> Decision:
    if _has_process(state):
        return _ending(state, "restart", now, failures=0)
    return (
        _launch(state, failures=0, was_ready=False, was_steady=False),
        (Spawn(state.program),),
        f"starting {state.program.id}",
    )


def _stop(state: State, _event: Stop, now: float) -> Decision:
    if _has_process(state):
        return _ending(state, "stop", now, following=None)
    if state.phase is Phase.STOPPED:
        return state, (), ""
    return _gone(state, Phase.STOPPED), (), f"{state.program.id} is stopped"


def _due(state: State, _event: Due, _now: float) -> Decision:
    name = state.program.id
    if _has_process(state):
        return state, (), f"{name} still runs; this time of its schedule is skipped"
    if state.phase is Phase.STOPPED or not state.program.schedule:
        return state, (), ""
    return _launch(state), (Spawn(state.program),), f"starting {name}: its time has come ({state.program.schedule})"


def _spawned(state: State, event: Spawned, now: float) -> Decision:
    program = state.program
    alive = replace(state, pid=event.pid, started=now, fingerprint=program.fingerprint())
    if state.ending:
        return replace(alive, deadline=now + program.stop_grace), (Signal(program.stop_signal),), ""
    deadline = None if is_job(program) else now + program.probe.start_timeout
    return replace(alive, deadline=deadline), (), f"{program.id} started (pid {event.pid})"


def _spawn_failed(state: State, event: SpawnFailed, now: float) -> Decision:
    if state.ending:
        return _exited(state, Exited(None), now)
    if state.was_ready and not state.program.schedule:
        return _failure(state, f"cannot start: {event.cause}", now)
    failed = _gone(state, Phase.FAILED, cause=event.cause)
    return failed, (), f"{state.program.id} cannot start: {event.cause}"


def _adopted(state: State, event: Adopted, now: float) -> Decision:
    was_ready = event.phase in (Phase.READY, Phase.UNHEALTHY)
    program = state.program
    after = replace(
        state,
        phase=Phase.READY if was_ready else Phase.STARTING,
        since=event.since,
        pid=event.pid,
        started=event.since,
        fingerprint=event.fingerprint,
        was_ready=was_ready or state.was_ready,
        ready_since=event.since if was_ready else None,
        deadline=None if was_ready or is_job(program) else now + program.probe.start_timeout,
    )
    return after, (), f"{program.id} was found running (pid {event.pid}) and is supervised again"


def _lost(state: State, _event: Lost, now: float) -> Decision:
    if state.phase is Phase.BACKOFF:
        return replace(state, deadline=now + delay_before(state.failures, state.seed)), (), ""
    if state.program.restart == "never" or state.program.schedule:
        sentence = f"{state.program.id} ended while nobody watched; its exit code is unknown"
        return _gone(state, Phase.FAILED, last_exit="unknown"), (), sentence
    return _failure(replace(state, last_exit="unknown"), "ended while nobody watched", now)


def _probed(state: State, event: Probed, now: float) -> Decision:
    if state.pid is None or state.ending:
        return state, (), ""
    if event.passed:
        return _passed(state, now)
    missed = replace(state, detail=event.detail, misses=state.misses + 1)
    if state.phase is not Phase.READY or missed.misses < state.program.probe.retries:
        return missed, (), ""
    why = f"failed {missed.misses} health checks in a row: {event.detail}"
    if state.program.restart != "always":
        return replace(missed, phase=Phase.UNHEALTHY), (), f"{state.program.id} {why}"
    after = replace(missed, phase=Phase.UNHEALTHY, ending="failure", cause=why, deadline=now + state.program.stop_grace)
    return after, (Signal(state.program.stop_signal),), f"{state.program.id} {why}; restarting it"


def _passed(state: State, now: float) -> Decision:
    name = state.program.id
    healthy = replace(state, phase=Phase.READY, misses=0, detail="")
    if state.phase is Phase.STARTING:
        ready = replace(healthy, deadline=None, ready_since=now, was_ready=True)
        return ready, (), f"{name} is ready after {now - state.started:.2f} s"
    return healthy, (), f"{name} is healthy again" if state.phase is Phase.UNHEALTHY else ""


def _exited(state: State, event: Exited, now: float) -> Decision:
    name, how = state.program.id, describe_exit(event.code)
    after = replace(state, last_exit=how)
    if state.ending == "stop":
        return _gone(after, Phase.STOPPED), (), f"{name} is stopped"
    if state.ending == "restart":
        return _begin(replace(after, restarts=state.restarts + 1), f"starting {name} again")
    if state.ending == "failure":
        return _failure(after, state.cause, now)
    if state.pid is None:
        return state, (), ""
    how = f"{how} after {seconds(now - state.started)}"
    if event.code == 0 and (state.program.restart != "always" or state.program.schedule):
        return _gone(after, Phase.DONE, failures=0), (), f"{name} is done after {seconds(now - state.started)}"
    if state.program.restart == "never" or state.program.schedule:
        return _gone(after, Phase.FAILED, cause=how), (), f"{name} {how}"
    return _failure(after, how, now)


def _failure(state: State, cause: str, now: float) -> Decision:
    is_steady = state.ready_since is not None and now - state.ready_since >= STEADY
    was_steady = is_steady or state.was_steady
    failures = 1 if is_steady else state.failures + 1
    name = state.program.id
    if failures >= GIVE_UP and not was_steady:
        failed = _gone(state, Phase.FAILED, failures=failures, cause=cause)
        return failed, (), f"{name} {cause}; giving up after {failures} failures in a row"
    delay = delay_before(failures, state.seed)
    after = _gone(state, Phase.BACKOFF, failures=failures, was_steady=was_steady, cause=cause, deadline=now + delay)
    count = f"{failures} in a row" if was_steady else f"{failures} of {GIVE_UP}"
    return after, (), f"{name} {cause}; starting it again in {seconds(delay)} (failure {count})"


def _tick(state: State, _event: Tick, now: float) -> Decision:
    if state.deadline is None or now < state.deadline:
        return state, (), ""
    over, name = replace(state, deadline=None), state.program.id
    if state.phase is Phase.BACKOFF:
        return _launch(over, restarts=state.restarts + 1), (Spawn(state.program),), ""
    if state.ending:
        grace = f"{state.program.stop_grace:g} s"
        return over, (Kill(),), f"{name} did not end within {grace} of {state.program.stop_signal}; killing it"
    reason = state.detail or "no health check was answered"
    why = f"did not become healthy within {state.program.probe.start_timeout:g} s: {reason}"
    late = replace(over, phase=Phase.STOPPING, ending="failure", cause=why)
    return late, (Kill(),), f"{name} {why}; killing it"


_DECIDE: dict[type[Event], Callable[[State, Any, float], Decision]] = {
    Start: _start,
    Restart: _restart,
    Stop: _stop,
    Due: _due,
    Spawned: _spawned,
    SpawnFailed: _spawn_failed,
    Adopted: _adopted,
    Lost: _lost,
    Probed: _probed,
    Exited: _exited,
    Tick: _tick,
}
