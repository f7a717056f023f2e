"""What the running application is made of, and how a route gets at it."""

from __future__ import annotations

import uuid
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from goldshop.figures import BusinessFigures
from goldshop.files import Files
from goldshop.pictures import Pictures
from stackyard_kit.access import Ranked, allow
from stackyard_kit.cache import Cache
from stackyard_kit.database import Database
from stackyard_kit.fanout import Fanout
from stackyard_kit.identity import Identity
from stackyard_kit.metrics import Metrics
from stackyard_kit.settings import Settings
from stackyard_kit.tokens import Caller


class Role(Ranked):
    """Roles, each with all that the ones before it may do."""

    CLERK = "clerk"
    MANAGER = "manager"
    ADMIN = "admin"


@dataclass(frozen=True)
class Parts:
    """The parts of one process."""

    settings: Settings
    database: Database
    cache: Cache
    fanout: Fanout
    metrics: Metrics
    identity: Identity
    files: Files
    pictures: Pictures
    business: BusinessFigures

    def acting(self, caller: Caller) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction whose changes the audit trail knows as the caller's."""
        return self.database.transaction(actor=caller.id)


def parts_of(connection: HTTPConnection) -> Parts:
    """The parts of the application that serves this connection."""
    parts: Parts = connection.app.state.parts
    return parts


def user_id(caller: Caller) -> uuid.UUID:
    """The caller as a row of `users`."""
    return uuid.UUID(caller.id)


PartsDep = Annotated[Parts, Depends(parts_of)]

CLERK = allow(Role.CLERK)
"""For routes that anybody may use who works here."""

MANAGER = allow(Role.MANAGER)
"""For routes that need a manager."""

ClerkDep = Annotated[Caller, CLERK]
ManagerDep = Annotated[Caller, MANAGER]
