"""Telling everybody what has changed, after the commit: cached answers become old, and clients hear of it."""

from __future__ import annotations

from collections.abc import Iterable

from goldshop.clock import now
from goldshop.parts import Parts
from goldshop.schemas.stock import LevelOut

ITEMS = "items"
"""The group of cached answers that hold items, their prices or their stock."""

REPORTS = "reports"
"""The group of cached answers that hold sums over stock, sales or the books."""

Event = dict[str, object]


async def changed(parts: Parts, levels: Iterable[LevelOut] = (), *events: Event) -> None:
    """Tell of new stock levels and of `events`. Call it after the commit, never before."""
    await parts.cache.invalidate(ITEMS, REPORTS)
    at = now().isoformat()
    stock: list[Event] = [{"type": "stock", **level.model_dump(mode="json"), "at": at} for level in levels]
    if stock or events:
        await parts.fanout.publish(*stock, *events)
