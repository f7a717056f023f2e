"""Where a relay delivers to: functions chosen by the kind of event, and Redis channels."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping

from stackyard_kit.outbox import Envelope
from stackyard_kit.redis_link import RedisLink
from stackyard_kit.relay import Deliver


class NotDeliveredError(Exception):
    """What should have taken the event is away."""


def by_kind(routes: Mapping[str, Deliver | tuple[Deliver, ...]]) -> Deliver:
    """A delivery to what `routes` names for an event's kind, in order; "*" stands for every kind.

    When one of several fails all of them get the event again. A kind that nobody wants counts as delivered.
    """

    async def deliver(envelope: Envelope) -> None:
        for name in (envelope.event.kind, "*"):
            wanted = routes.get(name, ())
            for one in wanted if isinstance(wanted, tuple) else (wanted,):
                await one(envelope)

    return deliver


def to_channel(link: RedisLink, channel: str) -> Deliver:
    """A delivery to all who listen on a Redis channel now, in the shape in which `fanout` speaks.

    Delivered means that Redis took it: who does not listen at that moment does not hear it, as it is with Redis.
    """
    origin = uuid.uuid4().hex

    async def deliver(envelope: Envelope) -> None:
        event = envelope.event
        told = {**event.payload, "type": event.kind, "event_id": str(event.id)}
        body = json.dumps({"origin": origin, "events": [told]}, default=str)
        if await link.command("PUBLISH", channel, body) is None:
            raise NotDeliveredError("Redis is away")

    return deliver
