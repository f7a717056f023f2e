"""Every live process of a system on the native target, whoever started it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from stackyard.observe.seen import Member
from stackyard.targets.native.supervisor import processes
from stackyard.targets.native.supervisor.places import Places
from stackyard.targets.native.supervisor.processes import Process


def members(folder: Path, leaders: Mapping[int, str], supervisor: int | None) -> tuple[Member, ...]:
    """The processes of `leaders` (ids by pid), all that came from them, and what carries the mark of `folder`."""
    found = {one.pid: one for one in processes.everybody() if one.session}
    mark = f"{Places(folder).mark}/"
    marks = {pid: processes.mark_of(pid) for pid in found}
    made = []
    for one in found.values():
        if not one.is_alive:
            continue
        line = list(_ancestors(one, found))
        known = next((leaders[p.pid] for p in line if p.pid in leaders), leaders.get(one.session))
        name = next((marks[p.pid].removeprefix(mark) for p in line if marks[p.pid].startswith(mark)), "")
        if known or name:
            below = supervisor is not None and any(p.pid == supervisor for p in line)
            made.append(Member(one.pid, known or name, known is not None or below))
    return tuple(sorted(made, key=lambda member: (member.id, member.pid)))


def _ancestors(one: Process, found: Mapping[int, Process]) -> Iterator[Process]:
    """The process itself, then its parent, and so on to the first."""
    current: Process | None = one
    seen: set[int] = set()
    while current is not None and current.pid not in seen:
        seen.add(current.pid)
        yield current
        current = found.get(current.parent)
