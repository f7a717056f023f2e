"""Who watches what runs, and whether anything has slipped away."""

from __future__ import annotations

import time
from collections.abc import Iterator

from stackyard.observe import processes
from stackyard.observe.view import View
from stackyard.verify.check import Check, DoesNotApplyError, Look, Seen, saw

_MOMENT = 0.3
"""Seconds after which a process belongs to the supervisor, when its parent has ended."""

_LOOP = 3
"""Failures in a row from which on a part is said to crash over and over."""

_STATES = {"T": "was stopped by a signal", "t": "is held by a debugger", "Z": "has ended", "X": "has ended"}


def _watched(view: View) -> Iterator[Seen]:
    running = view.running()
    for name, wanted in view.planned().items():
        if not wanted.ports:
            continue
        is_asked = name in running and running[name].is_probed
        yield saw(
            f"the health check of {name}, as the supervisor runs it",
            "asked again and again" if is_asked else "none",
            fault=f"nobody asks whether {name} is healthy",
            unless=is_asked,
        )


def _supervised(view: View) -> Iterator[Seen]:
    members = view.members()
    strays = {one.pid for one in members if not one.is_supervised}
    if strays:
        # One whose parent has just ended belongs to nobody for a moment.
        time.sleep(_MOMENT)
        strays &= {one.pid for one in view.members() if not one.is_supervised}
    yield saw("processes that the supervisor answers for", sum(one.is_supervised for one in members))
    for one in members:
        if one.pid in strays:
            what = f"pid {one.pid}: {processes.command_line(one.pid)[:200]}"
            fault = f"pid {one.pid} of {one.id} is out of control"
            yield saw(f"a process with the mark of {one.id}", what, fault=fault)


def _supervisor(view: View) -> Iterator[Seen]:
    pid = view.supervisor()
    if pid is None:
        raise DoesNotApplyError("this target has no supervisor of ours: its engine watches the parts, and answers")
    yield _alive("the supervisor", pid)
    guards = [one for one in processes.everybody() if one.parent == pid and _is_guardian(one.pid)]
    if not guards:
        yield saw(f"children of the supervisor (pid {pid})", "no guardian", fault="the supervisor has no guardian")
    for one in guards:
        yield _alive("the guardian", one.pid)


def _alive(who: str, pid: int) -> Seen:
    found = processes.read(pid)
    state = found.state if found else "X"
    how = _STATES.get(state, "")
    return saw(f"state of {who} (pid {pid})", how or f"alive ({state})", fault=f"{who} {how}", unless=not how)


def _is_guardian(pid: int) -> bool:
    return "stackyard.targets.native.supervisor.guardian" in processes.command_line(pid)


def _steady(view: View) -> Iterator[Seen]:
    for one in view.processes():
        yield saw(
            f"failures of {one.id}",
            f"{one.failures} in a row, {one.restarts} restarts in all",
            fault=f"{one.id} crashes over and over: {one.failures} failures in a row",
            unless=one.failures < _LOOP,
        )


def _watcher(view: View) -> Iterator[Seen]:
    """Whoever may edit a file would have production run it at once."""
    who = view.edits_run()
    wanted = view.system.is_development
    yield saw(
        f"whether edits run at once, in {view.system.environment}",
        who or "nobody watches",
        fault="nobody watches the sources" if wanted else f"the sources are watched in {view.system.environment}",
        unless=bool(who) == wanted,
    )


CHECKS = (
    Check(
        "topology.watched",
        ("TOP-09",),
        "everything that listens has a health check, and is asked",
        Look.INSIDE,
        _watched,
    ),
    Check(
        "topology.supervised",
        ("TOP-01", "TOP-09"),
        "no process of the system is out of the supervisor's sight",
        Look.INSIDE,
        _supervised,
        next_step="`stackyard restart` of that part ends what is left of it, and starts it anew.",
    ),
    Check(
        "topology.supervisor",
        ("TOP-01",),
        "the supervisor is alive, and so is the guardian that would replace it",
        Look.INSIDE,
        _supervisor,
    ),
    Check(
        "topology.steady",
        ("TOP-01",),
        "nothing crashes over and over",
        Look.INSIDE,
        _steady,
        next_step="`stackyard logs PART` says why it ends; `stackyard restart PART` counts anew.",
    ),
    Check(
        "topology.watcher",
        ("TOP-03", "WEB-02"),
        "edits run at once in development, and nowhere else",
        Look.INSIDE,
        _watcher,
    ),
)
