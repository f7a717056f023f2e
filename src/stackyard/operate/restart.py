"""Restart parts of a running system, or all of it, and wait until they are ready again."""

from __future__ import annotations

from difflib import get_close_matches

from stackyard.errors import StateError, UsageError
from stackyard.operate.down import groups, resources_of
from stackyard.targets.local.state import operation
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.processes import GOOD, PATIENCE, failure
from stackyard.targets.native.supervisor.client import Client, resume
from stackyard.targets.native.supervisor.status import ProgramStatus
from stackyard.targets.native.target import attach

_LIMIT = 120.0


def restart(layout: Layout, names: tuple[str, ...]) -> tuple[ProgramStatus, ...]:
    """Restart the named parts or replicas, all of them without a name; those that others use come first.

    Raises UsageError for a name that does not run, PartError for one that does not become ready again.
    """
    with operation(layout.lock_file, "restart"):
        resume(layout.folder)
        client = attach(layout)
        if client is None:
            raise StateError("nothing runs here", hint="`stackyard up` starts it.")
        programs = _chosen(client, names)
        done: list[ProgramStatus] = []
        for group in reversed(groups(programs, resources_of(layout))):
            client.restart(group)
            done += _wait(client, layout, group)
        return tuple(done)


def _chosen(client: Client, names: tuple[str, ...]) -> tuple[ProgramStatus, ...]:
    programs = client.status().programs
    known = {name for one in programs for name in (one.part, one.id)}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise UsageError(f"no part {name} runs here", hint=f"{hint}There are: {', '.join(sorted(known))}.")
    return tuple(one for one in programs if not names or one.part in names or one.id in names)


def _wait(client: Client, layout: Layout, ids: list[str]) -> tuple[ProgramStatus, ...]:
    statuses = client.wait(ids, _LIMIT, PATIENCE)
    for status in statuses:
        if status.phase not in GOOD:
            raise failure(status, "did not become ready again", layout.log)
    return statuses
