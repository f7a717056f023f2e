"""Signing in and out."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from inventr.parts import CallerDep, Parts, PartsDep
from inventr.schemas import Credentials, TokenOut, UserOut
from inventr.tables import User
from stackyard_kit.problems import ProblemError
from stackyard_kit.refresh import REFRESH_LIFETIME, RefreshRefusedError
from stackyard_kit.tokens import ACCESS_LIFETIME

router = APIRouter(prefix="/api/auth", tags=["auth"])

COOKIE = "inventr_refresh"
_COOKIE_PATH = "/api/auth"


@router.post("/login")
async def log_in(credentials: Credentials, response: Response, parts: PartsDep) -> TokenOut:
    """Sign in with e-mail address and password."""
    async with parts.database.transaction() as session:
        user = await session.scalar(select(User).where(User.email == credentials.email))
    # Outside of the transaction: the hash takes its time, and a connection is dear.
    if not await parts.passwords.match(user.password_hash if user else None, credentials.password) or user is None:
        raise ProblemError(401, "The e-mail address or the password is wrong.", kind="wrong-credentials")
    async with parts.database.transaction() as session:
        token = await parts.refresh.issue(session, user.id)
    _set_cookie(response, token)
    return _answer(parts, user)


@router.post("/refresh")
async def refresh(request: Request, response: Response, parts: PartsDep) -> TokenOut:
    """A new access token for the refresh cookie, which is replaced by its successor."""
    async with parts.database.transaction() as session:
        try:
            rotated = await parts.refresh.rotate(session, request.cookies.get(COOKIE, ""))
            user = await session.get(User, rotated.user_id)
        except RefreshRefusedError:
            # The transaction is committed, not rolled back: a reused token has just ended its family.
            user = None
    if user is None:
        raise ProblemError(401, "Please sign in again.", kind="session-ended")
    _set_cookie(response, rotated.token)
    return _answer(parts, user)


@router.post("/logout", status_code=204)
async def log_out(request: Request, response: Response, parts: PartsDep) -> None:
    """End this session everywhere."""
    if token := request.cookies.get(COOKIE):
        async with parts.database.transaction() as session:
            await parts.refresh.revoke(session, token)
    response.delete_cookie(COOKIE, path=_COOKIE_PATH, httponly=True, secure=True, samesite="strict")


@router.get("/me")
async def read_me(caller: CallerDep, parts: PartsDep) -> UserOut:
    """Who is signed in."""
    async with parts.database.transaction() as session:
        user = await session.get(User, uuid.UUID(caller.id))
    if user is None:
        raise ProblemError(401, "Please sign in again.", kind="session-ended")
    return _shown(user)


def _answer(parts: Parts, user: User) -> TokenOut:
    token = parts.access.issue(id=str(user.id), name=user.name, role=user.role)
    return TokenOut(access_token=token, expires_in=int(ACCESS_LIFETIME.total_seconds()), user=_shown(user))


def _shown(user: User) -> UserOut:
    return UserOut(id=user.id, email=user.email, name=user.name, role=user.role)


def _set_cookie(response: Response, token: str) -> None:
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(REFRESH_LIFETIME.total_seconds()),
        path=_COOKIE_PATH,
        httponly=True,
        secure=True,
        samesite="strict",
    )
