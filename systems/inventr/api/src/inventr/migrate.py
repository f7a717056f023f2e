"""`python -m inventr.migrate [REVISION]`: bring the schema to a revision ("head" when none is named).

Outside of production an empty database then gets sample data. Two of these at once wait for one another.
Every start runs this, so the usual case, that nothing is to be done, is found out without Alembic.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import re
import sys
from pathlib import Path

import asyncpg

from stackyard_kit import logs
from stackyard_kit.probes import connect_postgres
from stackyard_kit.settings import CommandSettings, SettingsError

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"


def head() -> str:
    """The newest revision, by the files alone."""
    texts = [path.read_text(encoding="utf-8") for path in (MIGRATIONS / "versions").glob("*.py")]
    revisions = {match[1] for text in texts if (match := re.search(r'^revision = "(\w+)"', text, re.M))}
    followed = {match[1] for text in texts if (match := re.search(r'^down_revision = "(\w+)"', text, re.M))}
    (newest,) = revisions - followed
    return newest


async def is_done(settings: CommandSettings) -> bool:
    """Whether the schema is at its head and no sample data is wanted. Raises OSError or asyncpg.PostgresError."""
    connection = await connect_postgres(settings.database_url, "inventr migrate")
    try:
        if await connection.fetchval("select to_regclass('alembic_version')") is None:
            return False
        at_head = await connection.fetchval("select version_num from alembic_version") == head()
        return at_head and (
            settings.environment == "production" or await connection.fetchval("select 1 from users limit 1") == 1
        )
    finally:
        await connection.close(timeout=2)


def main(arguments: list[str]) -> int:
    """Run it; the exit code is 0 when done, 1 when the database refused, 2 when the environment is not complete."""
    try:
        settings = CommandSettings.from_environment(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"inventr.migrate: {error}\n")
        return 2
    logs.configure("inventr-migrate", settings.log_level)
    try:
        if not arguments and asyncio.run(is_done(settings)):
            log.info("the schema is up to date", extra={"fields": {"revision": head()}})
            return 0
    except (OSError, asyncpg.PostgresError) as failure:
        log.error("the database does not answer", extra={"fields": {"failure": type(failure).__name__}})
        return 1
    # What is imported from here on is no garbage; looking for some would take a fifth of the time.
    gc.disable()
    if not arguments and settings.environment != "production":
        from inventr import sample_password

        # On another processor, while Alembic is imported here.
        sample_password.digest()
    from inventr.migration import migrate_or_explain

    return migrate_or_explain(settings, *arguments[:1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
