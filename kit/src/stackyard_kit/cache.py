"""Cache-aside and write-through on Redis. The cache makes a service quicker, no more: without Redis all is a miss."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from prometheus_client import Counter

from stackyard_kit.redis_link import RedisLink

Compute = Callable[[], Awaitable[bytes]]

LOCK_SECONDS = 10.0
"""How long one process may compute a value before another may try: a process that died blocks nobody for longer."""

PATIENCE_SECONDS = 2.0
"""How long a request waits for the value that another process computes before it computes one itself."""

_POLL_SECONDS = 0.02

# Before each value stand, in fixed width: until when it is fresh, its order, and what makes this writing unlike others.
_FRESH, _ORDER, _NONCE = 13, 20, 16
_HEAD = _FRESH + _ORDER + _NONCE

# Computed values do not replace what was written meanwhile: that is younger than the data they were computed from.
_STORE_COMPUTED = """
if redis.call('GETRANGE', KEYS[1], 0, string.len(ARGV[1]) - 1) ~= ARGV[1] then return 0 end
if ARGV[1] == '' and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""
_STORE_WRITTEN = """
local order = redis.call('GETRANGE', KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[1]) + tonumber(ARGV[2]) - 1)
if order > ARGV[3] then return 0 end
redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
return 1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


@dataclass(frozen=True)
class _Kept:
    """What the cache holds at a place."""

    head: bytes
    value: bytes

    @property
    def is_fresh(self) -> bool:
        return int(self.head[:_FRESH]) > time.time() * 1000


class Cache:
    """Values by group and key, each fresh for `ttl` seconds.

    A group has a version, which is part of its keys. Invalidating gives it another, so an answer computed from old
    data is stored where nobody looks any more. Should Redis be away just then, this process stops using the group
    until the version has changed; other processes may serve it for `ttl` seconds at most.

    Of all that miss a value at the same time one computes it and the others wait, in this process and in all; its
    failure is theirs too. Who has waited PATIENCE_SECONDS for another process computes for itself. With `stale` a
    value may be told for so many seconds after its `ttl` while one request computes its successor: nobody waits.

    `reads` counts each answer by `result`: hit, stale, shared (computed by another request), miss (computed by this
    one) and away (Redis is).
    """

    def __init__(self, link: RedisLink, reads: Counter, *, prefix: str, ttl: float, stale: float = 0.0) -> None:
        self._link = link
        self._reads = reads
        self._prefix = prefix
        self._ttl = ttl
        self._kept_for = int((ttl + stale) * 1000)
        self._outdated: set[str] = set()
        self._flights: dict[str, asyncio.Future[bytes | None]] = {}

    async def get(self, group: str, key: str, compute: Compute) -> bytes:
        """The value at `key`, computed when the cache does not have it."""
        place = await self._place(group, key)
        if place is None:
            self._count("away")
            return await compute()
        kept = await self._read(place)
        if kept is not None and kept.is_fresh:
            self._count("hit")
            return kept.value
        if (flight := self._flights.get(place)) is not None:
            if kept is not None:
                self._count("stale")
                return kept.value
            # Shielded: a client that goes away ends its own waiting, not that of the others.
            value = await asyncio.shield(flight)
            if value is None:
                return await self.get(group, key, compute)
            self._count("shared")
            return value
        return await self._lead(place, kept, compute)

    async def put(self, group: str, key: str, value: bytes, *, order: int = 0) -> None:
        """Write `value` through, so that the next read finds it. Call it after the commit, never before.

        Of two writers at the same time the one with the higher `order` wins, whoever comes last: give the version of
        the row, or its time of change in microseconds. Should Redis be away, the group is made old instead.
        """
        place = await self._place(group, key)
        if place is not None:
            stamp = f"{order:0{_ORDER}d}"
            body = self._head(order) + value
            words = (_STORE_WRITTEN, 1, place, _FRESH, _ORDER, stamp, body, self._kept_for)
            if await self._link.command("EVAL", *words) is not None:
                return
        await self.invalidate(group)

    async def invalidate(self, *groups: str) -> None:
        """Make every value of `groups` old. Call it after the commit, never before."""
        self._outdated.update(groups)
        await self._catch_up()

    async def _lead(self, place: str, kept: _Kept | None, compute: Compute) -> bytes:
        flight = self._flights[place] = asyncio.get_running_loop().create_future()
        try:
            value = await self._compute_or_wait(place, kept, compute)
            flight.set_result(value)
            return value
        except Exception as failure:
            flight.set_exception(failure)
            # Seen, also when nobody follows.
            flight.exception()
            raise
        finally:
            del self._flights[place]
            if not flight.done():
                # The client went away: whoever follows takes the lead.
                flight.set_result(None)

    async def _compute_or_wait(self, place: str, kept: _Kept | None, compute: Compute) -> bytes:
        lock, token = f"{place}:lock", secrets.token_hex(8)
        taken = await self._link.command("SET", lock, token, "NX", "PX", int(LOCK_SECONDS * 1000))
        if taken is None and not self._link.is_resting:
            if kept is not None:
                self._count("stale")
                return kept.value
            if (found := await self._await_other(place, lock)) is not None:
                self._count("shared")
                return found
        try:
            if taken is not None:
                # Between our look and the lock somebody may have stored it and let go.
                kept = await self._read(place)
                if kept is not None and kept.is_fresh:
                    self._count("shared")
                    return kept.value
            self._count("miss")
            value = await compute()
            seen = kept.head if kept else b""
            await self._link.command("EVAL", _STORE_COMPUTED, 1, place, seen, self._head() + value, self._kept_for)
            return value
        finally:
            if taken is not None:
                await self._link.command("EVAL", _RELEASE, 1, lock, token)

    async def _await_other(self, place: str, lock: str) -> bytes | None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            await asyncio.sleep(_POLL_SECONDS)
            # The lock first: whoever holds it stores before it lets go.
            is_held = await self._link.command("EXISTS", lock)
            kept = await self._read(place)
            if kept is not None:
                return kept.value
            if not is_held:
                return None
        return None

    async def _read(self, place: str) -> _Kept | None:
        found: bytes | None = await self._link.command("GET", place)
        return None if found is None else _Kept(found[:_HEAD], found[_HEAD:])

    def _head(self, order: int = 0) -> bytes:
        fresh_until = int((time.time() + self._ttl) * 1000)
        return f"{fresh_until:0{_FRESH}d}{order:0{_ORDER}d}{secrets.token_hex(_NONCE // 2)}".encode()

    async def _catch_up(self) -> None:
        for group in tuple(self._outdated):
            # Not a count: one that was evicted would begin again, and meet the values of its first life.
            if await self._link.command("SET", self._version_key(group), secrets.token_hex(8)) is not None:
                self._outdated.discard(group)

    async def _place(self, group: str, key: str) -> str | None:
        await self._catch_up()
        version = await self._link.command("GET", self._version_key(group))
        if group in self._outdated or self._link.is_resting:
            return None
        return f"{self._prefix}:{group}:{(version or b'0').decode()}:{key}"

    def _version_key(self, group: str) -> str:
        return f"{self._prefix}:{group}:version"

    def _count(self, result: str) -> None:
        self._reads.labels(result).inc()
