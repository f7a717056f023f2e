"""What runs, as the supervisor tells it: each process by what it was started with, and whether it is well."""

from __future__ import annotations

import json

from stackyard.plan.element import Kind, Seen
from stackyard.targets.local.state import Record
from stackyard.targets.native.blueprint import Blueprint
from stackyard.targets.native.layout import OURS
from stackyard.targets.native.supervisor.client import Client
from stackyard.targets.native.supervisor.status import ProgramStatus

_RUNS = frozenset({"ready", "starting", "waiting", "done"})


def seen(client: Client | None, record: Record, blueprint: Blueprint) -> dict[str, Seen]:
    """What each process runs as, by element id; none without a supervisor."""
    if client is None:
        return {}
    there = [one for one in client.status().programs if one.phase not in ("stopped", "idle")]
    return {f"{Kind.PROCESS}:{one.id}": _seen(one, record, blueprint) for one in there}


def _seen(status: ProgramStatus, record: Record, blueprint: Blueprint) -> Seen:
    try:
        facets = dict(json.loads(status.watch or "{}"))
    except ValueError:
        facets = {}
    reloaded = dict(record.facets(f"reload:{status.id}") or {})
    if reloaded.pop("over", None) == status.watch:
        facets = reloaded
    elif _is_altered(status, blueprint):
        facets["definition"] = "another one than it says"
    # Between two crashes it is starting for a moment: nobody may take that for a part that only needs time.
    is_well = status.phase in _RUNS and not (status.phase == "starting" and status.failures)
    return Seen(facets, "" if is_well else status.sentence, status.part)


def _is_altered(status: ProgramStatus, blueprint: Blueprint) -> bool:
    """Whether a process was started by other means than a plan: it carries the mark of this definition, and is not it.

    The definition of ours differs from terminal to terminal.
    """
    program = blueprint.programs.get(f"{Kind.PROCESS}:{status.id}")
    if program is None or program.part in OURS or not status.fingerprint:
        return False
    return status.watch == program.watch and status.fingerprint != program.fingerprint()
