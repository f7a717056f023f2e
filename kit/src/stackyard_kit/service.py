"""The service as the server sees it: it loads the application once, and answers probes beside it.

Ready means ready: the application is loaded before the first connection is accepted.
"""

from __future__ import annotations

import contextlib
import gc
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from stackyard_kit import health, logs
from stackyard_kit.asgi import App, Receive, Scope, Send, send_json
from stackyard_kit.health import Check, Health
from stackyard_kit.settings import Settings

log = logging.getLogger(__name__)

Loaded = contextlib.AbstractAsyncContextManager[App]
"""The application: entering gives what serves requests, leaving closes what it holds."""


class Service:
    """An ASGI application: probes here, everything else in the application that `load` builds."""

    def __init__(
        self,
        settings: Settings,
        load: Callable[[], Loaded],
        checks: tuple[Check, ...],
        close: Callable[[], Awaitable[None]],
    ) -> None:
        self.settings = settings
        self._load = load
        self._close = close
        self._health = Health(checks)
        self._application: App | None = None
        self._stack = contextlib.AsyncExitStack()
        self._probes = {
            "/health": self._answer_readiness,
            "/api/health": self._answer_readiness,
            "/api/health/readiness": self._answer_readiness,
            "/api/health/liveness": self._answer_liveness,
            "/api/health/startup": self._answer_startup,
            "/api/health/detailed": self._answer_detailed,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI wants it."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"] in self._probes:
            await self._probes[scope["path"]](send)
        else:
            assert self._application is not None, "the server calls before it has started the lifespan"
            await self._application(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self._application = await self._loaded()
        except Exception as failure:
            log.exception("the service cannot start")
            await send({"type": "lifespan.startup.failed", "message": type(failure).__name__})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stack.aclose()
        await self._close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _loaded(self) -> App:
        # Nothing that is imported is garbage: looking for it takes a fifth of a start, and would go on at every
        # collection of what is loaded for good.
        gc.disable()
        try:
            return await self._stack.enter_async_context(self._load())
        finally:
            gc.freeze()
            gc.enable()

    async def _answer_liveness(self, send: Send) -> None:
        await send_json(send, 200, {"status": "ok"})

    async def _answer_startup(self, send: Send) -> None:
        await send_json(send, 200, {"status": "loaded"})

    async def _answer_readiness(self, send: Send) -> None:
        verdict = health.verdict(await self._health.findings())
        await send_json(send, 503 if verdict == "unavailable" else 200, {"status": verdict})

    async def _answer_detailed(self, send: Send) -> None:
        findings = await self._health.findings()
        verdict = health.verdict(findings)
        body: dict[str, Any] = {
            "status": verdict,
            "service": self.settings.service,
            "environment": self.settings.environment,
            "checks": health.details(findings),
        }
        await send_json(send, 503 if verdict == "unavailable" else 200, body)


def create_app(
    settings: Settings, *, load: Callable[[], Loaded], checks: tuple[Check, ...], close: Callable[[], Awaitable[None]]
) -> Service:
    """The service of `settings`: logs configured, `checks` answering probes, `load` called once for the application.

    `close` is awaited last of all, for what the checks hold open.
    """
    logs.configure(settings.service, settings.log_level)
    return Service(settings, load, checks, close)
