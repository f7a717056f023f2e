"""The shapes of ASGI, and a JSON answer that needs no framework."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


async def send_json(send: Send, status: int, body: Any, media_type: str = "application/json") -> None:
    """Answer an HTTP request with `body` as JSON; nothing may keep the answer in a cache."""
    content = json.dumps(body, default=str).encode()
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def header(scope: Scope, name: bytes) -> str:
    """The value of the request header `name` (lower case), or "" when it is absent."""
    return next((value.decode("latin-1") for key, value in scope.get("headers", ()) if key == name), "")
