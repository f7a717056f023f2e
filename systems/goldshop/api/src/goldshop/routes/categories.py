"""Categories and units."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Response
from sqlalchemy import select

from goldshop import announce, categories
from goldshop.parts import CLERK, ManagerDep, PartsDep
from goldshop.schemas.catalogue import CategoryChange, CategoryIn, CategoryList, CategoryOut, UnitOut
from goldshop.tables import Unit

router = APIRouter(prefix="/api", tags=["catalogue"])


@router.get("/categories", response_model=CategoryList, dependencies=[CLERK])
async def list_categories(parts: PartsDep) -> Response:
    """The tree, flat and in order."""

    async def compute() -> bytes:
        async with parts.database.transaction() as session:
            return (await categories.tree(session)).model_dump_json().encode()

    return Response(await parts.cache.get(announce.ITEMS, "categories", compute), media_type="application/json")


@router.post("/categories", status_code=201)
async def create_category(wanted: CategoryIn, caller: ManagerDep, parts: PartsDep) -> CategoryOut:
    """A new category below another, or at the top."""
    async with parts.acting(caller) as session:
        made = await categories.create(session, wanted)
    await announce.changed(parts)
    return made


@router.patch("/categories/{category_id}")
async def change_category(
    category_id: uuid.UUID, change: CategoryChange, caller: ManagerDep, parts: PartsDep
) -> CategoryOut:
    """Rename a category, or move it with all below it."""
    async with parts.acting(caller) as session:
        made = await categories.change(session, category_id, change)
    await announce.changed(parts)
    return made


@router.delete("/categories/{category_id}", status_code=204)
async def remove_category(category_id: uuid.UUID, caller: ManagerDep, parts: PartsDep) -> None:
    """Remove a category that is empty."""
    async with parts.acting(caller) as session:
        await categories.remove(session, category_id)
    await announce.changed(parts)


@router.get("/units", dependencies=[CLERK])
async def list_units(parts: PartsDep) -> list[UnitOut]:
    """What is counted in."""
    async with parts.database.transaction() as session:
        return [UnitOut.model_validate(unit) for unit in await session.scalars(select(Unit).order_by(Unit.code))]
