"""What a PostgreSQL runs with, and how that differs from its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stackyard.resources.postgres.running import Deviation, Setting, deviations, parse

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_RUNNING = """
SELECT lower(name), reset_val, vartype, coalesce(unit, ''), context, coalesce(sourcefile, ''), pending_restart
FROM pg_settings WHERE reset_val IS NOT NULL
"""
_OVERRIDES = "SELECT lower(name), setting FROM pg_file_settings WHERE sourcefile <> %s AND name IS NOT NULL"
_LOADED = "SELECT extract(epoch FROM pg_conf_load_time())"


def differences(connection: Connection, config: str, file: str) -> tuple[Deviation, ...]:
    """How the server runs otherwise than `config` says, the text of the file that it knows as `file`.

    The connection is the superuser's.
    """
    rows = connection.execute(_RUNNING).fetchall()
    running = {str(row[0]): Setting(*row[1:]) for row in rows}
    overrides: dict[str, str] = dict(connection.execute(_OVERRIDES, (file,)).fetchall())
    return tuple(deviations(parse(config), running, file, overrides))


def loaded(connection: Connection) -> float:
    """When the server last read its files, in seconds of the epoch."""
    (moment,) = connection.execute(_LOADED).fetchone() or (0,)
    return float(moment)
