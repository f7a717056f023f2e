"""SCRAM-SHA-256 verifiers (RFC 5802, RFC 7677): what PostgreSQL keeps instead of a password.

Made here, they let a password be set and compared without the clear text ever reaching the server or its log.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping

ITERATIONS = 4096
"""PostgreSQL's own default. Our passwords carry more than 250 bits, so that more rounds would only slow every login."""

_SALT_BYTES = 16


def scram_verifier(password: str, salt: bytes | None = None) -> str:
    """The verifier of a password, with a random salt unless one is given.

    Raises ValueError unless the password is printable ASCII: anything else would have to be normalised as the server
    does it, and a password that looks right but never matches is worse than a refusal.
    """
    if not password or not password.isascii() or not password.isprintable():
        raise ValueError("a database password must be printable ASCII characters")
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    stored, server = _keys(password, salt, ITERATIONS)
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def scram_matches(verifier: str, password: str) -> bool:
    """True when the verifier is one of this password; False also for anything that is not a SCRAM-SHA-256 verifier."""
    try:
        method, parameters, keys = verifier.split("$")
        iterations, salt = parameters.split(":")
        stored, server = keys.split(":")
        wanted = _keys(password, base64.b64decode(salt, validate=True), int(iterations))
        found = (base64.b64decode(stored, validate=True), base64.b64decode(server, validate=True))
    except (ValueError, binascii.Error):
        return False
    same = [hmac.compare_digest(one, other) for one, other in zip(wanted, found, strict=True)]
    return method == "SCRAM-SHA-256" and all(same)


def wanted_verifiers(observed: Mapping[str, str], passwords: Mapping[str, str]) -> dict[str, str]:
    """The verifier that each role should have: the observed one where it fits the password, otherwise a new one.

    Both mappings go by the name of the role. Raises ValueError as `scram_verifier` does.
    """
    return {
        role: observed[role] if scram_matches(observed.get(role, ""), password) else scram_verifier(password)
        for role, password in passwords.items()
    }


def _keys(password: str, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    return stored, hmac.digest(salted, b"Server Key", "sha256")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
