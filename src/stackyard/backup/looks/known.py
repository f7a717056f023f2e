"""What is known of the backups without asking a repository or a database."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stackyard.backup import drill_report, guard, health, schedule, sets, store
from stackyard.backup.drill import last_drill
from stackyard.backup.drill_report import DrillReport
from stackyard.backup.health import Health
from stackyard.backup.job import Job, Policy
from stackyard.backup.sets import BackupSet

PATIENCE = 3600.0
"""Seconds after its scheduled moment in which a set may still be on its way."""

_STAGES = ("making-*", "reading-*", "drill-*")


@dataclass(frozen=True)
class Known:
    """What the files of the backups say. Moments are seconds since the epoch.

    `due` is the newest scheduled moment that is so long ago that there must be a good set since. `received` are the
    databases whose changes are kept. `damaged` are files of sets that cannot be read, `under_way` says what runs at
    this moment, and `left` is what an interrupted run left in the scratch space.
    """

    now: float
    due: float
    policy: Policy
    databases: tuple[str, ...]
    received: tuple[str, ...]
    caches: tuple[str, ...]
    stores: tuple[str, ...]
    has_config: bool
    keeps_secrets: bool
    recipients: tuple[str, ...]
    offsite: str
    sets: tuple[BackupSet, ...]
    damaged: tuple[str, ...]
    health: Health | None
    figures: str
    drill: DrillReport | None
    under_way: str
    left: tuple[str, ...]

    @property
    def good(self) -> BackupSet | None:
        """The newest good set."""
        return next((one for one in self.sets if one.is_good), None)


def look(job: Job) -> dict[str, Any]:
    """See `Known`."""
    return to_data(known(job, time.time()))


def known(job: Job, now: float) -> Known:
    """What there is, seen at that moment."""
    found = store.sets(job)
    ids = {one.id for one in found}
    return Known(
        now=now,
        due=schedule.last_occurrence(now - PATIENCE, job.policy.at),
        policy=job.policy,
        databases=tuple(one.name for one in job.postgres),
        received=tuple(one.name for one in job.postgres if one.wal),
        caches=tuple(one.name for one in job.redis),
        stores=tuple(one.name for one in job.files),
        has_config=bool(job.config),
        keeps_secrets=bool(job.secrets and job.recipients),
        recipients=job.recipients,
        offsite=job.offsite.url if job.offsite else "",
        sets=found,
        damaged=tuple(sorted(file.name for file in job.places.sets.glob("*.json*") if file.stem not in ids)),
        health=health.read(job.places.state),
        figures=_text(job.places.metrics),
        drill=last_drill(job),
        under_way=guard.holder(job) if guard.is_held(job) else "",
        left=tuple(sorted(path.name for pattern in _STAGES for path in Path(job.scratch).glob(pattern))),
    )


def to_data(seen: Known) -> dict[str, Any]:
    """As JSON has it."""
    plain = {name: value for name, value in vars(seen).items() if name not in ("policy", "sets", "health", "drill")}
    return {
        **plain,
        "policy": asdict(seen.policy),
        "sets": [sets.to_text(one) for one in seen.sets],
        "health": health.to_data(seen.health) if seen.health else None,
        "drill": drill_report.to_json(seen.drill) if seen.drill else "",
    }


def from_data(data: Mapping[str, Any]) -> Known:
    """What `to_data` made, also by way of JSON. Raises KeyError, TypeError or ValueError on anything else."""
    values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in data.items()}
    values["policy"] = Policy(**data["policy"])
    values["sets"] = tuple(sets.from_text(one) for one in data["sets"])
    values["health"] = health.from_data(data["health"]) if data["health"] else None
    values["drill"] = drill_report.from_json(data["drill"]) if data["drill"] else None
    return Known(**values)


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
