"""Live updates over a WebSocket: the client signs in with its first message, then hears of every event of a fanout.

    @router.websocket("/api/ws", dependencies=[public("It signs in with its first message.")])
    async def live(socket: WebSocket, parts: PartsDep) -> None:
        await serve(socket, Live(parts.identity, parts.fanout, parts.metrics, parts.settings.public_url))

The first message is {"type": "auth", "token": ...}, the first answer {"type": "ready"}; then come the events, and a
{"type": "ping"} when there are none. It is closed with NOT_SIGNED_IN, EXPIRED or TOO_SLOW, for the client to act on.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from fastapi import WebSocket, WebSocketDisconnect

from stackyard_kit.fanout import Fanout, Subscription
from stackyard_kit.identity import Identity
from stackyard_kit.metrics import Metrics
from stackyard_kit.tokens import Caller, TokenRefusedError

SIGN_IN_SECONDS = 5.0
PING_SECONDS = 20.0
SESSION_SECONDS = 2.0
"""How often a socket asks whether its session has been ended."""

NOT_SIGNED_IN = 4401
EXPIRED = 4408
TOO_SLOW = 1013


@dataclass(frozen=True)
class Live:
    """What sockets are served from. Browsers may open them from pages of `public_url`, or of the host they ask."""

    identity: Identity
    fanout: Fanout
    metrics: Metrics
    public_url: str = ""


async def serve(socket: WebSocket, live: Live) -> None:
    """Serve one client until it leaves, its token expires or its session ends, or it falls too far behind."""
    if not _is_ours(socket, live.public_url):
        # Before the handshake is accepted this is answered with 403.
        await socket.close()
        return
    await socket.accept()
    with live.metrics.sockets.track_inprogress():
        try:
            await _serve(socket, live)
        except WebSocketDisconnect:
            return


def _is_ours(socket: WebSocket, public_url: str) -> bool:
    origin = socket.headers.get("origin")
    if origin is None:
        # Not a browser: nothing could have been tricked into opening this socket.
        return True
    # The page that asks came from the host it asks: the public address, or a direct port in development.
    own = f"{urlsplit(origin).scheme}://{socket.headers.get('host', '')}"
    return origin.rstrip("/").lower() in {own.rstrip("/").lower(), public_url.rstrip("/").lower()}


async def _serve(socket: WebSocket, live: Live) -> None:
    try:
        caller = await _sign_in(socket, live)
    except TokenRefusedError:
        await socket.close(NOT_SIGNED_IN, "not signed in")
        return
    except TimeoutError:
        await socket.close(NOT_SIGNED_IN, "not signed in in time")
        return
    with live.fanout.subscribe() as subscription:
        await socket.send_json({"type": "ready"})
        listening = asyncio.create_task(_until_gone(socket))
        speaking = asyncio.create_task(_speak(socket, live, subscription, caller))
        try:
            done, _ = await asyncio.wait((listening, speaking), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            listening.cancel()
            speaking.cancel()
            await asyncio.gather(listening, speaking, return_exceptions=True)


async def _sign_in(socket: WebSocket, live: Live) -> Caller:
    async with asyncio.timeout(SIGN_IN_SECONDS):
        text = await socket.receive_text()
    try:
        message = json.loads(text)
    except ValueError:
        message = None
    if not isinstance(message, dict) or message.get("type") != "auth" or not isinstance(message.get("token"), str):
        raise TokenRefusedError("the first message has to sign in")
    return await live.identity.caller(message["token"])


async def _until_gone(socket: WebSocket) -> None:
    # Nothing else is expected from a client; reading is how its leaving is noticed.
    while (await socket.receive())["type"] != "websocket.disconnect":
        continue


async def _speak(socket: WebSocket, live: Live, subscription: Subscription, caller: Caller) -> None:
    clock = asyncio.get_running_loop().time
    pinged = clock()
    while True:
        left = (caller.expires - datetime.now(UTC)).total_seconds()
        if left <= 0:
            await socket.close(EXPIRED, "token expired")
            return
        if await live.identity.has_ended(caller):
            await socket.close(NOT_SIGNED_IN, "session ended")
            return
        if subscription.overrun:
            await socket.close(TOO_SLOW, "too slow")
            return
        until_ping = max(pinged + PING_SECONDS - clock(), 0)
        try:
            async with asyncio.timeout(min(left, until_ping, SESSION_SECONDS)):
                event = await subscription.next()
        except TimeoutError:
            if clock() >= pinged + PING_SECONDS:
                pinged = clock()
                await socket.send_json({"type": "ping"})
        else:
            await socket.send_json(event)
