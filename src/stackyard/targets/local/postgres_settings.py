"""What a PostgreSQL runs with, and how that differs from its files."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from stackyard.errors import PartError
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
_LIMIT = 10.0
"""Seconds for a server to take in its files anew."""


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


def await_taken_in(
    part: str, look: Callable[[], Sequence[Deviation]], restart: Callable[[], None], *, pause: float
) -> None:
    """Wait until a server that was told to read its files runs as they say; restart it where that is not enough.

    `look` tells how it differs still, and is asked every `pause` seconds. Raises PartError.
    """
    deadline = time.monotonic() + _LIMIT
    while left := look():
        if any(one.needs_restart for one in left):
            restart()
            return
        if time.monotonic() > deadline:
            raise PartError(
                part,
                f"{part} does not take in its settings: {left[0].sentence}",
                hint=f"`stackyard restart {part}` starts it with them.",
            )
        time.sleep(pause)
