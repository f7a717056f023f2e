"""What the last upkeep of a database found and did, whoever did it: we, or what makes the backups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.backup import upkeep
from stackyard.runner import Command
from stackyard.targets.compose import commands
from stackyard.targets.compose.dockerfiles.backups import BACKUPS
from stackyard.targets.compose.names import BACKUPS as KEEPER

if TYPE_CHECKING:
    from stackyard.backup.upkeep import Report
    from stackyard.targets.compose.target import ComposeTarget

_PATIENCE = 15.0
"""Seconds for an answer of the engine."""


def recorded(backups: Path, part: str) -> Report | None:
    """The last one that is recorded in the folder of the backups, None when there is none."""
    return upkeep.last(backups / upkeep.FILE, part)


def on_compose(target: ComposeTarget, part: str) -> Report | None:
    """The last one of a database in a container: recorded here by hand, or in the container of the backups."""
    found = [recorded(target.layout.backups, part)]
    container = target.container(KEEPER)
    if container:
        argv = commands.execute(container, ("cat", f"{BACKUPS}/{upkeep.FILE}"))
        command = Command(argv, Path("/"), commands.environment(), timeout=_PATIENCE)
        found.append(upkeep.from_text(target.asker.ask(command).output).get(part))
    return max((one for one in found if one is not None), key=lambda one: one.begun, default=None)
