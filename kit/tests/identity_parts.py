"""A service with a sign-in, as small as can be, on a database of the test's own."""

import asyncio
import contextlib
import uuid
from dataclasses import dataclass

from sqlalchemy import Column, MetaData, String, Table, Uuid, create_engine, select, update

from stackyard_kit import passwords
from stackyard_kit.database import Database
from stackyard_kit.identity import Account, Identity, identity_tables
from stackyard_kit.metrics import Metrics
from stackyard_kit.settings import Secret, Settings

SECRET = "Jq4uT9xWb2LmZ7cRk5Vn8YpD3sGh6FaE"
PASSWORD = "counter-demo-26"
CLEO, MAX = uuid.UUID(int=7), uuid.UUID(int=8)

METADATA = MetaData()
TABLES = identity_tables(METADATA)
USERS = Table(
    "users",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("login", String),
    Column("role", String),
    Column("hash", String),
)


class Users:
    """The directory."""

    async def by_login(self, session, login):
        return await self._one(session, USERS.c.login == login)

    async def by_id(self, session, id):
        return await self._one(session, USERS.c.id == id)

    async def _one(self, session, condition):
        row = (await session.execute(select(USERS).where(condition))).one_or_none()
        return row and Account(row.id, row.login, row.login.title(), row.role, row.hash, {"branch": "north"})


@dataclass
class Ground:
    """Where a test's services run: each `service()` is a process of its own, as far as the database can tell."""

    postgres: object
    name: str

    @property
    def url(self):
        return Secret(self.postgres.app_url(self.name))

    def sql(self, statement, *values):
        with self.postgres.connect(self.name) as owner:
            cursor = owner.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    @contextlib.asynccontextmanager
    async def database(self):
        database = Database(self.url, application="test", limit=5)
        try:
            yield database
        finally:
            await database.close()

    @contextlib.asynccontextmanager
    async def service(self, secret=SECRET, service="shop"):
        settings = Settings(
            database_url=self.url,
            redis_url=Secret("redis://127.0.0.1:1/0"),
            jwt_secret=Secret(secret),
            service=service,
        )
        async with self.database() as database:
            metrics = Metrics()
            identity = Identity(settings, database, TABLES, Users(), metrics)
            identity.metrics = metrics
            identity.database = database
            try:
                yield identity
            finally:
                await identity.close()

    def clear(self):
        for table in ("refresh_tokens", "ended_sessions", "signing_keys", "sign_in_attempts"):
            self.sql(f"delete from {table}")


def ground(postgres, name):
    postgres.create(name)
    engine = create_engine("postgresql+psycopg://", creator=lambda: postgres.connect(name))
    METADATA.create_all(engine)
    with engine.begin() as connection:
        digest = passwords.digest(PASSWORD)
        for id, login, role in ((CLEO, "cleo", "user"), (MAX, "max", "manager")):
            connection.execute(USERS.insert().values(id=id, login=login, role=role, hash=digest))
    engine.dispose()
    return Ground(postgres, name)


async def change_password(identity, user_id, password):
    digest = await identity.digest(password)
    async with identity.database.transaction() as session:
        await session.execute(update(USERS).where(USERS.c.id == user_id).values(hash=digest))
        await identity.end_all(session, user_id)


def run(story):
    return asyncio.run(story)
