"""Access tokens: short-lived signed JWTs that say who asks, so that a request needs no look at the database.

Checked as RFC 8725 (best practices for JWTs) asks: one algorithm and no choice (3.1), issuer and subject (3.8),
audience (3.9), nothing taken from the header but the name of a key that is known already (3.10), an explicit type
(3.11). A header with anything else in it, such as `jku`, `jwk` or `crit`, is refused unread.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.types import Options

from stackyard_kit.keys import ALGORITHM, Keys

ACCESS_LIFETIME = timedelta(minutes=15)
"""How long a token is good. RFC 6750, 5.3, asks for an hour or less; revocation does not wait for it."""

LEEWAY = timedelta(seconds=5)
"""How far the clocks of two machines may be apart."""

LONGEST = 4096
"""Characters of a token; more is refused before anything looks at it."""

_TYPE = "at+jwt"
# The times are compared here, with the clock of the object.
_OPTIONS: Options = {
    "require": ["iss", "aud", "sub", "sid", "iat", "nbf", "exp", "name", "role"],
    "strict_aud": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}
_REMEMBERED = 2048


class TokenRefusedError(Exception):
    """The access token is missing, forged, meant for another service, out of date, or its session has ended."""


class UnknownKeyError(TokenRefusedError):
    """No key of this name is known: it may be a new one, or nobody's."""


@dataclass(frozen=True)
class Caller:
    """Who asks: the claims of an access token that was checked. `attributes` are for rules: tenant, branch ..."""

    id: str
    name: str
    role: str
    expires: datetime
    session: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Checked:
    kid: str
    key: Ed25519PublicKey
    caller: Caller


class AccessTokens:
    """Issues and checks the access tokens of one service.

    A signature is verified once: a token that was found good is remembered by its digest, as long as its key is.
    """

    def __init__(
        self,
        keys: Keys,
        audience: str,
        *,
        issuer: str = "",
        lifetime: timedelta = ACCESS_LIFETIME,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Tokens for `audience`; `issuer` is the public address of the service, or its name as well."""
        self.lifetime = lifetime
        self._keys = keys
        self._audience = audience
        self._issuer = issuer or audience
        self._now = now
        self._checked: dict[bytes, _Checked] = {}

    def issue(
        self, *, id: str, name: str, role: str, session: str = "", attributes: Mapping[str, str] | None = None
    ) -> str:
        """A token for this user that is good for `lifetime`. Raises NoSigningKeyError.

        `session` is what revocation names; a token without one gets a session of its own.
        """
        now = self._now()
        key = self._keys.signer(now)
        claims: dict[str, Any] = {"iss": self._issuer, "aud": self._audience, "sub": id, "sid": session or _new_id()}
        claims |= {"iat": now, "nbf": now, "exp": now + self.lifetime, "name": name, "role": role}
        if attributes:
            claims["attributes"] = dict(attributes)
        assert key.private is not None, "a signer can sign"
        return jwt.encode(claims, key.private, ALGORITHM, headers={"kid": key.kid, "typ": _TYPE})

    def check(self, token: str) -> Caller:
        """Who holds `token`. Raises TokenRefusedError, or UnknownKeyError when a look at newer keys may help."""
        if len(token) > LONGEST or not token.isascii():
            raise TokenRefusedError("too long, or no token at all")
        digest = hashlib.sha256(token.encode()).digest()
        known = self._checked.get(digest)
        if known is None:
            known = self._verified(token)
            self._remember(digest, known)
        elif self._now() >= known.caller.expires + LEEWAY:
            raise TokenRefusedError("expired")
        elif self._keys.verifier(known.kid, self._now()) is not known.key:
            raise TokenRefusedError("its key was withdrawn")
        return known.caller

    def _verified(self, token: str) -> _Checked:
        try:
            kid = _kid(jwt.get_unverified_header(token))
            key = self._keys.verifier(kid, self._now())
            if key is None:
                raise UnknownKeyError("unknown key")
            return _Checked(kid, key, self._caller(token, key))
        except (jwt.InvalidTokenError, jwt.InvalidKeyError, RecursionError, KeyError) as failure:
            raise TokenRefusedError(type(failure).__name__) from failure

    def _caller(self, token: str, key: Ed25519PublicKey) -> Caller:
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=self._audience,
            issuer=self._issuer,
            options=_OPTIONS,
        )
        texts = [claims[name] for name in ("sub", "name", "role", "sid")]
        times = [claims[name] for name in ("iat", "nbf", "exp")]
        attributes = claims.get("attributes", {})
        if not all(isinstance(text, str) for text in texts) or not all(type(time) is int for time in times):
            raise TokenRefusedError("claims of the wrong type")
        if not isinstance(attributes, dict) or not all(isinstance(value, str) for value in attributes.values()):
            raise TokenRefusedError("attributes of the wrong type")
        self._check_times(*times)
        id, name, role, session = texts
        return Caller(id, name, role, datetime.fromtimestamp(times[2], UTC), session, attributes)

    def _check_times(self, issued: int, not_before: int, expires: int) -> None:
        now, leeway = self._now().timestamp(), LEEWAY.total_seconds()
        if max(issued, not_before) > now + leeway:
            raise TokenRefusedError("not good yet")
        if now >= expires + leeway:
            raise TokenRefusedError("expired")

    def _remember(self, digest: bytes, checked: _Checked) -> None:
        if len(self._checked) >= _REMEMBERED:
            del self._checked[next(iter(self._checked))]
        self._checked[digest] = checked


def _kid(header: Mapping[str, Any]) -> str:
    # `alg` is compared here, too: what names another algorithm is not even given to the verifier.
    if set(header) != {"alg", "kid", "typ"} or header["alg"] != ALGORITHM or header["typ"] != _TYPE:
        raise TokenRefusedError("a header that no token of ours has")
    kid: str = header["kid"]
    return kid


def _new_id() -> str:
    return str(uuid.uuid4())
