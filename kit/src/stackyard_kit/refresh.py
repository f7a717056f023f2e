"""Refresh tokens: each is good once, and the use of an old one ends the whole family it belongs to.

Rotation and what reuse means are those of RFC 9700, 4.14.2. A family is a session: it begins with a sign-in.

Grace: two tabs may refresh at the same moment, and an answer may be lost on its way. So a token that was replaced less
than GRACE ago, and whose successor nobody has used yet, gives that same successor again and is no reuse. The family
never forks: a thief who is that quick holds the same token as its owner, and whoever of both comes second with it after
the grace ends the family. The successor is derived from its predecessor and a nonce that is stored (HMAC-SHA256), so
the database still holds nothing that could be used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Row, Table, Uuid, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

REFRESH_LIFETIME = timedelta(days=14)
"""How long a session may rest. RFC 9700, 4.14.2, wants an end for tokens that nobody uses."""

SESSION_LIFETIME = timedelta(days=30)
"""How long a session may last at all: NIST SP 800-63B, 4.1.3, wants a sign-in every 30 days at its lowest level."""

GRACE = timedelta(seconds=10)
"""How long a token that was replaced still gives its successor."""


class RefreshRefusedError(Exception):
    """The refresh token is unknown, out of date or revoked. `reused` says that it had been used before.

    `family` is the session that ended with this use, for revocation.
    """

    def __init__(self, *, reused: bool = False, family: uuid.UUID | None = None) -> None:
        super().__init__("reused" if reused else "unknown or out of date")
        self.reused = reused
        self.family = family


@dataclass(frozen=True)
class Issued:
    """A refresh token, whose it is, the session that it continues and when it ends."""

    token: str
    user_id: uuid.UUID
    family: uuid.UUID
    expires_at: datetime


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
        Column("began_at", moment, nullable=False, server_default=func.now()),
        Column("nonce", LargeBinary),
    )


class RefreshTokens:
    """Issues, rotates and revokes in the caller's transaction. All of a user's happen one after another."""

    def __init__(self, table: Table, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._table = table
        self._now = now

    async def issue(self, session: AsyncSession, user_id: uuid.UUID) -> Issued:
        """The first token of a new family; what has long run out is cleared away."""
        await lock_user(session, user_id)
        long_ago = self._now() - REFRESH_LIFETIME
        await session.execute(delete(self._table).where(self._table.c.expires_at < long_ago))
        return await self._add(session, secrets.token_urlsafe(32), user_id, uuid.uuid4(), self._now())

    async def rotate(self, session: AsyncSession, token: str) -> Issued:
        """Use `token` up and issue its successor.

        Raises RefreshRefusedError. When it is `reused` the family has been revoked: commit that, do not roll back.
        """
        row = await self._locked(session, token)
        if row is None or row.expires_at <= self._now():
            raise RefreshRefusedError
        if row.used_at is not None:
            return await self._again(session, row, token)
        nonce = secrets.token_bytes(32)
        used = {"used_at": self._now(), "nonce": nonce}
        await session.execute(update(self._table).where(self._table.c.digest == row.digest).values(used))
        return await self._add(session, _successor(token, nonce), row.user_id, row.family, row.began_at)

    async def revoke(self, session: AsyncSession, token: str) -> uuid.UUID | None:
        """End the family of `token` and return it; an unknown token is no matter."""
        row = await self._locked(session, token)
        if row is None:
            return None
        await self._end(session, row.family)
        family: uuid.UUID = row.family
        return family

    async def revoke_all(self, session: AsyncSession, user_id: uuid.UUID) -> list[uuid.UUID]:
        """End every family of a user and return them; no sign-in that is under way gets past this unseen."""
        await lock_user(session, user_id)
        table = self._table
        ended = await session.scalars(delete(table).where(table.c.user_id == user_id).returning(table.c.family))
        return list(set(ended))

    async def _locked(self, session: AsyncSession, token: str) -> Row[Any] | None:
        # One at a time for a user: else a token could be added beside the deletion of all others and outlive it.
        table = self._table
        user_id = await session.scalar(select(table.c.user_id).where(table.c.digest == _digest(token)))
        if user_id is None:
            return None
        await lock_user(session, user_id)
        return (await session.execute(select(table).where(table.c.digest == _digest(token)))).one_or_none()

    async def _again(self, session: AsyncSession, row: Row[Any], token: str) -> Issued:
        if row.nonce is not None and self._now() - row.used_at <= GRACE:
            successor = _successor(token, row.nonce)
            found = select(self._table).where(self._table.c.digest == _digest(successor))
            following = (await session.execute(found)).one_or_none()
            if following is not None and following.used_at is None:
                return Issued(successor, row.user_id, row.family, following.expires_at)
        await self._end(session, row.family)
        raise RefreshRefusedError(reused=True, family=row.family)

    async def _add(
        self, session: AsyncSession, token: str, user_id: uuid.UUID, family: uuid.UUID, began_at: datetime
    ) -> Issued:
        expires_at = min(self._now() + REFRESH_LIFETIME, began_at + SESSION_LIFETIME)
        values = {"digest": _digest(token), "family": family, "user_id": user_id}
        times = {"expires_at": expires_at, "began_at": began_at}
        await session.execute(insert(self._table).values({**values, **times}))
        return Issued(token, user_id, family, expires_at)

    async def _end(self, session: AsyncSession, family: uuid.UUID) -> None:
        await session.execute(delete(self._table).where(self._table.c.family == family))


async def lock_user(session: AsyncSession, user_id: uuid.UUID) -> None:
    """Be the only one who changes the sessions of this user, until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(user_id.int & (2**63 - 1))))


def _successor(token: str, nonce: bytes) -> str:
    return base64.urlsafe_b64encode(hmac.digest(token.encode(), nonce, "sha256")).rstrip(b"=").decode()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
