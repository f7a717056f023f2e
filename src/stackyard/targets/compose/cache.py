"""A Redis in a container, reached through a relay."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.model.system import Redis
from stackyard.resources import redis
from stackyard.targets.compose.parts.redis import PORT
from stackyard.targets.compose.relay import Relay
from stackyard.targets.local import redis_settings

if TYPE_CHECKING:
    from redis import Redis as Connection

PROBE_USERS = frozenset({redis.PROBE_USER})
"""Users that are there for the health check."""


@contextlib.contextmanager
def reached(resource: Redis, store: Path, container: str, user: str = redis.ADMIN_USER) -> Iterator[Connection]:
    """A connection as the administrator, or another user; nothing is sent yet. `store` is the folder of secrets.

    Raises StateError without a password.
    """
    with (
        Relay(container, f"127.0.0.1:{PORT}", user="") as relay,
        redis_settings.connect(resource, store, user, socket=str(relay.path)) as connection,
    ):
        yield connection
