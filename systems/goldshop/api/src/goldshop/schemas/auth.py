"""Signing in."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from pydantic import StringConstraints

from goldshop.schemas.common import Heard, Said
from stackyard_kit.settings import SHORTEST_PASSWORD

RoleName = Literal["clerk", "manager", "admin"]


class Credentials(Heard):
    email: Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=3, max_length=254)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=256)]


class PasswordChange(Heard):
    current_password: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    new_password: Annotated[str, StringConstraints(min_length=SHORTEST_PASSWORD, max_length=256)]


class UserOut(Said):
    id: uuid.UUID
    email: str
    name: str
    role: RoleName


class TokenOut(Said):
    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int
    user: UserOut
