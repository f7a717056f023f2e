"""How a cache is asked: by its administrator, who changes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from stackyard.model.system import Redis, System
from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError

if TYPE_CHECKING:
    import redis


def caches(system: System) -> tuple[Redis, ...]:
    """The caches of a system."""
    return tuple(one for one in system.resources if isinstance(one, Redis))


def has_none(system: System) -> str:
    """Why no check of caches concerns this system, or ""."""
    return "" if caches(system) else "the system has no cache"


@contextlib.contextmanager
def admin(view: View, resource: Redis) -> Iterator[redis.Redis]:
    """A connection as the administrator. Raises CannotSeeError when the server does not let it in."""
    from redis.exceptions import AuthenticationError

    with view.cache(resource) as connection:
        try:
            connection.ping()
        except AuthenticationError as error:
            raise CannotSeeError(
                f"{resource.name} does not accept the password of its administrator: {error}"
            ) from None
        yield connection
