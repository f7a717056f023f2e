"""The published keys: what another service needs to check our tokens, and nothing that signs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from stackyard_kit.access import public
from stackyard_kit.keys import Jwks
from stackyard_kit.keystore import SigningKeys

CACHED_SECONDS = 300
"""How long a verifier may keep the document: far less than a key is published before it signs."""

PATHS = ("/.well-known/jwks.json", "/api/auth/jwks")


def jwks_router(keys_of: Callable[[Request], SigningKeys]) -> APIRouter:
    """Routes that answer with the keys (RFC 7517), at the usual address and at one that an edge passes on with /api."""
    router = APIRouter(tags=["auth"], dependencies=[public("Public keys are public.")])

    async def read_jwks(request: Request) -> Response:
        """The public keys of the access tokens."""
        keys = keys_of(request)
        await keys.ensure()
        document: Jwks = keys.jwks(datetime.now(UTC))
        headers = {"Cache-Control": f"public, max-age={CACHED_SECONDS}"}
        return JSONResponse(document, headers=headers, media_type="application/jwk-set+json")

    for path in PATHS:
        router.add_api_route(path, read_jwks, methods=["GET"], include_in_schema=path == PATHS[-1])
    return router
