"""What upkeep found and did, as it is shown, kept and read again. Sizes are bytes, durations seconds, times UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What can be the matter with something in a database."""

    DEAD_ROWS = "dead rows"
    STALE = "stale statistics"
    OLD_IDS = "old transaction ids"
    INVALID = "invalid index"
    BLOATED_INDEX = "bloated index"
    BLOATED_TABLE = "bloated table"
    UNUSED = "unused index"
    DUPLICATE = "duplicate index"
    SEQUENCE = "sequence near its end"
    PARTITION = "partition missing"
    STRAY = "rows in a default partition"


NEED_SOMEBODY = frozenset({Kind.SEQUENCE, Kind.PARTITION, Kind.STRAY})
"""What upkeep cannot put right and must not wait: a person, or the application, has to."""


@dataclass(frozen=True)
class Found:
    """One thing that was found: `name` as SQL writes it, `what` a sentence, `wasted` the bytes that could be freed."""

    kind: Kind
    name: str
    what: str
    wasted: int = 0


@dataclass(frozen=True)
class Action:
    """One thing that was done, or tried: `error` is why it failed, "" when it did not. `freed` may be negative."""

    kind: Kind
    name: str
    sql: str
    seconds: float = 0.0
    freed: int = 0
    error: str = ""


@dataclass(frozen=True)
class Report:
    """One run over one database. With `dry` nothing was done: `actions` are what would have been.

    `left` names what there was no time for. `error` says why the whole run failed, "" when it did not.
    """

    part: str
    database: str
    begun: str
    seconds: float = 0.0
    dry: bool = False
    found: tuple[Found, ...] = ()
    actions: tuple[Action, ...] = ()
    left: tuple[str, ...] = ()
    error: str = ""
    densities: Mapping[str, float] = field(default_factory=dict)
    """How many bytes an entry of an index takes when it is dense, by name: learnt when it was rebuilt."""

    @property
    def failures(self) -> tuple[Action, ...]:
        return tuple(one for one in self.actions if one.error)

    @property
    def open(self) -> tuple[Found, ...]:
        """What somebody else has to put right, and soon."""
        return tuple(one for one in self.found if one.kind in NEED_SOMEBODY)

    @property
    def is_whole(self) -> bool:
        """It ran to its end, and nothing that it tried failed."""
        return not (self.error or self.failures or self.left)


def to_json(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    return asdict(report)


def from_json(data: Mapping[str, Any]) -> Report:
    """The report that `to_json` made. Raises KeyError, TypeError or ValueError on anything else."""
    values = dict(data)
    values["found"] = tuple(Found(**{**one, "kind": Kind(one["kind"])}) for one in values["found"])
    values["actions"] = tuple(Action(**{**one, "kind": Kind(one["kind"])}) for one in values["actions"])
    values["left"] = tuple(values["left"])
    return Report(**values)
