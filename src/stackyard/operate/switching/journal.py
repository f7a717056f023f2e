"""How far a switchover came, on the disk before the step that it tells of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from stackyard.errors import StateError
from stackyard.targets.local.folders import switchover_file
from stackyard.targets.local.state import sync, write_whole

if TYPE_CHECKING:
    from stackyard.operate.switching.effects import Places


class Phase(StrEnum):
    """stopping:  the primary is being stopped; nothing has changed yet
    fencing:   the data of the primary is fenced, or about to be; the replica may have been promoted
    placing:   the replica was promoted; the data of both changes places
    """

    STOPPING = "stopping"
    FENCING = "fencing"
    PLACING = "placing"


@dataclass(frozen=True)
class Journal:
    """A switchover of `primary` to `replica`, parts both. `aside` is where data goes that must not come back, or ""."""

    primary: str
    replica: str
    phase: Phase
    aside: str = ""

    @property
    def parts(self) -> tuple[str, str]:
        """Both, in the order in which they are stopped: a primary waits until its replica has everything."""
        return self.primary, self.replica

    def at(self, phase: Phase) -> Journal:
        """The same, further on."""
        return replace(self, phase=phase)


def read(places: Places) -> Journal | None:
    """The journal of a switchover that is under way, None without one. Raises StateError when it is damaged."""
    file = switchover_file(places.folder, places.target)
    try:
        data = json.loads(file.read_text())
        return Journal(**{**data, "phase": Phase(data["phase"])})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise StateError(
            f"{file} is damaged: a switchover was under way, and nobody knows how far it came",
            hint="Look which data has no standby.signal: that is the primary's.",
        ) from error


def write(places: Places, journal: Journal) -> None:
    """Say how far it came, on the disk before this returns."""
    text = json.dumps(asdict(journal)) + "\n"
    write_whole(switchover_file(places.folder, places.target), text, durably=True)


def forget(places: Places) -> None:
    """It is over."""
    switchover_file(places.folder, places.target).unlink(missing_ok=True)
    sync(places.folder)
