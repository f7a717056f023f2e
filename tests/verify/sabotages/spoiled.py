"""The API of inventr, spoiled: it runs in the place of the real one, and breaks the promise that SPOIL names."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from inventr.app import create_app as create_honest_app  # type: ignore[import-not-found]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_TRACE = b'Traceback (most recent call last):\n  File "/srv/app/main.py", line 7, in read\nKeyError: 7\n'


def create_app() -> App:
    """The real application, but for what it says."""
    honest, spoil = create_honest_app(), os.environ["SPOIL"]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http":
            await honest(scope, receive, send)
        elif spoil == "slow" and path.startswith("/api/health"):
            await asyncio.sleep(0.4)
            await honest(scope, receive, send)
        elif spoil == "figures" and path == "/metrics":
            await _answer(send, 200, b"http_requests_total 7\n", b"text/plain")
        elif spoil == "ids":
            headers = [one for one in scope["headers"] if one[0] != b"x-request-id"]
            await honest({**scope, "headers": headers}, receive, send)
        elif spoil in ("document", "errors", "doors"):
            await _change(honest, spoil, scope, receive, send)
        else:
            await honest(scope, receive, send)

    return app


async def _change(honest: App, spoil: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Let the real application answer, and say something else where it is worth it."""
    said: list[Scope] = []

    async def listen(message: Scope) -> None:
        said.append(message)

    await honest(scope, receive, listen)
    status = said[0]["status"]
    body = b"".join(message.get("body", b"") for message in said[1:])
    if spoil == "document" and scope["path"] == "/api/openapi.json":
        await _answer(send, 200, json.dumps({**json.loads(body), "info": {}}).encode(), b"application/json")
    elif spoil == "errors" and status == 404:
        await _answer(send, 404, _TRACE, b"text/plain")
    elif spoil == "doors" and status == 401 and any(name == b"authorization" for name, _ in scope["headers"]):
        await _answer(send, 200, b"{}", b"application/json")
    else:
        for message in said:
            await send(message)


async def _answer(send: Send, status: int, body: bytes, kind: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": body})
