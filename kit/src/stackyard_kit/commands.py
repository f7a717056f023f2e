"""What commands of a service for its operator have in common: the environment, the database, and how they end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.exc import SQLAlchemyError

from stackyard_kit.database import Database, DatabaseAwayError
from stackyard_kit.settings import Settings, SettingsError

Work = Callable[[Settings, Database], Awaitable[str]]
"""What a command does; it returns what is to be shown."""


class RefusedError(Exception):
    """What was asked for cannot be done; the text is one sentence for the operator."""


def run(name: str, environment: Mapping[str, str], work: Work) -> int:
    """Do it and show what it says. The exit code is 0 when done, 1 when it was refused or the database did not do it,
    2 when the environment is not complete.
    """
    try:
        settings = Settings.from_environment(environment)
        sys.stdout.write(asyncio.run(_do(name, settings, work)))
    except SettingsError as error:
        return _complain(name, str(error), 2)
    except RefusedError as error:
        return _complain(name, str(error), 1)
    except (DatabaseAwayError, SQLAlchemyError) as failure:
        # Only its kind: what a driver says may hold the address with its password, or values of rows.
        return _complain(name, f"the database does not do it ({type(failure).__name__})", 1)
    return 0


async def _do(name: str, settings: Settings, work: Work) -> str:
    database = Database(settings.database_url, application=name, limit=2)
    try:
        return await work(settings, database)
    finally:
        await database.close()


def _complain(name: str, sentence: str, code: int) -> int:
    sys.stderr.write(f"{name}: {sentence}\n")
    return code
