"""The layers around an application: each wraps the next and does one thing."""

from __future__ import annotations

import logging
import time

from stackyard_kit import correlation, deadline
from stackyard_kit.asgi import App, Message, Receive, Scope, Send, header

log = logging.getLogger("stackyard_kit.request")


class Correlated:
    """Takes the correlation id from X-Request-ID or makes one, and gives it back in the answer."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        chosen = correlation.accept(header(scope, b"x-request-id")).encode()

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", chosen)]
            await send(message)

        await self.app(scope, receive, mark)


class Bounded:
    """Takes the caller's deadline from X-Request-Timeout, for the calls that the request makes in its turn."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seconds = deadline.read(header(scope, b"x-request-timeout")) if scope["type"] == "http" else None
        if seconds is None:
            await self.app(scope, receive, send)
            return
        with deadline.within(seconds):
            await self.app(scope, receive, send)


class Logged:
    """Writes one line for each request when its answer is out; the query string may hold secrets and stays out."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            fields = {
                "method": scope.get("method", "WEBSOCKET"),
                "path": scope["path"],
                "status": status or None,
                "milliseconds": round((time.perf_counter() - started) * 1000, 1),
                "client": (scope.get("client") or ("",))[0],
            }
            level = logging.ERROR if status >= 500 else logging.INFO
            if log.isEnabledFor(level):
                # Made by hand: to find out which line of code logs takes longer than all else, and it is this one.
                record = log.makeRecord(log.name, level, __file__, 0, "request", (), None, extra={"fields": fields})
                log.handle(record)


class Contained:
    """Logs what nobody caught, so that it ends here and not in the server's own log without an id."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception:
            log.exception("unhandled failure", extra={"fields": {"path": scope["path"]}})
            if scope["type"] == "websocket":
                await _close(send)


async def _close(send: Send) -> None:
    # 1011: the server met an unexpected condition. The socket may be closed already, which is as good.
    try:
        await send({"type": "websocket.close", "code": 1011})
    except RuntimeError:
        log.debug("the socket was closed before")
