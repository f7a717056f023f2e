"""Passwords: argon2id, computed outside the event loop, and as slow for an unknown name as for a known one."""

from __future__ import annotations

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()

AT_ONCE = 2
"""Hashes computed at the same time: each takes 64 MiB and a processor."""


def digest(password: str) -> str:
    """The argon2id hash to store, with its parameters in it."""
    return _HASHER.hash(password)


class Passwords:
    """Checks passwords for one event loop."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def match(self, stored: str | None, password: str) -> bool:
        """Whether `password` belongs to the hash `stored`; None, for an unknown name, takes the same time."""
        async with self._turn:
            return await asyncio.to_thread(_verify, stored or _nobodys(), password) and stored is not None


@cache
def _nobodys() -> str:
    return digest("nobody has this password")


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
