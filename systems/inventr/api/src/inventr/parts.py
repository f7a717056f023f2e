"""What the running application is made of, and how a route gets at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from stackyard_kit.cache import Cache
from stackyard_kit.database import Database
from stackyard_kit.fanout import Fanout
from stackyard_kit.metrics import Metrics
from stackyard_kit.passwords import Passwords
from stackyard_kit.problems import ProblemError
from stackyard_kit.refresh import RefreshTokens
from stackyard_kit.settings import Settings
from stackyard_kit.tokens import AccessTokens, Caller, TokenRefusedError

RANKS = {"clerk": 1, "manager": 2, "admin": 3}
"""Roles, each with all that the ones below it may do."""


@dataclass(frozen=True)
class Parts:
    """The parts of one process."""

    settings: Settings
    database: Database
    cache: Cache
    fanout: Fanout
    metrics: Metrics
    passwords: Passwords
    access: AccessTokens
    refresh: RefreshTokens


def parts_of(connection: HTTPConnection) -> Parts:
    """The parts of the application that serves this connection."""
    parts: Parts = connection.app.state.parts
    return parts


PartsDep = Annotated[Parts, Depends(parts_of)]


# Declared, so that the OpenAPI document says which routes want a token; what is wrong with one is said below.
_bearer = HTTPBearer(bearerFormat="JWT", auto_error=False)


def caller_of(parts: PartsDep, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Caller:
    """Who asks, by the bearer token. Raises ProblemError 401."""
    try:
        if bearer is None:
            raise TokenRefusedError("no bearer token")
        return parts.access.check(bearer.credentials)
    except TokenRefusedError:
        headers = {"WWW-Authenticate": "Bearer"}
        raise ProblemError(401, "Please sign in.", kind="not-signed-in", headers=headers) from None


CallerDep = Annotated[Caller, Depends(caller_of)]

SIGNED_IN = Depends(caller_of)
"""For routes that anybody may use who is signed in, and that do not care who it is."""


def _at_least(role: str) -> Callable[[Caller], Caller]:
    def check(caller: CallerDep) -> Caller:
        if RANKS.get(caller.role, 0) < RANKS[role]:
            raise ProblemError(403, f"This needs the role {role}.", kind="not-allowed")
        return caller

    return check


_manager = _at_least("manager")

ManagerDep = Annotated[Caller, Depends(_manager)]

MANAGER = Depends(_manager)
"""For routes that need a manager, whoever it is."""
