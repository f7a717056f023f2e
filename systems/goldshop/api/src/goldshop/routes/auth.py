"""Signing in and out."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Request, Response

from goldshop.parts import ClerkDep, Parts, PartsDep
from goldshop.schemas.auth import Credentials, PasswordChange, TokenOut, UserOut
from goldshop.tables import User
from stackyard_kit.access import public
from stackyard_kit.identity import SignedIn
from stackyard_kit.jwks import jwks_router
from stackyard_kit.problems import ProblemError
from stackyard_kit.refresh import REFRESH_LIFETIME
from stackyard_kit.tokens import Caller

router = APIRouter(prefix="/api/auth", tags=["auth"])
keys = jwks_router(lambda request: request.app.state.parts.identity.keys)

COOKIE = "goldshop_refresh"
_COOKIE_PATH = "/api/auth"

_WITH_COOKIE = public("The refresh cookie says whose session it is.")


@router.post("/login", dependencies=[public("It is the sign-in.")])
async def log_in(credentials: Credentials, request: Request, response: Response, parts: PartsDep) -> TokenOut:
    """Sign in with e-mail address and password."""
    signed = await parts.identity.sign_in(credentials.email, credentials.password, _address(request))
    return _answer(parts, signed, response)


@router.post("/refresh", dependencies=[_WITH_COOKIE])
async def refresh(request: Request, response: Response, parts: PartsDep) -> TokenOut:
    """A new access token for the refresh cookie, which is replaced by its successor."""
    return _answer(parts, await parts.identity.renew(request.cookies.get(COOKIE, "")), response)


@router.post("/logout", status_code=204, dependencies=[_WITH_COOKIE])
async def log_out(request: Request, response: Response, parts: PartsDep) -> None:
    """End this session everywhere."""
    if token := request.cookies.get(COOKIE):
        await parts.identity.sign_out(token)
    _drop_cookie(response)


@router.post("/logout-everywhere", status_code=204)
async def log_out_everywhere(caller: ClerkDep, response: Response, parts: PartsDep) -> None:
    """End all sessions of who asks, on every device."""
    await parts.identity.sign_out_everywhere(uuid.UUID(caller.id))
    _drop_cookie(response)


@router.post("/password")
async def change_password(
    change: PasswordChange, caller: ClerkDep, request: Request, response: Response, parts: PartsDep
) -> TokenOut:
    """Change one's password. All sessions end; this device gets a new one."""
    email = (await _user(parts, caller)).email
    account = await parts.identity.confirm(email, change.current_password, _address(request))
    digest = await parts.identity.digest(change.new_password)
    async with parts.database.transaction() as session:
        await parts.identity.end_all(session, account.id)
        user = await session.get_one(User, account.id)
        user.password_hash = digest
    signed = await parts.identity.sign_in(email, change.new_password, _address(request))
    return _answer(parts, signed, response)


@router.get("/me")
async def read_me(caller: ClerkDep, parts: PartsDep) -> UserOut:
    """Who is signed in."""
    user = await _user(parts, caller)
    return UserOut.model_validate(user)


async def _user(parts: Parts, caller: Caller) -> User:
    async with parts.database.transaction() as session:
        user = await session.get(User, uuid.UUID(caller.id))
    if user is None:
        raise ProblemError(401, "Please sign in again.", kind="session-ended")
    return user


def _answer(parts: Parts, signed: SignedIn, response: Response) -> TokenOut:
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        COOKIE,
        signed.refresh.token,
        max_age=int(REFRESH_LIFETIME.total_seconds()),
        path=_COOKIE_PATH,
        httponly=True,
        secure=True,
        samesite="strict",
    )
    who = signed.account
    user = UserOut.model_validate({"id": who.id, "email": who.login, "name": who.name, "role": who.role})
    lifetime = int(parts.identity.access.lifetime.total_seconds())
    return TokenOut(access_token=signed.access_token, expires_in=lifetime, user=user)


def _drop_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, path=_COOKIE_PATH, httponly=True, secure=True, samesite="strict")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
