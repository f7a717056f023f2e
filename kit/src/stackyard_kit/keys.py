"""Signing keys: which of them signs at a moment, which still verify, and the document that publishes them.

Ed25519 ("EdDSA", RFC 8037): a signature needs no random number that could repeat or leak (with ECDSA that gives the
key away), a key is 32 bytes, and there are no parameters to choose wrongly. That every verifier may know a key that
nobody can sign with is why it is asymmetric at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM = "EdDSA"

Jwks = dict[str, list[dict[str, str]]]


class NoSigningKeyError(Exception):
    """There is no key that may sign now."""


@dataclass(frozen=True)
class SigningKey:
    """A key pair. It signs in [signs_from, signs_until) and verifies until `good_until`; both are published before.

    `private` is None for a key that verifies here and signs elsewhere.
    """

    kid: str
    public: Ed25519PublicKey
    private: Ed25519PrivateKey | None
    signs_from: datetime
    signs_until: datetime
    good_until: datetime

    def signs_at(self, moment: datetime) -> bool:
        """Whether this process may sign with it."""
        return self.private is not None and self.signs_from <= moment < self.signs_until


class Keys(Protocol):
    """What tokens need of keys."""

    def signer(self, moment: datetime) -> SigningKey:
        """The key that signs. Raises NoSigningKeyError."""
        ...

    def verifier(self, kid: str, moment: datetime) -> Ed25519PublicKey | None:
        """The key that verifies what `kid` signed, or None."""
        ...


@dataclass(frozen=True)
class KeySet:
    """The keys that are known at a moment."""

    keys: Sequence[SigningKey]

    def signer(self, moment: datetime) -> SigningKey:
        """The youngest key that may sign. Raises NoSigningKeyError."""
        able = [key for key in self.keys if key.signs_at(moment)]
        if not able:
            raise NoSigningKeyError
        return max(able, key=lambda key: key.signs_from)

    def verifier(self, kid: str, moment: datetime) -> Ed25519PublicKey | None:
        """The key that verifies what `kid` signed; None when it is unknown or its last token has expired."""
        return next((key.public for key in self.keys if key.kid == kid and moment < key.good_until), None)

    def jwks(self, moment: datetime) -> Jwks:
        """The document for verifiers (RFC 7517): every key that signs, did until lately, or will next."""
        return {"keys": [_jwk(key) for key in self.keys if moment < key.good_until]}


def new_key(signs_from: datetime, *, signs_for: timedelta, verifies_after: timedelta) -> SigningKey:
    """A key pair that nobody has seen yet; `verifies_after` is how long its last token lives."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    until = signs_from + signs_for
    return SigningKey(thumbprint(public), public, private, signs_from, until, until + verifies_after)


def standing_keys() -> KeySet:
    """One new key that signs for a year, for a process that needs neither a database nor colleagues, such as a test."""
    day = timedelta(days=1)
    return KeySet((new_key(datetime.now(UTC) - day, signs_for=365 * day, verifies_after=day),))


def thumbprint(public: Ed25519PublicKey) -> str:
    """The key id: the digest of the public key that RFC 7638 describes, so that no two keys can share one."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": _text(public.public_bytes_raw())}
    return _text(hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest())


def _jwk(key: SigningKey) -> dict[str, str]:
    x = _text(key.public.public_bytes_raw())
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key.kid, "use": "sig", "alg": ALGORITHM}


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
