"""What a database needs over the years: indexes that serve, transaction ids to spare, partitions ahead, upkeep done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stackyard.backup.upkeep import PERIODS, age
from stackyard.backup.upkeep.facts import partitions
from stackyard.model.system import Postgres
from stackyard.observe.view import View
from stackyard.verify.check import Check, DoesNotApplyError, Look, Seen, saw
from stackyard.verify.database.asking import databases, has_none, rows

if TYPE_CHECKING:
    from stackyard.backup.upkeep import Report

_DAY = 86400.0
_SLACK = 2 * _DAY
"""Seconds that a run may be late: a machine may have been off."""

_INVALID = """
SELECT indexrelid::regclass::text FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
WHERE NOT (x.indisvalid AND x.indisready) AND c.relkind = 'i' ORDER BY 1
"""
_AGE = """
SELECT max(age(datfrozenxid)), current_setting('autovacuum_freeze_max_age')::int FROM pg_database
WHERE datallowconn
"""
_BORN = "SELECT extract(epoch FROM now() - (pg_stat_file('PG_VERSION')).modification)::float"


def _indexes(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        with view.database(resource) as connection:
            invalid = [name for (name,) in rows(connection, _INVALID)]
            ((oldest, limit),) = rows(connection, _AGE)
        shown = ", ".join(invalid)
        fault = f"{shown} of {resource.name} is not valid: every change writes into it, and nobody reads it"
        yield saw(f"indexes of {resource.name} that are not valid", shown or "none", fault=fault, unless=not invalid)
        yield saw(
            f"age of the oldest transaction of {resource.name}, where {limit} forces a scan",
            oldest,
            fault=f"vacuum does not keep up in {resource.name}: a transaction is {oldest} old",
            unless=oldest < 1.5 * limit,
        )


def _upkeep(view: View) -> Iterator[Seen]:
    reports = {resource.name: view.upkeep(resource) for resource in databases(view.system)}
    if view.system.backups is None and not any(reports.values()):
        raise DoesNotApplyError("what makes backups keeps databases up, and the file has none")
    for resource in databases(view.system):
        report = reports[resource.name]
        if view.system.backups is not None:
            yield _in_time(view, resource, report)
        if report is not None:
            yield from _without_fault(resource, report)


def _in_time(view: View, resource: Postgres, report: Report | None) -> Seen:
    period = PERIODS.get(resource.upkeep.every)
    asked = f"last upkeep of {resource.name}, which the file wants {resource.upkeep.every}"
    if period is None:
        return saw(asked, "not looked for")
    patience = period.total_seconds() + _SLACK
    if report is None:
        with view.database(resource) as connection:
            ((born,),) = rows(connection, _BORN)
        told = f"none in the {born / _DAY:.1f} days of its data"
        return saw(asked, told, fault=f"{resource.name} was never kept up", unless=born < patience)
    passed = age(report) / _DAY
    fault = f"{resource.name} was last kept up {passed:.0f} days ago"
    return saw(asked, f"{passed:.1f} days ago", fault=fault, unless=passed * _DAY < patience)


def _without_fault(resource: Postgres, report: Report) -> Iterator[Seen]:
    failed = report.error or "; ".join(f"{one.sql}: {one.error}" for one in report.failures)
    done = f"{len(report.actions)} done, {len(report.found)} found, {len(report.left)} left"
    fault = f"the last upkeep of {resource.name} failed: {failed}"
    yield saw(f"what it did in {resource.name}, at {report.begun}", failed or done, fault=fault, unless=not failed)
    for one in report.open:
        fault = f"{one.name} of {resource.name}: {one.what}"
        yield saw(f"what it found in {resource.name}", f"{one.name}: {one.what}", fault=fault)


def _partitions(view: View) -> Iterator[Seen]:
    is_any = False
    for resource in databases(view.system):
        with view.database(resource) as connection:
            found = partitions(connection)
        for one in found:
            is_any = True
            yield saw(
                f"where the partitions of {one.name} end, and whether one takes a row of one period from now",
                f"{one.newest}, {'yes' if one.has_next else 'no'}",
                fault=f"{one.name} has no partition for the next period: they end at {one.newest}",
                unless=one.has_next,
            )
            if one.default:
                fault = f"{one.strays} rows are in {one.default}: the partition that should take them is missing"
                yield saw(f"rows in {one.default}", one.strays, fault=fault, unless=not one.strays)
    if not is_any:
        raise DoesNotApplyError("no table is partitioned by ranges of time")


CHECKS = (
    Check(
        "database.indexes",
        ("DB-10",),
        "every index serves, and vacuum keeps up with transactions",
        Look.INSIDE,
        _indexes,
        has_none,
        next_step="`stackyard db upkeep` drops what failed rebuilds have left, and makes what failed to be made.",
    ),
    Check(
        "database.upkeep",
        ("DB-10",),
        "the database was kept up when it was due, and nothing of that failed",
        Look.FILE,
        _upkeep,
        has_none,
        next_step="`stackyard db upkeep` does it now, and says what it finds.",
    ),
    Check(
        "database.partitions",
        ("DB-07",),
        "tables that are partitioned by time have a partition for the next period, and none of their rows is astray",
        Look.INSIDE,
        _partitions,
        has_none,
        next_step="What makes partitions ahead has to run: a job of the application. Rows of a default partition have "
        "to be moved before the partition that should take them can be made.",
    ),
)
