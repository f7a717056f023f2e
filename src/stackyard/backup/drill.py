"""A drill: the newest good set brought back in a throw-away place, looked at from every side, and measured.

It is the same code that a restore runs. What it measures is what a restore would have taken, and what a disaster at the
drill's beginning would have cost. The running system is not touched, and that is looked at as well.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from stackyard.backup import drill_page, drill_report, losses, store, untouched
from stackyard.backup.drill_database import database_back, database_looked_into
from stackyard.backup.drill_report import DrillReport, Step
from stackyard.backup.drill_rest import cache_back, config_back, files_back, kit_opens, secrets_back
from stackyard.backup.drilling import NOT_READ, Copies, Drilling, Readiness, Services
from stackyard.backup.events import Tell
from stackyard.backup.guard import lock
from stackyard.backup.job import Job
from stackyard.backup.problem import BackupError
from stackyard.backup.readiness import NAME, services_ready
from stackyard.backup.sets import DRILL, BackupSet, Finding, State, now
from stackyard.backup.targets import iso
from stackyard.backup.wal import is_left_behind

_ABOUT_THE_DRILL = (NOT_READ, "wal ", "archive", "readiness", "recovery kit", "scratch")
"""Findings that say nothing about the pieces of the set itself."""


def drill(
    job: Job,
    tell: Tell,
    *,
    backup: BackupSet | None = None,
    readiness: Readiness | None = None,
    services: Services = services_ready,
) -> DrillReport:
    """Bring a set back, the newest good one unless another is given, and tell how that went.

    `services` starts the system's own over the copies, unless `readiness` does that and says what is wrong. The
    report is kept as text, JSON and HTML, and the set is drilled or broken from then on. Raises BackupError when there
    is no set, the lock is taken, or the repository cannot be read at all; whatever else goes wrong is a finding of the
    report.
    """
    with lock(job, "drill"):
        chosen = backup or _chosen(job)
        begun = datetime.now(UTC)
        before = untouched.listing(job)
        drilling = Drilling(job, chosen, tell)
        scratch = _scratch(job)
        try:
            _restore(drilling, scratch, readiness, services)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        drilling.prove("the archive is untouched", lambda: _archive(job, before))
        report = _report(drilling, begun)
        _keep(job, report)
        store.save(job, _judged(chosen, report))
        return report


def _chosen(job: Job) -> BackupSet:
    """The newest good set that the system as it is now came from; failing that the newest good one."""
    for one in store.sets(job):
        if one.is_good and not any(is_left_behind(job, part, one) for part in job.postgres):
            return one
    return store.find(job, "latest")


def _scratch(job: Job) -> Path:
    folder = Path(job.scratch) / f"drill-{os.getpid()}"
    # One drills at a time: these are of drills that were killed, and hold what nobody should find.
    for left in Path(job.scratch).glob("drill-*"):
        shutil.rmtree(left, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        folder.chmod(0o711)
    except OSError as error:
        raise BackupError(f"{folder} cannot be made: {error.strerror}") from error
    return folder


def _restore(drilling: Drilling, scratch: Path, readiness: Readiness | None, services: Services) -> None:
    job = drilling.job
    databases = {part.name: scratch / part.name for part in job.postgres if drilling.has(part.name, "base")}
    came = [part for part in job.postgres if part.name in databases and database_back(drilling, part, scratch)]
    caches = {part.name: scratch / part.name for part in job.redis if cache_back(drilling, part, scratch)}
    files = {part.name: scratch / part.name for part in job.files if files_back(drilling, part, scratch)}
    config_back(drilling, scratch)
    secrets_back(drilling, scratch)
    copies = Copies({part.name: databases[part.name] for part in came}, caches, files)
    for part in came:
        database_looked_into(drilling, part, scratch)
    # Last of what is done with the copies: services write into them.
    if readiness is None:
        services(drilling, copies, scratch)
    else:
        check: Callable[[Copies], tuple[Finding, ...]] = readiness
        drilling.take(NAME, lambda: ("the services were ready", check(copies)), counts=True)
    kit_opens(drilling, scratch)


def _archive(job: Job, before: untouched.Listing) -> tuple[str, tuple[Finding, ...]]:
    after = untouched.listing(job)
    return f"before: {before.evidence}; after: {after.evidence}", untouched.differences(before, after)


def _report(drilling: Drilling, begun: datetime) -> DrillReport:
    job, backup = drilling.job, drilling.backup
    lost = losses.losses(job, backup, begun, drilling.last_commits)
    counted = [one.seconds for one in lost if one.counts]
    worst = None if None in counted or not counted else max(one for one in counted if one is not None)
    return DrillReport(
        system=job.system,
        environment=job.environment,
        backup=backup.id,
        backup_moment=backup.moment,
        begun=iso(begun),
        ended=now(),
        rto=sum(step.seconds for step in drilling.steps if step.counts),
        rto_promised=job.policy.rto,
        rpo=worst,
        rpo_promised=job.policy.rpo,
        steps=tuple(_signed(step) for step in drilling.steps),
        losses=lost,
        last_commit=drilling.last_commits,
        facts=dict(job.facts),
    )


def _signed(step: Step) -> Step:
    """The step, with who found what it found."""
    return replace(step, findings=tuple(replace(one, by=DRILL) for one in step.findings))


def _judged(backup: BackupSet, report: DrillReport) -> BackupSet:
    """The set as it counts from now on: what is wrong with its WAL since, or with the drill, does not break it."""
    broken = backup.found(*(one for one in report.findings if not one.piece.startswith(_ABOUT_THE_DRILL)))
    if report.findings:
        return broken
    done = backup.cleared(DRILL, State.DRILLED, report.ended)
    return replace(done, drilled=report.ended) if done.is_good else done


def _keep(job: Job, report: DrillReport) -> None:
    shown = {
        "txt": drill_report.to_text(report),
        "html": drill_page.to_html(report),
        "json": drill_report.to_json(report),
    }
    for suffix, text in shown.items():
        store.write(job.places.drills / f"{report.id}.{suffix}", text)


def drills(job: Job) -> tuple[DrillReport, ...]:
    """Every report that is kept here, newest first. What is none is passed over."""
    found = []
    for file in sorted(job.places.drills.glob("*.json"), reverse=True):
        try:
            found.append(drill_report.from_json(file.read_text()))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return tuple(found)


def last_drill(job: Job) -> DrillReport | None:
    """The newest report, None when there was no drill yet."""
    return next(iter(drills(job)), None)
