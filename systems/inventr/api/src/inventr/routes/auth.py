"""Signing in and out, as the kit does it."""

from __future__ import annotations

from inventr.parts import CLERK, parts_of
from inventr.tables import Table
from stackyard_kit.jwks import jwks_router
from stackyard_kit.sign_in import sign_in_router

COOKIE = "inventr_refresh"

router = sign_in_router(
    lambda request: parts_of(request).identity, Table.metadata.tables["users"], cookie=COOKIE, allowed=CLERK
)
keys = jwks_router(lambda request: parts_of(request).identity.keys)
