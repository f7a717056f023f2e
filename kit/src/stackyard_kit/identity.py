"""Signing in, staying signed in and being thrown out, from the parts: keys, tokens, sessions, passwords, throttling.

A service says where its accounts are (a Directory) and has the routes; what happens in them is here.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import MetaData, Table
from sqlalchemy.ext.asyncio import AsyncSession

from stackyard_kit.database import Database
from stackyard_kit.keystore import SigningKeys, signing_key_table
from stackyard_kit.metrics import Metrics
from stackyard_kit.passwords import Passwords
from stackyard_kit.problems import ProblemError
from stackyard_kit.refresh import Issued, RefreshRefusedError, RefreshTokens, lock_user, refresh_table
from stackyard_kit.revocation import EndedSessions, ended_session_table
from stackyard_kit.settings import Settings
from stackyard_kit.throttle import Attempt, Throttle, ThrottledError, throttle_table
from stackyard_kit.tokens import AccessTokens, Caller, TokenRefusedError, UnknownKeyError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in, as `login`. `attributes` go into access tokens: {"tenant": ..., "branch": ...}."""

    id: uuid.UUID
    login: str
    name: str
    role: str
    password_hash: str | None
    attributes: Mapping[str, str] = field(default_factory=dict)


class Directory(Protocol):
    """Where a service keeps its accounts. One that may not sign in (any more) is None."""

    async def by_login(self, session: AsyncSession, login: str) -> Account | None:
        """The account that signs in as `login`."""
        ...

    async def by_id(self, session: AsyncSession, id: uuid.UUID) -> Account | None:
        """The account with this id, as the database has it now."""
        ...


@dataclass(frozen=True)
class IdentityTables:
    """The tables of this module."""

    refresh: Table
    ended: Table
    keys: Table
    attempts: Table


def identity_tables(metadata: MetaData) -> IdentityTables:
    """Add the tables to `metadata`; the service's migrations make them."""
    return IdentityTables(
        refresh_table(metadata), ended_session_table(metadata), signing_key_table(metadata), throttle_table(metadata)
    )


@dataclass(frozen=True)
class SignedIn:
    """What a sign-in or its renewal gives: both tokens, and for whom."""

    access_token: str
    refresh: Issued
    account: Account


