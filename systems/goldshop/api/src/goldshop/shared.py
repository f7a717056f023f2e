"""What the API and the worker share: tables of the kit in use, channels, and the cache."""

from __future__ import annotations

from goldshop import tables
from stackyard_kit.cache import Cache
from stackyard_kit.fanout import Fanout
from stackyard_kit.idempotency import Once
from stackyard_kit.metrics import Metrics
from stackyard_kit.outbox import Outbox
from stackyard_kit.redis_link import RedisLink

CACHE_SECONDS = 15.0
"""How long a list or a report may be kept; a change makes it old at once."""

ONCE = Once(tables.idempotency)
"""What is asked with an Idempotency-Key."""

OUTBOX = Outbox(tables.outbox)
"""What other parts hear of when it is committed."""

LIVE, EVENTS = "goldshop:live", "goldshop:events"
"""The channels of Redis: what people watch, and all that the outbox delivers."""


def live_fanout(link: RedisLink) -> Fanout:
    """The channel of live updates, the same for the API and the worker."""
    return Fanout(link, LIVE)


def shared_cache(link: RedisLink, metrics: Metrics) -> Cache:
    """The cache, the same for the API and the worker."""
    return Cache(link, metrics.cache_reads, prefix="goldshop", ttl=CACHE_SECONDS)
