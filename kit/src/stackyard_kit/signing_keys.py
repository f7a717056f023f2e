"""`python -m stackyard_kit.signing_keys [list | rotate | withdraw KID]`: what an operator does with signing keys.

In the environment of the service, as `stackyard run api -- python -m stackyard_kit.signing_keys rotate` gives it.
`list` is what no argument means. Nothing that is shown could sign. The exit code is 0 when done, 1 when the database
refused or has no such key, 2 when the environment or the arguments are wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import MetaData, Row, select
from sqlalchemy.exc import SQLAlchemyError

from stackyard_kit.database import Database, DatabaseAwayError
from stackyard_kit.keystore import SigningKeys, signing_key_table
from stackyard_kit.settings import Settings, SettingsError

_TABLE = signing_key_table(MetaData())


class _NoSuchKeyError(Exception):
    """There is no key of this name."""


def run_command(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run it, and return the exit code."""
    wanted = _arguments(arguments)
    try:
        settings = Settings.from_environment(environment)
    except SettingsError as error:
        sys.stderr.write(f"signing_keys: {error}\n")
        return 2
    try:
        sys.stdout.write(asyncio.run(_do(settings, wanted.verb, getattr(wanted, "kid", ""))))
    except _NoSuchKeyError as error:
        sys.stderr.write(f"signing_keys: {error}\n")
        return 1
    except (DatabaseAwayError, SQLAlchemyError) as failure:
        # Only its kind: what a driver says may hold the address with its password.
        sys.stderr.write(f"signing_keys: the database does not do it ({type(failure).__name__})\n")
        return 1
    return 0


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="signing_keys", description="The signing keys of a service.")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    parser.set_defaults(verb="list")
    verbs.add_parser("list", help="what keys there are, and until when each signs and verifies")
    verbs.add_parser("rotate", help="let a new key sign; what the old one signed stays good")
    verbs.add_parser("withdraw", help="make all that a key signed worthless").add_argument("kid")
    return parser.parse_args(given)


async def _do(settings: Settings, verb: str, kid: str) -> str:
    database = Database(settings.database_url, application="signing keys", limit=2)
    keys = SigningKeys(database, _TABLE, settings.jwt_secret)
    try:
        async with database.transaction() as session:
            rows = (await session.execute(select(_TABLE).order_by(_TABLE.c.signs_from))).all()
            if verb == "rotate":
                return f"{await keys.rotate(session)} signs half a minute from now\n"
            if verb == "withdraw":
                if kid not in {row.kid for row in rows}:
                    raise _NoSuchKeyError(f"there is no key {kid}: `list` shows those that there are")
                await keys.withdraw(session, kid)
                return f"{kid} is withdrawn: within 10 seconds nothing that it signed is good any more\n"
        return "".join(map(_line, rows)) or "no keys yet: the service makes the first when it needs one\n"
    finally:
        await keys.close()
        await database.close()


def _line(row: Row[tuple[object, ...]]) -> str:
    now = datetime.now(UTC)
    state = "next" if now < row.signs_from else "signs" if now < row.signs_until else "verifies"
    if now >= row.good_until:
        state = "over"
    signs, good = (f"{moment:%Y-%m-%d %H:%M}" for moment in (row.signs_until, row.good_until))
    return f"{row.kid}  {state:8}  signs until {signs}  good until {good} UTC\n"


if __name__ == "__main__":
    sys.exit(run_command(sys.argv[1:], os.environ))
