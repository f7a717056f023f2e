"""Access tokens: short-lived signed JWTs that say who asks, so that a request needs no look at the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from stackyard_kit.settings import Secret

ACCESS_LIFETIME = timedelta(minutes=15)

_ALGORITHM = "HS256"


class TokenRefusedError(Exception):
    """The access token is missing, forged, meant for another service, or out of date."""


@dataclass(frozen=True)
class Caller:
    """Who asks: the claims of an access token that was checked."""

    id: str
    name: str
    role: str
    expires: datetime


class AccessTokens:
    """Issues and checks the access tokens of one service."""

    def __init__(self, secret: Secret, audience: str) -> None:
        self._secret = secret
        self._audience = audience

    def issue(self, *, id: str, name: str, role: str) -> str:
        """A token for this user that is good for ACCESS_LIFETIME."""
        now = datetime.now(UTC)
        claims = {
            "sub": id,
            "name": name,
            "role": role,
            "aud": self._audience,
            "iat": now,
            "exp": now + ACCESS_LIFETIME,
        }
        return jwt.encode(claims, self._secret.reveal(), _ALGORITHM)

    def check(self, token: str) -> Caller:
        """Who holds `token`. Raises TokenRefusedError."""
        try:
            claims = jwt.decode(
                token,
                self._secret.reveal(),
                algorithms=[_ALGORITHM],
                audience=self._audience,
                options={"require": ["sub", "exp", "aud"]},
            )
            expires = datetime.fromtimestamp(claims["exp"], UTC)
            return Caller(str(claims["sub"]), str(claims["name"]), str(claims["role"]), expires)
        except (jwt.InvalidTokenError, KeyError) as failure:
            raise TokenRefusedError(type(failure).__name__) from failure
