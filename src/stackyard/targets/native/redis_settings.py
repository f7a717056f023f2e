"""What a Redis on this machine runs with, reached at its port of loopback; the rest is what every target does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from stackyard.model.system import Redis
from stackyard.resources import redis
from stackyard.targets.local import redis_settings as common
from stackyard.targets.names import LOOPBACK
from stackyard.targets.native.layout import Layout

if TYPE_CHECKING:
    from redis import Redis as Connection

    from stackyard.targets.native.target import NativeTarget


def connect(resource: Redis, layout: Layout, port: int, user: str = redis.ADMIN_USER) -> Connection:
    """A connection as the administrator, or another user; nothing is sent yet. Raises StateError without a password."""
    return common.connect(resource, layout.secrets, user, host=LOOPBACK, port=port)


def differences(resource: Redis, layout: Layout, port: int, config: str) -> tuple[str, ...]:
    """A sentence for each thing that is otherwise than the files say; `config` is the text of redis.conf.

    A server that does not answer is not compared. Raises StateError without a password.
    """
    with connect(resource, layout, port) as connection:
        return common.differences(connection, resource, layout.secrets, config)


def put_right(target: NativeTarget, resource: Redis, restart: Callable[[], None]) -> None:
    """Have the server run as its files say. Raises PartError."""
    config = next(file.content for file in target.blueprint.files[resource.name] if file.path == redis.CONFIG)
    with connect(resource, target.layout, target.machine.ports[resource.name]) as connection:
        common.put_right(connection, resource, config, restart)


def complete_log(target: NativeTarget, resource: Redis) -> None:
    """Before a restart: see that what is in memory is in the log, too. Raises PartError."""
    with connect(resource, target.layout, target.machine.ports[resource.name]) as connection:
        common.complete_log(connection, resource)
