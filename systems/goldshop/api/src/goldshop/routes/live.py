"""Live updates over a WebSocket."""

from __future__ import annotations

from fastapi import APIRouter, WebSocket

from goldshop.parts import PartsDep
from stackyard_kit.access import public
from stackyard_kit.live import Live, serve

router = APIRouter()


@router.websocket("/api/ws", dependencies=[public("It signs in with its first message.")])
async def live(socket: WebSocket, parts: PartsDep) -> None:
    """Stock, sales and images as they change."""
    await serve(socket, Live(parts.identity, parts.fanout, parts.metrics, parts.settings.public_url))
