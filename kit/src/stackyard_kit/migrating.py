"""Running migrations with Alembic: all in one transaction, one run at a time, forward and back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from stackyard_kit.database import DatabaseAwayError, create_engine
from stackyard_kit.migrations import Migrations
from stackyard_kit.settings import Secret

log = logging.getLogger(__name__)

_LOCK_NOT_AVAILABLE = "55P03"

Fill = Callable[[Connection], None]


def run_environment(metadata: MetaData) -> None:
    """The whole env.py of a folder of migrations, given the tables as they leave them.

    Alembic imports env.py; it works over the connection that `migrate` hands in.
    """
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


def migrate_or_explain(url: Secret, migrations: Migrations, revision: str = "head", *, fill: Fill | None = None) -> int:
    """Migrate to `revision` and return the exit code: 0, or 1 after a line in the log that says why."""
    try:
        asyncio.run(migrate(url, migrations, revision, fill=fill))
    except DatabaseAwayError as failure:
        log.error("the database does not answer", extra={"fields": {"failure": str(failure)}})
        return 1
    except (SQLAlchemyError, CommandError) as failure:
        log.error("the migration failed and was rolled back", exc_info=failure)
        return 1
    return 0


async def migrate(url: Secret, migrations: Migrations, revision: str = "head", *, fill: Fill | None = None) -> None:
    """Migrate forward or back to `revision` ("head", "base", "-1", or one by name), then call `fill`, or do nothing.

    It is one transaction: what fails leaves nothing, and what cannot be part of one (CREATE INDEX CONCURRENTLY) is not
    for here. Runs at the same time come one after the other. Raises DatabaseAwayError, SQLAlchemyError or CommandError.
    """
    engine = create_engine(url, application=f"{migrations.name} migrate", limit=1, patience=None)
    try:
        for attempt in range(1, migrations.tries + 1):
            try:
                await _attempt(engine, migrations, revision, fill)
                return
            except DBAPIError as failure:
                if attempt == migrations.tries or str(getattr(failure.orig, "sqlstate", "")) != _LOCK_NOT_AVAILABLE:
                    raise
                log.warning("a table is in use, trying again", extra={"fields": {"attempt": attempt}})
    finally:
        await engine.dispose()


async def _attempt(engine: AsyncEngine, migrations: Migrations, revision: str, fill: Fill | None) -> None:
    async with engine.begin() as connection:
        # For the other run we wait as long as it takes; for a lock of somebody who works, only a moment.
        key = {"key": f"migrations of {migrations.name}"}
        await connection.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), key)
        await connection.execute(text(f"set local lock_timeout = {int(migrations.lock_seconds * 1000)}"))
        await connection.run_sync(_go, migrations, revision)
        if fill is not None:
            await connection.run_sync(fill)


def _go(connection: Connection, migrations: Migrations, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    back = revision == "base" or revision.startswith("-") or _is_behind(connection, config, revision)
    (command.downgrade if back else command.upgrade)(config, revision)


def _is_behind(connection: Connection, config: Config, revision: str) -> bool:
    now = MigrationContext.configure(connection).get_current_revision()
    if now is None or revision in ("head", "heads", now):
        return False
    scripts = ScriptDirectory.from_config(config)
    return any(one.revision == revision for one in scripts.iterate_revisions(now, "base"))
