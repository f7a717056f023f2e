"""The rate limits as zones of nginx."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from stackyard.model.system import Limit
from stackyard.resources.nginx.paths import below

_SECONDS = {"s": 1, "min": 60}


@dataclass(frozen=True)
class Zone:
    """One limit: requests whose path matches `pattern`, `rate` as nginx writes it.

    `burst` is what nginx lets through at once after the first; `retry` the seconds until the next one is let through.
    """

    name: str
    pattern: str
    rate: str
    burst: int
    retry: int


def zones(limits: Iterable[Limit]) -> tuple[Zone, ...]:
    """The limits, longest path first: a request counts in the first zone that matches it, and in no other.

    A limit is a bucket that holds `count + burst` requests and refills at `rate`. nginx admits one request and then
    `burst` more, hence the one less. Zones are named by their position in the path order and hold one kind of key, so
    that nginx can reload with other rates.
    """
    ordered = sorted(limits, key=lambda limit: (-len(limit.path.rstrip("/")), limit.path))
    return tuple(_zone(number, limit) for number, limit in enumerate(ordered, start=1))


def _zone(number: int, limit: Limit) -> Zone:
    return Zone(
        name=f"rate_{number}",
        pattern=below(limit.path),
        rate=f"{limit.rate.count}r/{'s' if limit.rate.per == 's' else 'm'}",
        burst=limit.rate.count + limit.burst - 1,
        retry=math.ceil(_SECONDS[limit.rate.per] / limit.rate.count),
    )
