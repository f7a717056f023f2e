"""Extensions: which are missing, which are old, and which this server does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from stackyard.errors import PartError
from stackyard.resources.postgres.catalog import Catalog
from stackyard.resources.postgres.sql import identifier
from stackyard.resources.postgres.statement import Statement

_WITHOUT = {
    "timescaledb": "TimescaleDB is not on this server: tables are partitioned natively instead",
    "pg_stat_statements": "pg_stat_statements is not on this server: `stackyard db stats` cannot name slow queries",
}
"""What we can do without, and what that means."""


def extension_notes(desired: Catalog, available: Mapping[str, str]) -> tuple[str, ...]:
    """What people should know: the extensions done without, a sentence each."""
    return tuple(_WITHOUT[name] for name in desired.extensions if name in _WITHOUT and name not in available)


def extension_changes(
    desired: Catalog, available: Mapping[str, str], installed: Mapping[str, str]
) -> Iterator[Statement]:
    """Create what is missing and update what is old. Raises PartError for extensions that the server does not have."""
    wanted = [name for name in desired.extensions if name in available or name not in _WITHOUT]
    lacking = [name for name in wanted if name not in available]
    if lacking:
        raise _lacking(desired, lacking, available)
    for name in wanted:
        subject = f"extension {name}"
        if name not in installed:
            yield Statement(f"CREATE EXTENSION {identifier(name)} CASCADE", subject, "it was missing")
        elif _numbers(available[name]) > _numbers(installed[name]):
            cause = f"the server brings {available[name]}, the database has {installed[name]}"
            yield Statement(f"ALTER EXTENSION {identifier(name)} UPDATE", subject, cause)


def _lacking(desired: Catalog, names: list[str], available: Mapping[str, str]) -> PartError:
    noun = "extension" if len(names) == 1 else "extensions"
    return PartError(
        desired.resource,
        f"{desired.position}: the PostgreSQL of `{desired.resource}` does not have the {noun} {', '.join(names)}",
        hint="Install the package that brings it for this version, or take it out of `extensions`.",
        details=(f"it has: {', '.join(sorted(available))}",),
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))
