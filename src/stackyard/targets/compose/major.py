"""The major version that the data of a database is of: noted, for nobody can look into a volume before it is mounted.

PostgreSQL 18 keeps its data in another place of the volume than those before it: without a word it would find nothing
there, and begin anew beside the data.
"""

from __future__ import annotations

import re

from stackyard.errors import StateError
from stackyard.model.system import Postgres, System
from stackyard.targets.compose.rendering import LABEL_MARK
from stackyard.targets.compose.snapshot import Snapshot
from stackyard.targets.local.state import Record

PREFIX = "major:"
_IMAGE = re.compile(r"(?:^|/)postgres:(\d+)")


def note(record: Record, system: System) -> None:
    """Note the versions that run now."""
    for resource in system.resources:
        if isinstance(resource, Postgres):
            facets = {"major": _wanted(resource)}
            if record.facets(f"{PREFIX}{resource.name}") != facets:
                record.note(f"{PREFIX}{resource.name}", facets)


def know(record: Record, part: str, version: int) -> None:
    """Note the version that the data of a part is of."""
    record.note(f"{PREFIX}{part}", {"major": str(version)})


def noted(record: Record, part: str) -> int:
    """The version that was noted of the data of a part, 0 when none was."""
    return int((record.facets(f"{PREFIX}{part}") or {}).get("major", "0"))


def forget(record: Record, part: str) -> None:
    """The data of the part is made anew."""
    if record.facets(f"{PREFIX}{part}") is not None:
        record.forget(f"{PREFIX}{part}")


def refuse(record: Record, resource: Postgres, snapshot: Snapshot) -> None:
    """Raises StateError where the data is of another major version than the file names."""
    found = (record.facets(f"{PREFIX}{resource.name}") or {}).get("major") or _of_container(resource, snapshot)
    wanted = _wanted(resource)
    if found and found != wanted:
        raise StateError(
            f"{resource.position}: the data of {resource.name} is of PostgreSQL {found}, and {wanted} cannot open it",
            hint=f"{_way(found, wanted)} Nothing was changed.",
        )


def _way(found: str, wanted: str) -> str:
    """What leads from data of that version to a server of another, as natively."""
    again = f"`postgres: {found}` in the file runs it as it is"
    return (
        f"`stackyard upgrade` moves it on; {again}." if int(found) < int(wanted) else f"There is no way back: {again}."
    )


def _wanted(resource: Postgres) -> str:
    return str(resource.version.numbers[0])


def _of_container(resource: Postgres, snapshot: Snapshot) -> str:
    for one in snapshot.of(resource.name):
        match = _IMAGE.search(one.labels.get(f"{LABEL_MARK}image", ""))
        if match:
            return match[1]
    return ""
