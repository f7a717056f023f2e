"""What a process knows by heart, read anew while somebody asks for it."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import time
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


class Freshness:
    """Calls `load` when what it brought is older than `seconds`, once for all who wait.

    Under steady load nobody waits: the old knowledge serves while the new is on its way, so it is at most `seconds`
    and one reading old. After a quiet time the first asker waits for the new. When `load` fails, what is known serves
    on, nobody waits for an attempt that may fail as well, and the next comes `seconds` later.
    """

    def __init__(self, what: str, load: Callable[[], Awaitable[None]], *, seconds: float) -> None:
        self._what = what
        self._load = load
        self._seconds = seconds
        self._tried = self._loaded = float("-inf")
        self._failure: Exception | None = None
        self._reading: asyncio.Task[None] | None = None

    async def ensure(self) -> None:
        """Return when what is known is fresh enough. Raises what `load` raises when nothing was ever known."""
        moment = time.monotonic()
        reading = self._reading
        if reading is None and moment - self._tried >= self._seconds:
            reading = self._begin(moment)
        is_old = moment - self._loaded > 2 * self._seconds
        if reading is not None and is_old and (self._failure is None or not self.is_known):
            await asyncio.shield(reading)
        if not self.is_known and self._failure is not None:
            raise self._failure

    async def again(self, *, at_most_every: float = 0.0) -> None:
        """Load now, unless that was tried less than `at_most_every` seconds ago."""
        if time.monotonic() - self._tried >= at_most_every:
            await asyncio.shield(self._reading or self._begin(time.monotonic()))

    def expire(self) -> None:
        """Let the next asker wait for what is new."""
        self._tried = min(self._tried, time.monotonic() - self._seconds)
        self._loaded = min(self._loaded, time.monotonic() - 3 * self._seconds)

    @property
    def is_known(self) -> bool:
        """Whether `load` ever succeeded."""
        return self._loaded > float("-inf")

    async def close(self) -> None:
        """End a reading that is under way."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading

    def _begin(self, moment: float) -> asyncio.Task[None]:
        self._tried = moment
        # In a context of its own: it serves all, so it carries neither the id nor the deadline of who came first.
        self._reading = asyncio.create_task(self._read(moment), context=contextvars.Context())
        return self._reading

    async def _read(self, begun: float) -> None:
        try:
            await self._load()
        except Exception as failure:  # noqa: BLE001 - whatever it is, what is known has to serve on
            if self._failure is None:
                fields = {"what": self._what, "failure": type(failure).__name__}
                log.warning("what is known grows old", extra={"fields": fields})
            self._failure = failure
        else:
            self._failure = None
            self._loaded = begun
        finally:
            self._reading = None
