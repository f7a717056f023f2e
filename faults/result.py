"""What a fault came to: how often it was tried, how often everything that must hold held, and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


class SkippedError(Exception):
    """A group cannot be run here; the text says why."""


@dataclass(frozen=True)
class Result:
    """One line of the table.

    `must` is what must hold, as a clause. `held` of `tried` times it did. `lost` counts writes that were acknowledged
    and are not there any more, None where nothing was written. `slowest` is the longest time until everything was
    well again, in seconds, None where there is nothing to recover from. `notes` is the evidence: what went wrong when
    something did, and figures worth knowing when nothing did.
    """

    group: str
    fault: str
    must: str
    tried: int
    held: int
    lost: int | None = None
    slowest: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_kept(self) -> bool:
        """Whether it was tried at all, always held, and nothing was lost."""
        return 0 < self.tried == self.held and not self.lost

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"is_kept": self.is_kept}


Group = Callable[[Path, bool], Iterator[Result]]
"""A group of faults: given a folder of its own for what it writes, and whether few rounds are enough.

Raises SkippedError before its first result where it cannot be run.
"""


def from_json(data: dict[str, Any]) -> Result:
    """The result that `Result.to_json` wrote. Raises KeyError or TypeError on anything else."""
    values = {key: value for key, value in data.items() if key != "is_kept"}
    return Result(**(values | {"notes": tuple(values["notes"])}))
