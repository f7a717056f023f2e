"""The order in which the system came up, as the supervisor wrote it down."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from stackyard.model.system import System
from stackyard.observe.logs import LogLine, read
from stackyard.observe.view import View
from stackyard.verify.check import Check, Look, Seen, saw

_SUPERVISOR = "supervisor"
_STARTED = re.compile(r"started \(pid (\d+)\)$")


def _order(view: View) -> Iterator[Seen]:
    said = this_life(read(view.folders["home"], [_SUPERVISOR]), view.supervisor())
    pids = {one.id: one.pid for one in view.processes() if one.pid is not None}
    needs = needed_processes(view.system)
    if not any(needs.values()):
        yield saw("what needs what", "nothing needs anything")
    for name, others in needs.items():
        begun = start_of(said, name, pids.get(name))
        if begun is None:
            continue
        for other in others:
            ready = _first_ready(said, other)
            yield saw(
                f"when {other} was ready, which {name} needs; that was started at {_time(begun)}",
                _time(ready) if ready else "not that the log would say so",
                fault=f"{name} was started before {other} was ready",
                unless=ready is not None and said.index(ready) < said.index(begun),
            )


def this_life(lines: Sequence[LogLine], pid: int | None) -> tuple[LogLine, ...]:
    """What the supervisor has said since it began: earlier ones started other processes."""
    word = f"the supervisor runs (pid {pid},"
    begin = max((number for number, line in enumerate(lines) if line.line.startswith(word)), default=0)
    return tuple(lines[begin:])


def start_of(said: Sequence[LogLine], name: str, pid: int | None) -> LogLine | None:
    """The line that says that the process which runs now was started; None when this supervisor did not start it."""
    own = [line for line in said if line.id == name]
    return next((one for one in own if (found := _STARTED.search(one.line)) and int(found[1]) == pid), None)


def _first_ready(said: Sequence[LogLine], name: str) -> LogLine | None:
    words = (f"{name} is ready after ", f"{name} was found running ")
    return next((line for line in said if line.id == name and line.line.startswith(words)), None)


def _time(line: LogLine) -> str:
    return f"{line.ts:%H:%M:%S}.{line.ts.microsecond // 1000:03d}"


def needed_processes(system: System) -> Mapping[str, tuple[str, ...]]:
    """For each process of a service, those that must be ready before it starts."""
    services = {service.name: service for service in system.services}

    def of(name: str) -> tuple[str, ...]:
        if name not in services:
            return (name,)
        other = services[name]
        count = 0 if other.is_static or other.schedule else other.replicas
        return tuple(f"{name}-{number}" for number in range(1, count + 1))

    return {
        f"{service.name}-{number}": tuple(process for need in service.needs for process in of(need.name))
        for service in system.services
        if not service.is_static and not service.schedule
        for number in range(1, service.replicas + 1)
    }


CHECKS = (
    Check(
        "topology.order",
        ("TOP-01",),
        "each part was started after what it needs was ready",
        Look.LOG,
        _order,
        next_step="`stackyard restart` starts everything again, in order.",
    ),
)
