"""Cache-aside on Redis. The cache makes a service quicker, no more: when Redis is away, everything is a miss."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from prometheus_client import Counter

from stackyard_kit.redis_link import RedisLink


class Cache:
    """Values by group and key, each for at most `ttl` seconds.

    A group has a version, which is part of its keys. Invalidating moves the version on, so an answer computed from old
    data is stored where nobody looks any more. Should Redis be away just then, this process stops using the group
    until the version has moved; other processes may serve it for `ttl` seconds at most.
    """

    def __init__(self, link: RedisLink, reads: Counter, *, prefix: str, ttl: float) -> None:
        self._link = link
        self._reads = reads
        self._prefix = prefix
        self._ttl = ttl
        self._stale: set[str] = set()

    async def get(self, group: str, key: str, compute: Callable[[], Awaitable[bytes]]) -> bytes:
        """The value at `key`, computed when the cache does not have it."""
        place = await self._place(group, key)
        found: bytes | None = await self._link.command("GET", place) if place else None
        self._reads.labels("away" if place is None else "miss" if found is None else "hit").inc()
        if found is not None:
            return found
        value = await compute()
        if place:
            await self._link.command("SET", place, value, "PX", int(self._ttl * 1000))
        return value

    async def invalidate(self, *groups: str) -> None:
        """Make every value of `groups` old. Call it after the commit, never before."""
        self._stale.update(groups)
        await self._catch_up()

    async def _catch_up(self) -> None:
        for group in tuple(self._stale):
            if await self._link.command("INCR", self._version_key(group)) is not None:
                self._stale.discard(group)

    async def _place(self, group: str, key: str) -> str | None:
        await self._catch_up()
        version = await self._link.command("GET", self._version_key(group))
        if group in self._stale or self._link.is_resting:
            return None
        return f"{self._prefix}:{group}:{(version or b'0').decode()}:{key}"

    def _version_key(self, group: str) -> str:
        return f"{self._prefix}:{group}:version"
