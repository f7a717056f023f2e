"""Rate limits that all processes share, counted in Redis; while it is away each process counts for itself.

That is the policy: a limit protects the service, so its store may not become what takes it down. With N processes a
caller gets at most N times the amount while Redis is away.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request, Response
from limits import RateLimitItem, RateLimitItemPerSecond, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from prometheus_client import Counter

from stackyard_kit.metrics import Metrics
from stackyard_kit.problems import ProblemError
from stackyard_kit.redis_link import RedisLink


@dataclass(frozen=True)
class Rule:
    """At most `amount` requests of one caller in any `seconds`; `name` stands in headers, figures and keys."""

    name: str
    amount: int
    seconds: int

    @classmethod
    def of(cls, name: str, text: str) -> Rule:
        """The rule of a text such as "5/minute" or "100 per 15 minutes". Raises ValueError for anything else."""
        item = parse(text)
        return cls(name, item.amount, item.get_expiry())

    @property
    def item(self) -> RateLimitItem:
        return RateLimitItemPerSecond(self.amount, self.seconds, namespace=self.name)

    @property
    def policy(self) -> str:
        """The field RateLimit-Policy."""
        return f'"{self.name}";q={self.amount};w={self.seconds}'


@dataclass(frozen=True)
class Allowance:
    """What a caller has left of a rule: `remaining` requests, and one more in `wait` seconds."""

    rule: Rule
    is_allowed: bool
    remaining: int
    wait: int

    @property
    def headers(self) -> dict[str, str]:
        """The fields that tell a client how to behave before it has to be refused."""
        told = {
            "RateLimit-Policy": self.rule.policy,
            "RateLimit": f'"{self.rule.name}";r={self.remaining};t={self.wait}',
        }
        return told if self.is_allowed else {**told, "Retry-After": str(self.wait)}


class RateLimiter:
    """Counts the requests of callers in a moving window, so that no moment lets twice the amount through."""

    def __init__(self, link: RedisLink, metrics: Metrics, *, prefix: str) -> None:
        self._link = link
        self._decisions = _decisions(metrics)
        shared = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=f"{prefix}:limit",
            connection_pool=link.client.connection_pool,  # type: ignore[arg-type]
        )
        self._shared = MovingWindowRateLimiter(shared)
        self._own = MovingWindowRateLimiter(MemoryStorage())

    async def hit(self, rule: Rule, caller: str) -> Allowance:
        """Count a request of `caller` and say whether it may pass."""
        allowance = await self._link.attempt(lambda: _hit(self._shared, rule, caller))
        where = "shared"
        if allowance is None:
            allowance, where = await _hit(self._own, rule, caller), "process"
        self._decisions.labels(rule.name, "allowed" if allowance.is_allowed else "refused", where).inc()
        return allowance


def by_address(request: Request) -> str:
    """The address of the client, as the server takes it from the edge that it trusts."""
    return request.client.host if request.client else ""


def limited(
    rule: Rule, limiter_of: Callable[[Request], RateLimiter], caller_of: Callable[[Request], str] = by_address
) -> Callable[[Request, Response], object]:
    """A dependency for routes: `dependencies=[Depends(limited(Rule.of("login", "5/minute"), limiter_of))]`.

    It refuses with problem 429 `too-many-requests`, and tells what is left in the fields RateLimit and
    RateLimit-Policy.
    """

    async def check(request: Request, response: Response) -> None:
        allowance = await limiter_of(request).hit(rule, caller_of(request))
        if not allowance.is_allowed:
            detail = f"Too many requests. Please try again in {allowance.wait} s."
            raise ProblemError(429, detail, kind="too-many-requests", headers=allowance.headers)
        response.headers.update(allowance.headers)

    return check


async def _hit(limiter: MovingWindowRateLimiter, rule: Rule, caller: str) -> Allowance:
    item = rule.item
    is_allowed = await limiter.hit(item, caller)
    until, remaining = await limiter.get_window_stats(item, caller)
    return Allowance(rule, is_allowed, remaining, max(1, math.ceil(until - time.time())))


def _decisions(metrics: Metrics) -> Counter:
    return metrics.counter(
        "rate_limit_decisions",
        "Requests counted by a rate limit: allowed or refused, by the shared count or this process's own",
        ("rule", "result", "count"),
    )
