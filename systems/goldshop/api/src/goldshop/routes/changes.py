"""Who changed what."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from goldshop import changes
from goldshop.parts import MANAGER, PartsDep
from goldshop.schemas.ledger import ChangePage
from stackyard_kit.pages import Cursor, Limit

router = APIRouter(prefix="/api/changes", tags=["changes"])

Recorded = Literal[
    "items",
    "variants",
    "categories",
    "warehouses",
    "partners",
    "purchases",
    "sales",
    "transactions",
    "users",
]


@router.get("", dependencies=[MANAGER])
async def list_changes(
    parts: PartsDep,
    table: Recorded | None = None,
    row: Annotated[uuid.UUID | None, Query(description="the id of one row")] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> ChangePage:
    """The trail that the database writes by itself, the newest first: who, what, before and after."""
    async with parts.database.transaction() as session:
        return await changes.page(session, table or "", row, cursor, limit)
