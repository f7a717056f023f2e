"""The database: SQLAlchemy sessions on an asyncpg pool, every statement marked with its request's id."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from stackyard_kit import correlation
from stackyard_kit.probes import STATEMENT_SECONDS, connect_postgres
from stackyard_kit.settings import Secret
from stackyard_kit.tenancy import act_as

POOL_PATIENCE_SECONDS = 5.0
"""How long a request waits for a connection of the pool before it is told that the database is busy."""


class DatabaseAwayError(Exception):
    """No connection to the database can be had."""


@dataclass(frozen=True)
class PoolUse:
    """Connections of the pool: how many it may open, has open, and has lent to requests."""

    limit: int
    opened: int
    lent: int


class Database:
    """The pool of one process."""

    def __init__(self, url: Secret, *, application: str, limit: int) -> None:
        self._limit = limit
        self.engine = create_engine(url, application=application, limit=limit)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(
        self, *, tenant: uuid.UUID | str | None = None, actor: str = ""
    ) -> AsyncIterator[AsyncSession]:
        """A session in a transaction: committed when the block ends, rolled back when it raises.

        `tenant` is whose rows it sees (see `tenancy`), `actor` is who the audit trail says it was. Both end with it.
        """
        async with self._sessions() as session, session.begin():
            if tenant is not None or actor:
                await act_as(session, tenant=tenant, actor=actor)
            yield session

    def pool_use(self) -> PoolUse:
        """What the pool does at this moment."""
        pool = self.engine.pool
        assert isinstance(pool, AsyncAdaptedQueuePool)
        return PoolUse(self._limit, pool.checkedin() + pool.checkedout(), pool.checkedout())

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def create_engine(
    url: Secret, *, application: str, limit: int, patience: float | None = STATEMENT_SECONDS
) -> AsyncEngine:
    """An engine for `url` (any libpq URL) with at most `limit` connections.

    A statement is given up after `patience` seconds; None waits for as long as it takes, as a migration has to.

    The comment makes each text new, so a cache of prepared statements would only fill with what never comes again.
    Both caches (asyncpg's and SQLAlchemy's) are off and statements stay unnamed: the server parses each of them once
    more, and keeps none. pg_stat_statements ignores comments, so its figures stay whole.
    """

    async def connect() -> asyncpg.Connection[Any]:
        try:
            return await connect_postgres(url, application, patience)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as failure:
            raise DatabaseAwayError(type(failure).__name__) from failure

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        connect_args={"prepared_statement_cache_size": 0, "prepared_statement_name_func": lambda: ""},
        pool_size=limit,
        max_overflow=0,
        pool_timeout=POOL_PATIENCE_SECONDS,
        pool_pre_ping=True,
    )
    event.listen(engine.sync_engine, "before_cursor_execute", _mark, retval=True)
    return engine


def _mark(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> tuple[str, Any]:
    return correlation.comment(statement), parameters
