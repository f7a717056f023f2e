"""The way to Redis: quick to give up, and silent for a moment after it failed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from stackyard_kit import spans
from stackyard_kit.settings import Secret

log = logging.getLogger(__name__)

T = TypeVar("T")

AWAY = (RedisError, OSError, asyncio.TimeoutError)
"""What the client raises when Redis does not answer."""

REST_SECONDS = 1.0
"""How long Redis is left alone after it failed, so that its absence costs requests nothing."""


class RedisLink:
    """Commands that never raise. `client` is there for what is not a command, such as a subscription."""

    def __init__(self, url: Secret) -> None:
        # One immediate retry finds out that a pooled connection is dead and Redis itself is not.
        self.client = Redis.from_url(
            url.reveal(),
            socket_connect_timeout=0.5,
            socket_timeout=1.0,
            retry=Retry(NoBackoff(), 1),
        )
        self._rest_until = 0.0

    @property
    def is_resting(self) -> bool:
        """Whether Redis has just failed, so that nobody asks it."""
        return time.monotonic() < self._rest_until

    async def command(self, *words: str | bytes | int) -> Any:
        """Redis' answer, or None when it has none, is away or rests."""
        with spans.span(f"Redis {words[0]!s}", "client"):
            return await self.attempt(lambda: self.client.execute_command(*words))  # type: ignore[no-untyped-call]

    async def attempt(self, work: Callable[[], Awaitable[T]]) -> T | None:
        """What `work` returns, or None when Redis is away or rests; for what asks Redis through a library."""
        if self.is_resting:
            return None
        try:
            return await work()
        except AWAY as failure:
            self._rest_until = time.monotonic() + REST_SECONDS
            log.warning("Redis is away", extra={"fields": {"failure": type(failure).__name__}})
            return None

    async def close(self) -> None:
        """Close every connection."""
        await self.client.aclose()
