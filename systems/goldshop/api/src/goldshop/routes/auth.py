"""Signing in and out, as the kit does it."""

from __future__ import annotations

from goldshop.parts import CLERK, parts_of
from goldshop.schemas.auth import RoleName
from goldshop.tables import Table
from stackyard_kit.jwks import jwks_router
from stackyard_kit.sign_in import sign_in_router

COOKIE = "goldshop_refresh"

router = sign_in_router(
    lambda request: parts_of(request).identity,
    Table.metadata.tables["users"],
    cookie=COOKIE,
    allowed=CLERK,
    roles=RoleName,
)
keys = jwks_router(lambda request: parts_of(request).identity.keys)
