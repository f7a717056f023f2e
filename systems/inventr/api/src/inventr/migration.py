"""Running the migrations with Alembic, in one transaction and one at a time."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from inventr import sample
from stackyard_kit.database import DatabaseAwayError, create_engine
from stackyard_kit.settings import CommandSettings

log = logging.getLogger(__name__)

# Any number will do, as long as it stays the same: it is the name of the lock that migrations take.
_LOCK = 7_215_001


def migrate_or_explain(settings: CommandSettings, revision: str = "head") -> int:
    """Migrate to `revision` and return the exit code: 0, or 1 after a line in the log that says why."""
    try:
        asyncio.run(migrate(settings, revision))
    except DatabaseAwayError as failure:
        log.error("the database does not answer", extra={"fields": {"failure": str(failure)}})
        return 1
    except (SQLAlchemyError, CommandError) as failure:
        log.error("the migration failed and was rolled back", exc_info=failure)
        return 1
    return 0


async def migrate(settings: CommandSettings, revision: str) -> None:
    """Migrate to `revision`; at the head, load samples where they belong.

    "base", "-1" and the like go back. Raises DatabaseAwayError, SQLAlchemyError or CommandError.
    """
    engine = create_engine(settings.database_url, application="inventr migrate", limit=1)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("select pg_advisory_xact_lock(:number)"), {"number": _LOCK})
            await connection.run_sync(_run, revision)
            if settings.environment != "production" and revision == "head":
                await connection.run_sync(sample.load_if_empty)
    finally:
        await engine.dispose()


def _run(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    go = command.downgrade if revision == "base" or revision.startswith("-") else command.upgrade
    go(config, revision)
