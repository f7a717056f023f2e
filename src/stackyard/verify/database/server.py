"""What the server runs with: settings, durability, vacuum, statistics and the log of slow queries."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator

from stackyard.model.system import Postgres
from stackyard.observe.view import View
from stackyard.resources.postgres import stats
from stackyard.resources.postgres.catalog import catalog, monitor_role
from stackyard.resources.postgres.config import CONFIG
from stackyard.resources.postgres.running import Setting, deviations, parse
from stackyard.verify.check import Check, DoesNotApplyError, Look, Seen, saw
from stackyard.verify.database.asking import databases, has_none, over_tcp, rows, users

_SETTINGS = """
SELECT lower(name), reset_val, vartype, coalesce(unit, ''), context, coalesce(sourcefile, ''), pending_restart
FROM pg_settings WHERE reset_val IS NOT NULL AND source NOT IN ('database', 'user', 'database user')
"""
_BESIDE = "SELECT lower(name), setting FROM pg_file_settings WHERE sourcefile <> %s AND name IS NOT NULL"
_SHOWN = (
    "max_connections", "shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem",
    "random_page_cost", "effective_io_concurrency", "max_wal_size", "checkpoint_timeout",
)  # fmt: skip
_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
_OFF = ("off", "false", "no", "0")

_VACUUM = """
SELECT current_setting('autovacuum'), current_setting('track_counts'),
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum launcher'),
       ARRAY(SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
                 pg_options_to_table(c.reloptions) o
             WHERE o.option_name = 'autovacuum_enabled' AND NOT o.option_value::bool),
       (SELECT count(*) FROM pg_stat_user_tables WHERE last_autovacuum IS NOT NULL OR last_autoanalyze IS NOT NULL)
