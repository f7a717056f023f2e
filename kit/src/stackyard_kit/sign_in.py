"""The routes of a sign-in with e-mail address and password, for a browser: the refresh token is in a cookie that no
script can read, the access token in the answer.

    router = sign_in_router(lambda request: request.app.state.parts.identity, User.__table__, cookie="shop_refresh")
"""

# No `from __future__ import annotations`: the models of a router are made with it, and FastAPI reads their names here.

import uuid
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.params import Depends
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Table, update

from stackyard_kit.access import allow, public
from stackyard_kit.identity import Account, Identity, SignedIn
from stackyard_kit.problems import ProblemError
from stackyard_kit.refresh import REFRESH_LIFETIME
from stackyard_kit.settings import SHORTEST_PASSWORD
from stackyard_kit.tokens import Caller

PATH = "/api/auth"
"""Where the routes are, and the only place that browsers send the cookie to."""


class Credentials(BaseModel):
    """What somebody signs in with."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=3, max_length=254)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=256)]


class PasswordChange(BaseModel):
    """The old password, for a session may be stolen, and the new one."""

    model_config = ConfigDict(extra="forbid")

    current_password: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    new_password: Annotated[str, StringConstraints(min_length=SHORTEST_PASSWORD, max_length=256)]


def sign_in_router(
    identity_of: Callable[[Request], Identity],
    users: Table,
    *,
    cookie: str,
    allowed: Depends | None = None,
    roles: Any = str,
) -> APIRouter:
    """The routes: login, refresh, logout, logout-everywhere, password, me.

    `users` is the table whose `password_hash` a changed password goes into, `cookie` the name of the cookie, `allowed`
    the declaration for who is signed in, and `roles` the type of a role in the document, such as a Literal.
    """
    # One long function: what it answers depends on `roles`, and every route has to see that.
    router = APIRouter(prefix=PATH, tags=["auth"])
    anybody: Any = allowed or allow()
    with_cookie = public("The refresh cookie says whose session it is.")

    class UserOut(BaseModel):
        id: uuid.UUID
        email: str
        name: str
        role: roles

    class TokenOut(BaseModel):
        access_token: str
        token_type: Literal["bearer"] = "bearer"
        expires_in: int
        user: UserOut

    def answer(identity: Identity, signed: SignedIn, response: Response) -> TokenOut:
        response.headers["Cache-Control"] = "no-store"
        lifetime = int(REFRESH_LIFETIME.total_seconds())
        response.set_cookie(cookie, signed.refresh.token, max_age=lifetime, **_KEPT)
        expires = int(identity.access.lifetime.total_seconds())
        return TokenOut(access_token=signed.access_token, expires_in=expires, user=shown(signed.account))

    def shown(who: Account) -> UserOut:
        return UserOut(id=who.id, email=who.login, name=who.name, role=who.role)

    @router.post("/login", dependencies=[public("It is the sign-in.")])
    async def log_in(credentials: Credentials, request: Request, response: Response) -> TokenOut:
        """Sign in with e-mail address and password."""
        identity = identity_of(request)
        signed = await identity.sign_in(credentials.email, credentials.password, _address(request))
        return answer(identity, signed, response)

    @router.post("/refresh", dependencies=[with_cookie])
    async def refresh(request: Request, response: Response) -> TokenOut:
        """A new access token for the refresh cookie, which is replaced by its successor."""
        identity = identity_of(request)
        return answer(identity, await identity.renew(request.cookies.get(cookie, "")), response)

    @router.post("/logout", status_code=204, dependencies=[with_cookie])
    async def log_out(request: Request, response: Response) -> None:
        """End this session everywhere."""
        if token := request.cookies.get(cookie):
            await identity_of(request).sign_out(token)
        response.delete_cookie(cookie, **_KEPT)

    @router.post("/logout-everywhere", status_code=204)
    async def log_out_everywhere(request: Request, response: Response, caller: Caller = anybody) -> None:
        """End all sessions of who asks, on every device."""
        await identity_of(request).sign_out_everywhere(uuid.UUID(caller.id))
        response.delete_cookie(cookie, **_KEPT)

    @router.post("/password")
    async def change_password(
        change: PasswordChange, request: Request, response: Response, caller: Caller = anybody
    ) -> TokenOut:
        """Change one's password. All sessions end; this device gets a new one."""
        identity = identity_of(request)
        login = (await _account(identity, caller)).login
        account = await identity.confirm(login, change.current_password, _address(request))
        digest = await identity.digest(change.new_password)
        async with identity.database.transaction() as session:
            await identity.end_all(session, account.id)
            await session.execute(update(users).where(users.c.id == account.id).values(password_hash=digest))
        return answer(identity, await identity.sign_in(login, change.new_password, _address(request)), response)

    @router.get("/me")
    async def read_me(request: Request, caller: Caller = anybody) -> UserOut:
        """Who is signed in."""
        return shown(await _account(identity_of(request), caller))

    return router


_KEPT: dict[str, Any] = {"path": PATH, "httponly": True, "secure": True, "samesite": "strict"}


async def _account(identity: Identity, caller: Caller) -> Account:
    account = await identity.account(uuid.UUID(caller.id))
    if account is None:
        raise ProblemError(401, "Please sign in again.", kind="session-ended")
    return account


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
