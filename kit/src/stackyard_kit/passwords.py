"""Passwords: argon2id, computed outside the event loop, and as slow for an unknown name as for a known one."""

from __future__ import annotations

import asyncio
import base64
import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()

AT_ONCE = 2
"""Hashes computed at the same time: each takes 64 MiB and a processor."""


def digest(password: str) -> str:
    """The argon2id hash to store, with its parameters in it."""
    return _HASHER.hash(password)


@cache
def digest_begun(password: str) -> Future[str]:
    """Its digest, which the first call for a password begins on another processor: it is slow by intention."""
    worker = ThreadPoolExecutor(1, thread_name_prefix="digest")
    begun = worker.submit(digest, password)
    worker.shutdown(wait=False)
    return begun


class Passwords:
    """Makes and checks hashes for one event loop."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._nobodys = _hash_of_nobody()

    async def digest(self, password: str) -> str:
        """The argon2id hash to store."""
        async with self._turn:
            return await asyncio.to_thread(digest, password)

    async def match(self, stored: str | None, password: str) -> bool:
        """Whether `password` belongs to the hash `stored`; None, for an unknown name, takes the same time."""
        async with self._turn:
            return await asyncio.to_thread(_verify, stored or self._nobodys, password) and stored is not None


def _hash_of_nobody() -> str:
    # Nothing has to be computed for it: what is compared with it takes as long, and never matches.
    salt, mark = (
        base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (_HASHER.salt_len, _HASHER.hash_len)
    )
    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${mark}"


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
