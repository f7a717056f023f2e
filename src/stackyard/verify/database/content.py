"""What is in a database: extensions, what init scripts made, and the schema that the running code expects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stackyard.model.system import Postgres, Service, System
from stackyard.observe.view import View
from stackyard.resources.postgres.catalog import catalog
from stackyard.resources.postgres.extensions import extension_notes
from stackyard.resources.postgres.reconcile import COMPLETE, RECORD_TABLE
from stackyard.verify.check import Check, Look, Seen, saw
from stackyard.verify.database.asking import databases, has_none, rows

_EXTENSIONS = """
SELECT a.name::text, a.default_version, e.extversion FROM pg_available_extensions a
LEFT JOIN pg_extension e ON e.extname = a.name
"""
_SCRIPTS = f"""
SELECT script, done IS NOT NULL, to_char(begun, 'YYYY-MM-DD HH24:MI:SS.MS'), to_char(done, 'HH24:MI:SS.MS')
FROM {RECORD_TABLE} ORDER BY begun, script
"""


def _extensions(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        wanted = catalog(view.system, resource)
        with view.database(resource) as connection:
            found = {name: (brings, has) for name, brings, has in rows(connection, _EXTENSIONS)}
        for name in wanted.extensions:
            brings, has = found.get(name, ("", None))
            excuse = extension_notes(replace(wanted, extensions=(name,)), dict.fromkeys(found, ""))
            fault = f"the extension {name} is not there" if has is None else f"{name} is {has} and could be {brings}"
            yield saw(
                f"extension {name} of {wanted.database}",
                has or (f"not there, as `up` says: {excuse[0]}" if excuse else "not there"),
                fault=fault,
                unless=bool(excuse) or has == brings != "",
            )


def _init(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        if resource.init is None:
            continue
        with view.database(resource) as connection:
            found = rows(connection, _SCRIPTS)
        for script, is_done, begun, done in found:
            name = "the mark that all have run" if script == COMPLETE else f"init script {script}"
            fault = f"{name} of {resource.name} was begun and not finished"
            yield saw(f"{name} of {resource.name}", f"begun {begun}, done {done}", fault=fault, unless=is_done)
        yield from once_in_order(resource, [str(row[0]) for row in found])


def once_in_order(resource: Postgres, ran: list[str]) -> Iterator[Seen]:
    """What the record of init scripts says about their order, and whether any could run again."""
    scripts = [name for name in ran if name != COMPLETE]
    fault = f"the init scripts of {resource.name} did not run in the order of their names"
    yield saw(
        f"order of the init scripts of {resource.name}",
        ", ".join(scripts),
        fault=fault,
        unless=scripts == sorted(scripts),
    )
    is_closed = ran[-1:] == [COMPLETE]
    yield saw(
        f"would an init script of {resource.name} run again?",
        "no: the database is marked as made" if is_closed else "yes",
        fault=f"the database of {resource.name} is not marked as made: init scripts would run again",
        unless=is_closed,
    )


def _migrations(view: View) -> Iterator[Seen]:
    for service in _migrating(view.system):
        marks = dict(view.migrated(service))
        migrated = marks.pop("")
        for name, running in marks.items():
            yield saw(
                f"code of {name}, and the code whose `{' '.join(service.migrate)}` was run last",
                f"{running[:12]}, {migrated[:12] or 'none'}",
                fault=f"{name} runs code whose migration was not run",
                unless=bool(running) and running == migrated,
            )


def _migrating(system: System) -> tuple[Service, ...]:
    names = {one.name for one in databases(system)}
    return tuple(one for one in system.services if one.migrate and names & {need.name for need in one.needs})


def _runs_none(system: System) -> str:
    none = has_none(system)
    return none or ("" if any(one.init for one in databases(system)) else "the file names no init scripts")


def _migrates_nothing(system: System) -> str:
    return has_none(system) or ("" if _migrating(system) else "no service migrates a database")


CHECKS = (
    Check(
        "database.extensions",
        ("DB-01",),
        "the extensions that the file names are installed, as new as the server brings them",
        Look.INSIDE,
        _extensions,
        has_none,
    ),
    Check(
        "database.init",
        ("TOP-11",),
        "the init scripts have run once, in the order of their names",
        Look.INSIDE,
        _init,
        _runs_none,
        next_step="Look at the database with `stackyard db shell`. When all of it is there, run as the superuser: "
        f"UPDATE {RECORD_TABLE} SET done = now() WHERE done IS NULL. Begin anew with `stackyard clean --data`.",
    ),
    Check(
        "database.migrations",
        ("DB-08",),
        "the code that runs is the code whose migration was run",
        Look.FILE,
        _migrations,
        _migrates_nothing,
    ),
)
