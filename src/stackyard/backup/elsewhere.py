"""Services over copies, where this process may start none: it says where the copies are, and is told how that went.

In a container that holds every secret of a system nobody should be able to start containers. Whoever asks for a drill
from outside can, and does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stackyard.backup import sets
from stackyard.backup.drill_report import Step
from stackyard.backup.drilling import Copies, Drilling, Services
from stackyard.backup.sets import BackupSet, Finding

Ask = Callable[[dict[str, Any]], Mapping[str, Any]]
"""Puts a question to whoever asked for the drill, and waits for the answer."""


@dataclass(frozen=True)
class Place:
    """Where the copies of a set are, as a process in the place of this one sees them; `owner` is UID:GID.

    The folder of a store holds one for its bucket.
    """

    backup: BackupSet
    scratch: str
    owner: str
    databases: Mapping[str, str]
    caches: Mapping[str, str]
    files: Mapping[str, str]


def services(ask: Ask) -> Services:
    """Has somebody else start the services, and takes over the steps that are told of."""

    def take(drilling: Drilling, copies: Copies, scratch: Path) -> None:
        place = Place(
            drilling.backup,
            str(scratch),
            f"{os.getuid()}:{os.getgid()}",
            {name: str(folder) for name, folder in copies.databases.items()},
            {name: str(folder) for name, folder in copies.caches.items()},
            {part.name: _as_store(scratch, copies.files[part.name], Path(part.path).name)
             for part in drilling.job.files if part.name in copies.files},
        )  # fmt: skip
        drilling.steps += steps_of(ask(question(place)))

    return take


def _as_store(scratch: Path, folder: Path, bucket: str) -> str:
    data = scratch / f".{folder.name}-data"
    data.mkdir(mode=0o700)
    folder.rename(data / bucket)
    return str(data)


def question(place: Place) -> dict[str, Any]:
    """The place as JSON has it."""
    return {**vars(place), "backup": sets.to_text(place.backup)}


def place_of(told: Mapping[str, Any]) -> Place:
    """What `question` made. Raises KeyError, TypeError or ValueError on anything else."""
    return Place(**{**told, "backup": sets.from_text(told["backup"])})


def answer(steps: list[Step]) -> dict[str, Any]:
    """The steps as JSON has them."""
    return {"steps": [asdict(one) for one in steps]}


def steps_of(told: Mapping[str, Any]) -> list[Step]:
    """What `answer` made. Raises KeyError or TypeError on anything else."""
    return [Step(**{**one, "findings": tuple(Finding(**found) for found in one["findings"])}) for one in told["steps"]]
