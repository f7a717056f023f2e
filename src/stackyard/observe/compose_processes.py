"""The processes of containers as the kernel of this machine shows them, where the engine is on this machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from stackyard.observe import processes
from stackyard.observe.seen import CannotSeeError, Heard, Member

_UNREADABLE = "may not look into the processes of containers: whoever may use Docker and is not root sees less"


def members(containers: Mapping[str, tuple[str, int]]) -> tuple[Member, ...]:
    """Every live process of containers: `containers` are the engine's id and the first pid of each, by our id.

    What the engine holds in a control group it answers for; what came into a container by another way it does not.
    Raises CannotSeeError for an engine elsewhere.
    """
    ids = {container: name for name, (container, _) in containers.items()}
    spaces = {space: name for name, (_, pid) in containers.items() if (space := _space(pid))}
    made = []
    for one in processes.everybody():
        if not one.is_alive or not one.session:
            continue
        held = _held_by(one.pid, ids)
        name = held or spaces.get(_space(one.pid), "")
        if name:
            made.append(Member(one.pid, name, bool(held)))
    seen = {member.id for member in made}
    for name, (_, pid) in containers.items():
        if name not in seen and pid:
            raise CannotSeeError(f"the engine is not on this machine: {name} has no process here")
    return tuple(sorted(made, key=lambda member: (member.id, member.pid)))


def listeners(members: Iterable[Member], pids: Mapping[str, int]) -> tuple[Heard, ...]:
    """What processes of containers listen at in their own networks. `pids` are the first ones of each container.

    The engine's own name server, which listens in every container, is nobody's. Raises CannotSeeError.
    """
    try:
        held = {inode: one.id for one in members for inode in processes.sockets(one.pid)}
        found = [one for pid in pids.values() for one in processes.listeners(pid)]
    except OSError as error:
        raise CannotSeeError(f"this user {_UNREADABLE} ({error.strerror})") from None
    return tuple(Heard(held[one.inode], one) for one in found if one.inode in held)


def is_here(container: str, pid: int) -> bool:
    """Whether the first process of a container is one of this machine."""
    return bool(pid) and bool(_held_by(pid, {container: "it"}))


def _held_by(pid: int, ids: Mapping[str, str]) -> str:
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/cgroup").read_text()
        return next((name for container, name in ids.items() if container in text), "")
    return ""


def _space(pid: int) -> str:
    """The mark of the space of pids that a process lives in; "" where it may not be read, or the process is gone."""
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/ns/pid") if pid else ""  # noqa: PTH115 - it is no path
    return ""
