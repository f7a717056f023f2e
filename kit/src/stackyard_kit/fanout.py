"""Events to the clients of every process: straight to our own, by Redis to those of the others."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

from stackyard_kit.redis_link import AWAY, RedisLink

log = logging.getLogger(__name__)

Event = dict[str, Any]

BACKLOG = 256
"""Events a client may be behind before it is given up as too slow."""

_LONGEST_PAUSE = 5.0


class Subscription:
    """What one client has not read yet. `overrun` says that events were lost and the client has to start afresh."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Event] = asyncio.Queue(BACKLOG)
        self.overrun = False

    def put(self, event: Event) -> None:
        """Add an event, or mark the client as overrun."""
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            self.overrun = True

    async def next(self) -> Event:
        """The next event, as soon as there is one."""
        return await self._events.get()


class Fanout:
    """One channel. Publishing never fails: without Redis the clients of this process still hear everything."""

    def __init__(self, link: RedisLink, channel: str) -> None:
        self._link = link
        self._channel = channel
        self._origin = uuid.uuid4().hex
        self._subscriptions: set[Subscription] = set()
        self._relay: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to hear the other processes."""
        self._relay = asyncio.create_task(self._relay_forever())

    async def close(self) -> None:
        """Stop hearing them."""
        if self._relay is not None:
            self._relay.cancel()
            await asyncio.wait([self._relay])

    @contextlib.contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """Everything published from now on, until the block ends."""
        subscription = Subscription()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    async def publish(self, *events: Event) -> None:
        """Tell every client. Call it after the commit, never before."""
        for event in events:
            self._deliver(event)
        body = json.dumps({"origin": self._origin, "events": events}, default=str)
        await self._link.command("PUBLISH", self._channel, body)

    def _deliver(self, event: Event) -> None:
        for subscription in tuple(self._subscriptions):
            subscription.put(event)

    async def _relay_forever(self) -> None:
        pause = 0.1
        while True:
            try:
                async with self._link.client.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(self._channel)
                    pause = 0.1
                    await self._relay_from(channel)
            except AWAY:
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _relay_from(self, channel: Any) -> None:
        while True:
            message = await channel.get_message(timeout=10.0)
            if message is None:
                continue
            try:
                received = json.loads(message["data"])
                origin, events = received["origin"], received["events"]
            except (ValueError, KeyError, TypeError):
                log.warning("something else speaks on the channel", extra={"fields": {"channel": self._channel}})
                continue
            if origin != self._origin:
                for event in events:
                    self._deliver(event)
