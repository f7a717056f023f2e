"""`python -m stackyard_kit.signing_keys [list | rotate | withdraw KID]`: what an operator does with signing keys.

In the environment of the service, as `stackyard run api -- python -m stackyard_kit.signing_keys rotate` gives it.
`list` is what no argument means. Nothing that is shown could sign. Exit codes are those of `commands.run`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import MetaData, Row, select

from stackyard_kit import commands
from stackyard_kit.database import Database
from stackyard_kit.keystore import SigningKeys, signing_key_table
from stackyard_kit.settings import Settings

_TABLE = signing_key_table(MetaData())


def run_command(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run it, and return the exit code."""
    wanted = _arguments(arguments)

    async def work(settings: Settings, database: Database) -> str:
        keys = SigningKeys(database, _TABLE, settings.jwt_secret)
        try:
            return await _do(database, keys, wanted.verb, getattr(wanted, "kid", ""))
        finally:
            await keys.close()

    return commands.run("signing_keys", environment, work)


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="signing_keys", description="The signing keys of a service.")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    parser.set_defaults(verb="list")
    verbs.add_parser("list", help="what keys there are, and until when each signs and verifies")
    verbs.add_parser("rotate", help="let a new key sign; what the old one signed stays good")
    verbs.add_parser("withdraw", help="make all that a key signed worthless").add_argument("kid")
    return parser.parse_args(given)


async def _do(database: Database, keys: SigningKeys, verb: str, kid: str) -> str:
    async with database.transaction() as session:
        rows = (await session.execute(select(_TABLE).order_by(_TABLE.c.signs_from))).all()
        if verb == "rotate":
            return f"{await keys.rotate(session)} signs half a minute from now\n"
        if verb == "withdraw":
            if kid not in {row.kid for row in rows}:
                raise commands.RefusedError(f"there is no key {kid}: `list` shows those that there are")
            await keys.withdraw(session, kid)
            return f"{kid} is withdrawn: within 10 seconds nothing that it signed is good any more\n"
    return "".join(map(_line, rows)) or "no keys yet: the service makes the first when it needs one\n"


def _line(row: Row[tuple[object, ...]]) -> str:
    now = datetime.now(UTC)
    state = "next" if now < row.signs_from else "signs" if now < row.signs_until else "verifies"
    if now >= row.good_until:
        state = "over"
    signs, good = (f"{moment:%Y-%m-%d %H:%M}" for moment in (row.signs_until, row.good_until))
    return f"{row.kid}  {state:8}  signs until {signs}  good until {good} UTC\n"


if __name__ == "__main__":
    sys.exit(run_command(sys.argv[1:], os.environ))