"""

_PROBE = "SELECT 1 AS stackyard_verify"
_CALLS = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements WHERE query = 'SELECT $1 AS stackyard_verify'"

_LONGEST = 1.0
"""Seconds up to which we are slow on purpose."""
_PATIENCE = 5.0
"""Seconds for a line to reach the log."""


def _settings(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        wanted = parse(view.rendered(resource.name).get(str(CONFIG), ""))
        file = f"{view.config(resource.name).inside}/{CONFIG}"
        with view.database(resource) as connection:
            running = {row[0]: Setting(*row[1:]) for row in rows(connection, _SETTINGS)}
            beside: dict[str, str] = dict(rows(connection, _BESIDE, (file,)))
        for name in (one for one in _SHOWN if one in running):
            yield saw(f"{name} of {resource.name}, {wanted.get(name)} by the file", _shown(running[name]))
        found = list(deviations(wanted, running, file, beside))
        asked = f"pg_settings of {resource.name} beside the {len(wanted)} of {file}"
        if not found:
            yield saw(asked, f"{sum(name in running for name in wanted)} as they should be, none waits for a restart")
        for one in found:
            yield saw(asked, one.sentence, fault=f"{resource.name}: {one.sentence}")


def _shown(setting: Setting) -> str:
    return f"{setting.value} x {setting.unit}" if setting.unit else setting.value


def _durability(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        given = {name.lower(): value.strip("' ").lower() for name, value in resource.settings.items()}
        names = [name for name in _DURABLE if given.get(name, "on") not in _OFF]
        if not names:
            raise DoesNotApplyError(f"the file itself turns {', '.join(_DURABLE)} off for {resource.name}")
        database = catalog(view.system, resource).database
        for _, role, _ in users(view.system, resource):
            with over_tcp(view, resource, role, database) as own:
                for name in names:
                    ((value,),) = rows(own, f"SHOW {name}")
                    fault = f"{name} is {value} for {role}: what was acknowledged may be lost"
                    yield saw(f"as {role}: SHOW {name}", value, fault=fault, unless=value != "off")
        with view.database(resource) as connection:
            ((value,),) = rows(connection, "SHOW data_checksums")
        fault = f"{resource.name} has no checksums: a broken disk is not noticed"
        yield saw(f"SHOW data_checksums of {resource.name}", value, fault=fault, unless=value == "on")


def _vacuum(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        with view.database(resource) as connection:
            ((on, counts, launchers, without, done),) = rows(connection, _VACUUM)
        is_on = on == "on" and counts == "on"
        yield saw(
            f"autovacuum and track_counts of {resource.name}",
            f"{on}, {counts}",
            fault=f"{resource.name} vacuums nothing by itself",
            unless=is_on,
        )
        yield saw(
            f"autovacuum launchers of {resource.name}; it has seen to {done} tables so far",
            launchers,
            fault=f"no autovacuum runs in {resource.name}",
            unless=launchers == 1 or not is_on,
        )
        yield saw(
            f"tables of {resource.name} that are left out",
            ", ".join(without) or "none",
            fault=f"{', '.join(without)} is never vacuumed",
            unless=not without,
        )


def _slow_queries(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        database = catalog(view.system, resource).database
        for _, role, _ in users(view.system, resource):
            with over_tcp(view, resource, role, database) as own:
                ((value,),) = rows(
                    own, "SELECT setting::int FROM pg_settings WHERE name = 'log_min_duration_statement'"
                )
            is_right = 0 <= value <= round(resource.slow_query * 1000)
            fault = f"queries of {role} that take longer than {resource.slow_query:g} s are not logged"
            shown = f"{value} ms" if value >= 0 else "off"
            yield saw(f"as {role}: log_min_duration_statement", shown, fault=fault, unless=is_right)
        if resource.slow_query <= _LONGEST:
            yield _is_logged(view, resource)


def _is_logged(view: View, resource: Postgres) -> Seen:
    mark = f"stackyard-verify {secrets.token_hex(6)}"
    sql = f"SELECT pg_sleep({resource.slow_query + 0.05:.2f}) /* {mark} */"
    with view.database(resource) as connection:
        connection.execute(b"SELECT set_config('pg_stat_statements.track', 'none', false)")
        connection.execute(sql.encode())
    deadline = time.monotonic() + _PATIENCE
    found = ""
    while not found and time.monotonic() < deadline:
        lines = view.logs([resource.name], n=200)
        found = next((one.line for one in lines if mark in one.line and "duration:" in one.line), "")
        if not found:
            time.sleep(0.05)
    return saw(
        sql,
        found or f"no line in the log of {resource.name} within {_PATIENCE:g} s",
        fault=f"a query of {resource.slow_query + 0.05:.2f} s is not in the log of {resource.name}",
        unless=bool(found),
    )


def _statements(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        database, role = catalog(view.system, resource).database, monitor_role(view.system)
        with view.database(resource) as connection:
            if not rows(connection, "SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements'"):
                raise DoesNotApplyError("pg_stat_statements is not on this server, as `up` says")
            if not rows(connection, "SELECT FROM pg_extension WHERE extname = 'pg_stat_statements'"):
                what = "pg_stat_statements is not installed: nobody knows which queries are slow"
                yield saw(f"extensions of {resource.name}", "no pg_stat_statements", fault=what)
                continue
        with over_tcp(view, resource, role, database) as own:
            ((before,),) = rows(own, _CALLS)
            own.execute(_PROBE.encode())
            ((after,),) = rows(own, _CALLS)
            ((mean,),) = rows(own, stats.AVERAGE)
        yield saw(
            f"as {role}: {_PROBE}; calls of it before and after",
            f"{before}, {after}",
            fault=f"{resource.name} does not count its queries",
            unless=after > before,
        )
        yield saw(f"mean time of all queries of {database} so far", f"{mean:.2f} ms" if mean is not None else "none")


CHECKS = (
    Check(
        "database.settings",
        ("DB-04",),
        "the server runs with the settings that follow from its memory and disk, and with no others",
        Look.INSIDE,
        _settings,
        has_none,
    ),
    Check(
        "database.durability",
        ("TOP-02",),
        "what the database has acknowledged is on the disk, and checked when it is read",
        Look.INSIDE,
        _durability,
        has_none,
        next_step="`stackyard up` takes such settings back. Checksums are switched on with pg_checksums, in a database "
        "that is stopped.",
    ),
    Check(
        "database.autovacuum", ("DB-10", "DB-04"), "tables are vacuumed and analysed", Look.INSIDE, _vacuum, has_none
    ),
    Check(
        "database.slow-queries", ("DB-04", "DB-09"), "slow queries are in the log", Look.LOG, _slow_queries, has_none
    ),
    Check(
        "database.statements",
        ("DB-09",),
        "the server counts its queries and their time",
        Look.INSIDE,
        _statements,
        has_none,
    ),
)
