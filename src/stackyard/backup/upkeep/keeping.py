"""Upkeep as the keeper of backups sees it: which databases are due, and how all of them stand in figures."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.backup.upkeep import record
from stackyard.backup.upkeep.report import Report
from stackyard.backup.upkeep.timing import due

if TYPE_CHECKING:
    from stackyard.backup.job import Job, PostgresPart

PREFIX = "stackyard_upkeep"

_FIGURES = {
    "last_timestamp_seconds": "When the database was last kept up; 0 for never",
    "duration_seconds": "How long that took",
    "failures": "How much of it failed or was left for want of time",
    "open": "What it found that a person has to put right",
}
_AGES = {"transaction_id_age": "Transaction ids since the oldest in use; at 2 000 000 000 a server stops"}


def due_parts(job: Job, now: float) -> tuple[str, ...]:
    """The databases that should be kept up now (seconds since the epoch), by the local clock."""
    known = record.recorded(Path(job.folder) / record.FILE)
    moment = datetime.fromtimestamp(now).astimezone()
    return tuple(part.name for part in job.postgres if part.owner and _is_due(part, known.get(part.name), moment))


def _is_due(part: PostgresPart, last: Report | None, now: datetime) -> bool:
    # What could not be done at all is tried again the next night.
    every = "daily" if last is not None and last.error and part.upkeep_every == "weekly" else part.upkeep_every
    begun = None if last is None else datetime.fromisoformat(last.begun).astimezone(now.tzinfo)
    return due(every, part.upkeep_at, begun, now)


def figures(job: Job, ages: Mapping[str, int]) -> str:
    """The last run of each database, and the ages of its ids, in Prometheus's text format."""
    known = record.recorded(Path(job.folder) / record.FILE)
    parts = [part.name for part in job.postgres if part.owner]
    values = {name: {one: _value(name, known.get(one)) for one in parts} for name in _FIGURES}
    values["transaction_id_age"] = {name: float(age) for name, age in ages.items()}
    return "".join(f"{line}\n" for name, of in values.items() for line in _lines(name, of))


def _lines(name: str, values: Mapping[str, float]) -> Iterator[str]:
    if not values:
        return
    yield f"# HELP {PREFIX}_{name} {({**_FIGURES, **_AGES})[name]}"
    yield f"# TYPE {PREFIX}_{name} gauge"
    for part, value in values.items():
        yield f'{PREFIX}_{name}{{database="{part}"}} {value:.12g}'


def _value(name: str, report: Report | None) -> float:
    if report is None:
        return 0.0
    return {
        "last_timestamp_seconds": 0.0 if report.error else datetime.fromisoformat(report.begun).timestamp(),
        "duration_seconds": report.seconds,
        "failures": float(len(report.failures) + len(report.left) + bool(report.error)),
        "open": float(len(report.open)),
    }[name]


def age(report: Report) -> float:
    """Seconds since it began."""
    return time.time() - datetime.fromisoformat(report.begun).timestamp()
