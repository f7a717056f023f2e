"""SQL that stands in files beside the migrations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection

_FOLDER = Path(__file__).parent / "sql"


def run(connection: Connection, name: str, **texts: str) -> None:
    """Run the statements of `name`.sql, with {places} in them filled when `texts` are given."""
    script = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    execute(connection, script.format(**texts) if texts else script)


def execute(connection: Connection, script: str) -> None:
    """Run many statements in one text: only the driver itself takes such."""
    driver: Any = connection.connection.dbapi_connection
    driver.run_async(lambda own: own.execute(script))