class Identity:
    """The sign-in of one service, in one process."""

    def __init__(
        self, settings: Settings, database: Database, tables: IdentityTables, directory: Directory, metrics: Metrics
    ) -> None:
        self.keys = SigningKeys(database, tables.keys, settings.jwt_secret)
        issuer = settings.public_url.rstrip("/")
        self.access = AccessTokens(self.keys, settings.service, issuer=issuer)
        self.database = database
        self._directory = directory
        self._passwords = Passwords()
        self._refresh = RefreshTokens(tables.refresh)
        self._ended = EndedSessions(database, tables.ended)
        self._throttle = Throttle(tables.attempts)
        self._sign_ins = metrics.counter("sign_ins", "Sign-ins by result: succeeded, failed, throttled", ("result",))
        self._reuses = metrics.counter("refresh_token_reuses", "Sessions ended because a refresh token was replayed")
        for result in ("succeeded", "failed", "throttled"):
            self._sign_ins.labels(result)

    async def caller(self, token: str) -> Caller:
        """Who holds this access token. Raises TokenRefusedError."""
        await self.keys.ensure()
        try:
            caller = self.access.check(token)
        except UnknownKeyError:
            await self.keys.look_again()
            caller = self.access.check(token)
        if await self.has_ended(caller):
            raise TokenRefusedError("the session has ended")
        return caller

    async def has_ended(self, caller: Caller) -> bool:
        """Whether the session of a caller, who was let in before, has been ended since."""
        return await self._ended.contains(caller.session)

    async def account(self, user_id: uuid.UUID) -> Account | None:
        """Somebody's account as it is now, None for one who may not sign in (any more)."""
        async with self.database.transaction() as session:
            return await self._directory.by_id(session, user_id)

    async def sign_in(self, login: str, password: str, address: str) -> SignedIn:
        """Sign in from `address`. Raises ProblemError 401 (the same for every reason) or 429 with Retry-After."""
        account, attempt = await self._confirmed(login, password, address)
        async with self.database.transaction() as session:
            await lock_user(session, account.id)
            # While the password was checked it may have been changed, and all sessions ended: this one would be late.
            now = await self._directory.by_id(session, account.id)
            if now is None or now.password_hash != account.password_hash:
                raise self._refused()
            await self._throttle.succeeded(session, attempt)
            issued = await self._refresh.issue(session, account.id)
        self._sign_ins.labels("succeeded").inc()
        return await self._signed_in(issued, now)

    async def confirm(self, login: str, password: str, address: str) -> Account:
        """Whose password it is, for what wants it again from who is signed in. Raises as `sign_in` does."""
        account, attempt = await self._confirmed(login, password, address)
        async with self.database.transaction() as session:
            await self._throttle.succeeded(session, attempt)
        return account

    async def renew(self, refresh_token: str) -> SignedIn:
        """Continue a session. Raises ProblemError 401; a replay ends the session and is counted."""
        async with self.database.transaction() as session:
            issued, account = await self._rotated(session, refresh_token)
        if issued is None or account is None:
            self._ended.expire()
            raise ProblemError(401, "Please sign in again.", kind="session-ended")
        return await self._signed_in(issued, account)

    async def sign_out(self, refresh_token: str) -> None:
        """End the session of this refresh token, its access tokens too; an unknown token is no matter."""
        async with self.database.transaction() as session:
            family = await self._refresh.revoke(session, refresh_token)
            await self._ended.add(session, [family] if family else [])
        self._ended.expire()

    async def sign_out_everywhere(self, user_id: uuid.UUID) -> None:
        """End every session of a user."""
        async with self.database.transaction() as session:
            await self.end_all(session, user_id)
        self._ended.expire()

    async def end_all(self, session: AsyncSession, user_id: uuid.UUID) -> None:
        """End every session of a user in the caller's transaction, such as one that changes a password or a role."""
        await self._ended.add(session, await self._refresh.revoke_all(session, user_id))

    async def digest(self, password: str) -> str:
        """The hash to store for a password."""
        return await self._passwords.digest(password)

    async def close(self) -> None:
        """End what is under way; the database is closed after this."""
        await asyncio.gather(self.keys.close(), self._ended.close())

    async def _confirmed(self, login: str, password: str, address: str) -> tuple[Account, Attempt]:
        try:
            async with self.database.transaction() as session:
                attempt = await self._throttle.admit(session, login, address)
                account = await self._directory.by_login(session, login)
        except ThrottledError as throttled:
            self._sign_ins.labels("throttled").inc()
            log.warning("sign-in throttled", extra={"fields": {"address": address, "seconds": throttled.seconds}})
            raise _too_many(throttled) from None
        # Outside of the transaction: the hash takes its time, and a connection is dear.
        stored = account.password_hash if account else None
        if not await self._passwords.match(stored, password) or account is None:
            log.warning("sign-in failed", extra={"fields": {"address": address}})
            raise self._refused()
        return account, attempt

    async def _rotated(self, session: AsyncSession, refresh_token: str) -> tuple[Issued | None, Account | None]:
        try:
            issued = await self._refresh.rotate(session, refresh_token)
        except RefreshRefusedError as refused:
            # No exception leaves the transaction: a replay has just ended its family, and that is to be committed.
            if refused.family is not None:
                await self._ended.add(session, [refused.family])
                self._reuses.inc()
                log.warning("a refresh token was replayed", extra={"fields": {"session": str(refused.family)}})
            return None, None
        return issued, await self._directory.by_id(session, issued.user_id)

    async def _signed_in(self, issued: Issued, account: Account) -> SignedIn:
        await self.keys.ensure()
        token = self.access.issue(
            id=str(account.id),
            name=account.name,
            role=account.role,
            session=str(issued.family),
            attributes=account.attributes,
        )
        return SignedIn(token, issued, account)

    def _refused(self) -> ProblemError:
        self._sign_ins.labels("failed").inc()
        return ProblemError(401, "The name or the password is wrong.", kind="wrong-credentials")


def _too_many(throttled: ThrottledError) -> ProblemError:
    detail = f"Too many attempts. Please wait {throttled.seconds} seconds."
    headers = {"Retry-After": str(throttled.seconds)}
    return ProblemError(429, detail, kind="too-many-attempts", headers=headers)
