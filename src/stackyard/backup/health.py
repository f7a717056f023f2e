"""How the backups of a system stand, in figures: for `status`, for metrics and for alerts.

The keeper writes it into its state; whoever only looks reads it from there, without a repository or a database.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stackyard.backup.moments import seconds
from stackyard.backup.sets import BackupSet


@dataclass(frozen=True)
class Last:
    """The last run of a kind ("create", "drill"). Moments are seconds since the epoch, `ended` 0 while it runs.

    `failures` counts those in a row that failed, `error` is why the last one did.
    """

    begun: float
    ended: float = 0.0
    failures: int = 0
    error: str = ""


@dataclass(frozen=True)
class Stream:
    """How the changes of one database are received. `lag` is in bytes that the server still holds, -1 unknown.

    `is_lost`: the server has thrown away changes that nobody had received.
    """

    part: str
    is_received: bool
    lag: int = -1
    is_lost: bool = False
    error: str = ""


@dataclass(frozen=True)
class Drilled:
    """The last drill: when it began and ended, if it kept its promises, seconds until all was back, seconds lost."""

    begun: float
    ended: float
    kept: bool
    rto: float
    rpo: float


@dataclass(frozen=True)
class Health:
    """How backups stand. Moments are seconds since the epoch, 0 for never; sizes are bytes.

    `good` is the newest good set. `next_backup` and `next_drill` are when the next ones begin. `pushed` is when the
    received changes last went into the repository, 0 where that is not known, `under_way` what runs at this moment.
    """

    seen: float = 0.0
    good: str = ""
    good_state: str = ""
    good_at: float = 0.0
    size: int = 0
    added: int = 0
    duration: float = 0.0
    sets: int = 0
    offsite: bool = False
    offsite_at: float = 0.0
    rpo: float = 0.0
    wal: bool = False
    pushed: float = 0.0
    push_error: str = ""
    under_way: str = ""
    next_backup: float = 0.0
    next_drill: float = 0.0
    runs: Mapping[str, Last] = field(default_factory=dict)
    streams: tuple[Stream, ...] = ()
    drill: Drilled | None = None

    @property
    def concerns(self) -> tuple[str, ...]:
        """What is wrong, a sentence each; () when backups can be relied on."""
        found = [f"the last {_WORDS[kind]} failed: {run.error}" for kind, run in self.runs.items() if run.failures]
        found += [f"changes of {one.part} were lost before they were received" for one in self.streams if one.is_lost]
        found += [
            f"changes of {one.part} are not received{f': {one.error}' if one.error else ''}"
            for one in self.streams
            if not one.is_received and not one.is_lost
        ]
        found += [f"received changes do not reach the repository: {self.push_error}"] if self.push_error else []
        if self.drill is not None and not self.drill.kept:
            found.append("the last drill did not keep its promises")
        return tuple(found)


_WORDS = {"create": "backup", "drill": "drill", "upkeep": "upkeep"}


def of_sets(sets: Iterable[BackupSet]) -> dict[str, Any]:
    """What the sets say, as fields of `Health`."""
    known = list(sets)
    good = next((one for one in known if one.is_good), None)
    copied = max((seconds(one.offsite) for one in known if one.offsite), default=0.0)
    if good is None:
        return {"sets": len(known), "offsite_at": copied}
    return {
        "sets": len(known),
        "good": good.id,
        "good_state": str(good.state),
        "good_at": seconds(good.moment),
        "size": good.size,
        "added": good.added,
        "duration": seconds(good.ended) - seconds(good.begun),
        "offsite_at": copied,
    }


def to_data(health: Health) -> dict[str, Any]:
    """As JSON has it, with the concerns in words."""
    return {**asdict(health), "concerns": list(health.concerns)}


def from_data(data: Mapping[str, Any]) -> Health:
    """What `to_data` made. Raises KeyError, TypeError or ValueError on anything else."""
    values = {name: value for name, value in data.items() if name != "concerns"}
    values["runs"] = {kind: Last(**run) for kind, run in values["runs"].items()}
    values["streams"] = tuple(Stream(**stream) for stream in values["streams"])
    values["drill"] = Drilled(**values["drill"]) if values["drill"] else None
    return Health(**values)


def read(state: Path) -> Health | None:
    """The health in the keeper's state, None when it has never written one."""
    try:
        return from_data(json.loads(state.read_text())["health"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
