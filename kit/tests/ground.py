"""A database of a test's own, as a runner leaves it: its owner is no superuser, and the app role owns nothing."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, text

from stackyard_kit.database import Database, create_engine
from stackyard_kit.privileges import application_role
from stackyard_kit.settings import Secret
from stackyard_kit.testing import Postgres

KEEPER_PASSWORD = "t5Rw8nVc1XqZ"

_numbers = itertools.count(1)

T = TypeVar("T")


@dataclass(frozen=True)
class Ground:
    """One database with the owner `keeper` and the service's role `app`."""

    postgres: Postgres
    name: str

    @property
    def keeper_url(self) -> Secret:
        return Secret(self.postgres.url("keeper", KEEPER_PASSWORD, self.name))

    @property
    def app_url(self) -> Secret:
        return Secret(self.postgres.app_url(self.name))

    def prepare(self, *statements: str, then: Callable[[Connection], object] | None = None) -> None:
        """Run `statements` as the owner, in one transaction, as a migration does."""

        async def go() -> None:
            engine = create_engine(self.keeper_url, application="prepare", limit=1)
            async with engine.begin() as connection:
                for statement in statements:
                    await connection.execute(text(statement))
                if then is not None:
                    await connection.run_sync(then)
            await engine.dispose()

        asyncio.run(go())

    def as_keeper(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What `statement` gives the superuser, whom no policy binds."""
        with self.postgres.connect(self.name) as connection:
            done = connection.execute(statement.encode(), values)
            return [tuple(row) for row in done.fetchall()] if done.description else []

    @asynccontextmanager
    async def database(self, limit: int = 5, *, owner: bool = False) -> AsyncIterator[Database]:
        """The pool of a service."""
        database = Database(self.keeper_url if owner else self.app_url, application="test", limit=limit)
        try:
            yield database
        finally:
            await database.close()


def make_ground(postgres: Postgres, statements: Iterable[str] = ()) -> Ground:
    """A new database, with `statements` run by its owner."""
    name = f"ground{next(_numbers)}"
    with postgres.connect("postgres") as admin:
        if admin.execute("select 1 from pg_roles where rolname = 'keeper'").fetchone() is None:
            admin.execute(f"create role keeper login password '{KEEPER_PASSWORD}'".encode())
        admin.execute(f"create database {name} owner keeper".encode())
    with postgres.connect(name) as admin:
        admin.execute(b"alter schema public owner to keeper")
    ground = Ground(postgres, name)
    ground.prepare(*application_role("keeper", "app"), *statements)
    return ground


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`."""
    return asyncio.run(work)
