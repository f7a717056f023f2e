"""Refresh tokens: each is good once, and the use of an old one ends the whole family it belongs to."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Table, Uuid, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

REFRESH_LIFETIME = timedelta(days=14)


class RefreshRefusedError(Exception):
    """The refresh token is unknown, out of date or revoked. `reused` says that it had been used before."""

    def __init__(self, *, reused: bool = False) -> None:
        super().__init__("reused" if reused else "unknown or out of date")
        self.reused = reused


@dataclass(frozen=True)
class Rotated:
    """The successor of a refresh token, and whose it is."""

    token: str
    user_id: uuid.UUID


def refresh_table(metadata: MetaData) -> Table:
    """The table of refresh tokens. It holds digests only: whoever reads it can use none of them."""
    moment = DateTime(timezone=True)
    return Table(
        "refresh_tokens",
        metadata,
        Column("digest", LargeBinary, primary_key=True),
        Column("family", Uuid, nullable=False, index=True),
        Column("user_id", Uuid, nullable=False, index=True),
        Column("expires_at", moment, nullable=False, index=True),
        Column("used_at", moment),
    )


class RefreshTokens:
    """Issues, rotates and revokes in the caller's transaction."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def issue(self, session: AsyncSession, user_id: uuid.UUID) -> str:
        """The first token of a new family; what has long run out is cleared away."""
        await session.execute(delete(self._table).where(self._table.c.expires_at < _now() - REFRESH_LIFETIME))
        return await self._add(session, user_id, uuid.uuid4())

    async def rotate(self, session: AsyncSession, token: str) -> Rotated:
        """Use `token` up and issue its successor.

        Raises RefreshRefusedError. When it is `reused` the family has been revoked: commit that, do not roll back.
        """
        table = self._table
        await self._lock_family(session, token)
        row = (await session.execute(select(table).where(table.c.digest == _digest(token)))).one_or_none()
        if row is None or row.expires_at <= _now():
            raise RefreshRefusedError
        if row.used_at is not None:
            await self._end(session, row.family)
            raise RefreshRefusedError(reused=True)
        await session.execute(update(table).where(table.c.digest == row.digest).values(used_at=_now()))
        return Rotated(await self._add(session, row.user_id, row.family), row.user_id)

    async def revoke(self, session: AsyncSession, token: str) -> None:
        """End the family of `token`; an unknown token is no matter."""
        family = await self._lock_family(session, token)
        if family is not None:
            await self._end(session, family)

    async def _lock_family(self, session: AsyncSession, token: str) -> uuid.UUID | None:
        # One at a time in a family: else a token could be added beside the deletion of all others and outlive it.
        table = self._table
        family = await session.scalar(select(table.c.family).where(table.c.digest == _digest(token)))
        if family is not None:
            await session.execute(select(func.pg_advisory_xact_lock(family.int & (2**63 - 1))))
        return family

    async def _add(self, session: AsyncSession, user_id: uuid.UUID, family: uuid.UUID) -> str:
        token = secrets.token_urlsafe(32)
        values = {
            "digest": _digest(token),
            "family": family,
            "user_id": user_id,
            "expires_at": _now() + REFRESH_LIFETIME,
        }
        await session.execute(insert(self._table).values(values))
        return token

    async def _end(self, session: AsyncSession, family: uuid.UUID) -> None:
        await session.execute(delete(self._table).where(self._table.c.family == family))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _now() -> datetime:
    return datetime.now(UTC)
