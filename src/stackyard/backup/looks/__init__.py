"""Looks at the backups of a running system, for whoever verifies them: each changes nothing, and takes seconds.

A look runs where the job makes sense (in the container of the backups, where there is one), and what it saw is plain
data, so that it can be judged elsewhere. What cannot be read is part of what was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from stackyard.backup.job import Job

LOOKS: Mapping[str, str] = {
    "known": "the sets, the state of the keeper and the last drill, as they lie here",
    "repository": "the snapshots in the repository, and the manifest of the newest good set as it lies there",
    "reading": "parts of the repository and of the newest good set, read back",
    "places": "who may open what, and whether anything is plain",
    "changes": "a change of each database, until it has come in",
    "chain": "the changes from the newest good set to now, and the named moments",
    "offsite": "the copy off site beside the repository",
}
"""What can be looked at. The module of that name has `look(job)`."""


def look(job: Job, name: str) -> dict[str, Any]:
    """What that look saw, as JSON has it. Raises KeyError for a name that is none."""
    if name not in LOOKS:
        raise KeyError(name)
    taken: Callable[[Job], dict[str, Any]] = import_module(f"{__name__}.{name}").look
    return taken(job)
