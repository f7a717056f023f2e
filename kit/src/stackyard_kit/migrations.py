"""Migrations as a command: the usual case, that nothing is to be done, is found out without loading Alembic.

    MIGRATIONS = Migrations("shop", Path(__file__).parent / "migrations")      # with env.py and versions/

    if __name__ == "__main__":
        sys.exit(run_command(MIGRATIONS, sys.argv[1:], os.environ))

    python -m shop.migrate            # to the head
    python -m shop.migrate 0003       # forward or back to a revision; "-1" one step back, "base" back to nothing
    python -m shop.migrate status     # where it is, and where its head is

The database's owner runs it, before the new code takes traffic. The running is in `migrating`. Extra: `[migrations]`.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard_kit import logs
from stackyard_kit.probes import connect_postgres
from stackyard_kit.settings import CommandSettings, SettingsError

if TYPE_CHECKING:
    import asyncpg
    from sqlalchemy import Connection

log = logging.getLogger(__name__)

_REVISION = re.compile(r"""^revision(?:\s*:[^=]+)?\s*=\s*["'](\w+)["']""", re.M)
_FOLLOWS = re.compile(r"""^down_revision(?:\s*:[^=]+)?\s*=\s*["'](\w+)["']""", re.M)


class MigrationsError(Exception):
    """The files are not one line of revisions."""


@dataclass(frozen=True)
class Migrations:
    """The migrations of one schema: `folder` has Alembic's env.py and versions/.

    A statement waits at most `lock_seconds` for a lock that others hold, so that they do not queue behind it; the whole
    is tried again `tries` times in all.
    """

    name: str
    folder: Path
    lock_seconds: float = 5.0
    tries: int = 3

    def head(self) -> str:
        """The newest revision, by the files alone. Raises MigrationsError when there is not exactly one."""
        texts = [path.read_text(encoding="utf-8") for path in sorted((self.folder / "versions").glob("*.py"))]
        revisions = {match[1] for text in texts if (match := _REVISION.search(text))}
        followed = {match[1] for text in texts if (match := _FOLLOWS.search(text))}
        newest = sorted(revisions - followed)
        if len(newest) != 1:
            raise MigrationsError(f"{self.name} has {len(newest)} newest revisions: {', '.join(newest) or 'none'}")
        return newest[0]


@dataclass(frozen=True)
class Samples:
    """Rows for an empty schema outside of production, in the transaction of the migration.

    `are_there` is asked with the schema at its head. `load` is called once, before Alembic is imported, and gives what
    inserts the rows.
    """

    are_there: Callable[[asyncpg.Connection[Any]], Awaitable[bool]]
    load: Callable[[], Callable[[Connection], None]]


async def current(connection: asyncpg.Connection[Any]) -> str | None:
    """The revision of the schema, or None before the first migration."""
    if await connection.fetchval("select to_regclass('alembic_version')") is None:
        return None
    revision: str | None = await connection.fetchval("select version_num from alembic_version")
    return revision


def run_command(
    migrations: Migrations, arguments: Sequence[str], environment: Mapping[str, str], *, samples: Samples | None = None
) -> int:
    """Run it; the exit code is 0 when done, 1 when the database refused, 2 when the environment is not complete."""
    import asyncpg

    try:
        settings = CommandSettings.from_environment(environment)
    except SettingsError as error:
        sys.stderr.write(f"{migrations.name} migrate: {error}\n")
        return 2
    logs.configure(f"{migrations.name}-migrate", settings.log_level)
    wanted = samples if settings.environment != "production" else None
    target = arguments[0] if arguments else "head"
    try:
        if target in ("head", "status"):
            now, complete = asyncio.run(_look(settings, migrations, wanted))
            if target == "status":
                sys.stdout.write(f"at {now or 'base'}, head {migrations.head()}\n")
                return 0
            if complete:
                log.info("the schema is up to date", extra={"fields": {"revision": now}})
                return 0
    except (OSError, asyncpg.PostgresError) as failure:
        log.error("the database does not answer", extra={"fields": {"failure": type(failure).__name__}})
        return 1
    # What is imported from here on is no garbage; looking for some would take a fifth of the time.
    gc.disable()
    fill = wanted.load() if wanted and target == "head" else None
    from stackyard_kit.migrating import migrate_or_explain

    return migrate_or_explain(settings.database_url, migrations, target, fill=fill)


async def _look(settings: CommandSettings, migrations: Migrations, samples: Samples | None) -> tuple[str | None, bool]:
    connection = await connect_postgres(settings.database_url, f"{migrations.name} migrate")
    try:
        now = await current(connection)
        complete = now == migrations.head() and (samples is None or await samples.are_there(connection))
        return now, complete
    finally:
        await connection.close(timeout=2)
