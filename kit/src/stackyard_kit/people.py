"""Who may sign in, as an operator says it: the first person of a new system, a lost password, somebody who leaves.

    PEOPLE = People(User.__table__, identity_tables, roles=("clerk", "manager", "admin"))   # python -m shop.people
    sys.exit(run_command(PEOPLE, sys.argv[1:], os.environ))

In the environment of the service, as `stackyard run api -- python -m shop.people add mia@shop.example --name Mia
--role admin` gives it. A password is asked for, or is the first line of the standard input: never an argument, which
everybody on the machine could read. A new password, another role and a closed account end all sessions of the person.
"""

from __future__ import annotations

import argparse
import getpass
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from stackyard_kit import commands, passwords
from stackyard_kit.commands import RefusedError
from stackyard_kit.database import Database
from stackyard_kit.identity import IdentityTables
from stackyard_kit.refresh import RefreshTokens
from stackyard_kit.revocation import EndedSessions
from stackyard_kit.settings import SHORTEST_PASSWORD, Settings

_ACTOR = "operator"


@dataclass(frozen=True)
class People:
    """A service's table of users: `id`, `email` in lower case, `name`, `role`, `password_hash`, and `active` if it has
    that; the tables of its sign-in; and its roles, the least first.
    """

    users: Table
    identity: IdentityTables
    roles: tuple[str, ...]


def run_command(people: People, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run it, and return the exit code of `commands.run`."""
    wanted = _arguments(people, arguments)

    async def work(settings: Settings, database: Database) -> str:
        del settings
        digest = passwords.digest(_password()) if wanted.verb in ("add", "password") else ""
        async with database.transaction(actor=_ACTOR) as session:
            return await _Desk(people, database, session).do(wanted, digest)

    return commands.run("people", environment, work)


def _arguments(people: People, given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="people", description="Who may sign in.")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    parser.set_defaults(verb="list")
    verbs.add_parser("list", help="who there is")
    add = verbs.add_parser("add", help="let somebody sign in; the password is asked for")
    password = verbs.add_parser("password", help="give somebody a new password; all sessions end")
    role = verbs.add_parser("role", help="give somebody another role; all sessions end")
    named = [add, password, role]
    if "active" in people.users.c:
        named += [
            verbs.add_parser("close", help="let somebody sign in no more; all sessions end"),
            verbs.add_parser("open", help="let somebody sign in again"),
        ]
    for each in named:
        each.add_argument("email", type=str.lower)
    add.add_argument("--name", required=True)
    add.add_argument("--role", required=True, choices=people.roles)
    role.add_argument("role", choices=people.roles)
    return parser.parse_args(given)


def _password() -> str:
    if not sys.stdin.isatty():
        word = sys.stdin.readline().rstrip("\r\n")
    else:
        word = getpass.getpass("Password: ")
        if getpass.getpass("The same again: ") != word:
            raise RefusedError("the two are not the same: nothing was changed")
    if len(word) < SHORTEST_PASSWORD:
        raise RefusedError(f"a password has {SHORTEST_PASSWORD} characters at least: nothing was changed")
    return word


class _Desk:
    """What is done in one transaction."""

    def __init__(self, people: People, database: Database, session: AsyncSession) -> None:
        self._people = people
        self._users = people.users
        self._database = database
        self._session = session

    async def do(self, wanted: argparse.Namespace, digest: str) -> str:
        """Do it, and say what came of it."""
        match wanted.verb:
            case "list":
                return await self._list()
            case "add":
                return await self._add(wanted, digest)
            case "password":
                await self._change(wanted.email, password_hash=digest)
                return f"{wanted.email} has a new password; all sessions have ended\n"
            case "role":
                await self._change(wanted.email, role=wanted.role)
                return f"{wanted.email} is {wanted.role} now; all sessions have ended\n"
            case "close":
                await self._change(wanted.email, active=False)
                return f"{wanted.email} can sign in no more; all sessions have ended\n"
            case _:
                await self._change(wanted.email, active=True)
                return f"{wanted.email} can sign in again\n"

    async def _list(self) -> str:
        rows = (await self._session.execute(select(self._users).order_by(self._users.c.email))).mappings().all()
        lines = [
            f"{row['email']}  {row['role']}  {row['name']}{'' if row.get('active', True) else '  (closed)'}\n"
            for row in rows
        ]
        return "".join(lines) or "nobody yet: `add EMAIL --name NAME --role ROLE` lets somebody sign in\n"

    async def _add(self, wanted: argparse.Namespace, digest: str) -> str:
        if "@" not in wanted.email.strip("@") or len(wanted.email) > 254:
            raise RefusedError(f"{wanted.email} is no e-mail address")
        values = {
            "id": uuid.uuid4(),
            "email": wanted.email,
            "name": wanted.name,
            "role": wanted.role,
            "password_hash": digest,
        }
        try:
            async with self._session.begin_nested():
                await self._session.execute(insert(self._users).values(values))
        except IntegrityError as taken:
            raise RefusedError(f"there is somebody with the address {wanted.email}: `list` shows who") from taken
        return f"{wanted.email} can sign in as {wanted.role}\n"

    async def _change(self, email: str, **values: Any) -> None:
        changed = update(self._users).where(self._users.c.email == email).values(values).returning(self._users.c.id)
        found: uuid.UUID | None = await self._session.scalar(changed)
        if found is None:
            count = await self._session.scalar(select(func.count()).select_from(self._users))
            raise RefusedError(f"nobody has the address {email}: `list` shows the {count} who sign in here")
        ended = EndedSessions(self._database, self._people.identity.ended)
        await ended.add(
            self._session, await RefreshTokens(self._people.identity.refresh).revoke_all(self._session, found)
        )
