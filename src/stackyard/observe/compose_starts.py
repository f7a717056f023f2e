"""When containers were started and when they were ready, as far as the engine and the servers themselves remember."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from stackyard.model.system import Postgres, Redis, Resource
from stackyard.observe.compose_containers import Own
from stackyard.observe.logs import LogLine
from stackyard.observe.seen import Start

_READY = {Postgres: "database system is ready to accept connections", Redis: "Ready to accept connections"}

FOLLOWING = "database system is ready to accept read-only connections"
"""What a replica says when it is ready."""


def word_of(resource: Resource | None) -> str:
    """What a server writes into its log when it is ready; "" for others, which are as good as ready when they start."""
    return next((word for kind, word in _READY.items() if isinstance(resource, kind)), "")


def start_of(one: Own, said: Iterable[LogLine], word: str) -> Start:
    """The start of a container; `said` is its log.

    An earlier life of the same container counts, from when it was ready until it ended: who was started then was
    started in order. One that ended by itself, because what it needs went away, the engine starts again as soon as it
    can: nobody has started that, in any order.
    """
    begun, ended, made = one.begun, one.ended, one.made
    moments = [line.ts for line in said if word in line.line] if word else []
    times: list[tuple[datetime, datetime | None]] = []
    if begun is not None and one.container.is_running:
        first = next((ts for ts in moments if ts >= begun), None) if word else begun
        times += [(first, None)] if first is not None else []
    if made is not None and begun is not None and ended is not None and made < ended < begun:
        first = next((ts for ts in moments if ts < ended), None) if word else made
        times += [(first, ended)] if first is not None else []
    return Start(None if one.container.restarts else begun, tuple(times), made)
