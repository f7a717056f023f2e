"""The major versions of databases: that of the data in place, whatever version the file names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from stackyard.model.system import Postgres, System
from stackyard.model.values import Version


def as_in_place(system: System, found: Callable[[Postgres], Postgres | None]) -> System:
    """The system with each database as its data is, for the file may be ahead or behind.

    `found` says how a database has to be, None where the file is right.
    """
    return replace(
        system,
        resources=tuple((isinstance(one, Postgres) and found(one)) or one for one in system.resources),
    )


def of_version(resource: Postgres, version: int) -> Postgres | None:
    """The database in that major version, None where nobody knows one (0), or the file names it."""
    named = 0 if resource.version.at_least else resource.version.numbers[0]
    return None if version in (0, named) else replace(resource, version=Version((version,)))
