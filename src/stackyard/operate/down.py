"""Stop a system: what others stand on goes last. Data stays."""

from __future__ import annotations

import json
from collections.abc import Sequence

from stackyard.targets.local.state import PATIENCE, operation
from stackyard.targets.names import EDGE
from stackyard.targets.native.layout import OURS, Layout
from stackyard.targets.native.supervisor.client import Client, resume
from stackyard.targets.native.supervisor.status import ProgramStatus
from stackyard.targets.native.target import attach


def down(layout: Layout) -> tuple[str, ...]:
    """Stop everything; the parts that were stopped, () when nothing ran.

    Raises StateError while `up` is at work for longer than half a minute: the watcher's is done by then.
    """
    with operation(layout.lock_file, "down", patience=PATIENCE):
        resume(layout.folder)
        client = attach(layout)
        return () if client is None else stop(layout, client)


def stop(layout: Layout, client: Client) -> tuple[str, ...]:
    """Stop all programs group by group, then the supervisor."""
    programs = client.status().programs
    client.stop(groups(programs, resources_of(layout)))
    client.shutdown(stop_programs=True)
    return tuple(dict.fromkeys(program.part for program in programs))


def groups(programs: Sequence[ProgramStatus], resources: frozenset[str]) -> list[list[str]]:
    """The ids to stop, group by group: ours and the edge, then services, then the resources that they use."""
    first = [one.id for one in programs if one.part in {*OURS, EDGE}]
    last = [one.id for one in programs if one.part in resources]
    between = [one.id for one in programs if one.id not in {*first, *last}]
    return [group for group in (first, between, last) if group]


def resources_of(layout: Layout) -> frozenset[str]:
    """The names of the resources, as the last `up` has recorded them."""
    try:
        return frozenset(json.loads(layout.summary_file.read_text())["resources"])
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()
