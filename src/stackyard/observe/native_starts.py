"""The order in which a system of the native target came up, as its supervisor wrote it down."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from stackyard.observe.logs import LogLine
from stackyard.observe.seen import Start

_STARTED = re.compile(r"started \(pid (\d+)\)$")


def starts(lines: Sequence[LogLine], supervisor: int | None, pids: Mapping[str, int]) -> Mapping[str, Start]:
    """When each process was started and ready, out of the supervisor's log; `pids` are those that run now."""
    said = this_life(lines, supervisor)
    names = dict.fromkeys((*pids, *(line.id for line in said)))
    made = {}
    for name in names:
        begun, ready = start_of(said, name, pids.get(name)), _first_ready(said, name)
        made[name] = Start(begun.ts if begun else None, ((ready.ts, None),) if ready else ())
    return made


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
