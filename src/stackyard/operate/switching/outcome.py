"""What a switchover is told to do, tells while it is under way, and ends with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

Tell = Callable[[str], None]
"""Takes a sentence on what begins now."""


@dataclass(frozen=True)
class Wanted:
    """The database and the replica that should be its primary; "" leaves the choice. `forced` goes without it."""

    database: str = ""
    replica: str = ""
    forced: bool = False


@dataclass(frozen=True)
class Switched:
    """`replica` leads now, under the name of `database`. `outage` is how many seconds nothing could be written.

    `lost` says what is or may be lost, "" for nothing. `aside` is the folder of the former primary's data, where it was
    not taken over as the data of the replica. `notes` are sentences on what is still to be done.
    """

    database: str
    replica: str
    outage: float
    lost: str = ""
    aside: str = ""
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The documented form of `stackyard switchover --json`."""
        return asdict(self)
