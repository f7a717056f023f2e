"""Callers for tests: clients of an application, with or without a token."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from stackyard_kit.asgi import App
    from stackyard_kit.tokens import AccessTokens

ORIGIN = "http://test"


def bearer(token: str) -> dict[str, str]:
    """The header that carries an access token."""
    return {"Authorization": f"Bearer {token}"}


def signed_in(tokens: AccessTokens, *, role: str, id: str = "7", name: str = "Cleo") -> dict[str, str]:
    """The header of somebody who signed in a moment ago."""
    return bearer(tokens.issue(id=id, name=name, role=role))


@contextlib.asynccontextmanager
async def client(app: App, headers: dict[str, str] | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application in this process, which is started before the block and stopped after it."""
    import httpx

    async with started(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as made:
            yield made


@contextlib.asynccontextmanager
async def started(app: App) -> AsyncIterator[None]:
    """The application with its lifespan begun. Raises RuntimeError when it does not start."""
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    outbox: asyncio.Queue[Any] = asyncio.Queue()

    async def live() -> None:
        await app({"type": "lifespan", "asgi": {"version": "3.0"}}, inbox.get, outbox.put)

    life = asyncio.create_task(live())
    await inbox.put({"type": "lifespan.startup"})
    answer = asyncio.create_task(outbox.get())
    await asyncio.wait((life, answer), return_when=asyncio.FIRST_COMPLETED)
    said = answer.result() if answer.done() else {"type": "nothing", "message": "it ended without a word"}
    if said["type"] != "lifespan.startup.complete":
        answer.cancel()
        await life
        raise RuntimeError(f"the application does not start: {said.get('message', '')}")
    try:
        yield
    finally:
        await inbox.put({"type": "lifespan.shutdown"})
        await life
