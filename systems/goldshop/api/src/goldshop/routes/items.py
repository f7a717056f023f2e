"""Items, variants, barcodes, and finding them by what is scanned."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from goldshop import announce, barcodes, catalogue, items
from goldshop.asking import answer_once, asked
from goldshop.catalogue import Wanted
from goldshop.parts import CLERK, ClerkDep, ManagerDep, PartsDep
from goldshop.refusals import missing
from goldshop.schemas.catalogue import (
    BarcodeIn,
    ItemChange,
    ItemIn,
    ItemOut,
    ItemPage,
    LookupOut,
    VariantChange,
    VariantIn,
)
from goldshop.tables import Variant
from stackyard_kit.idempotency import IdempotencyKey
from stackyard_kit.pages import Cursor, Limit

router = APIRouter(prefix="/api", tags=["catalogue"])

Search = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]


@router.get("/items", response_model=ItemPage, dependencies=[CLERK])
async def list_items(
    parts: PartsDep,
    q: Search = "",
    category: uuid.UUID | None = None,
    stock: Annotated[Literal["low", "out"] | None, Query(description="only what runs out, or has")] = None,
    inactive: Annotated[bool, Query(description="also what is no longer sold")] = False,
    sort: Literal["name", "newest"] = "name",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response:
    """Items; `q` looks in name, SKUs and description, `category` includes all that are below it."""
    wanted = Wanted(" ".join(q.split()), category, stock or "", inactive, sort, cursor, limit)

    async def compute() -> bytes:
        async with parts.database.transaction() as session:
            return (await catalogue.page(session, wanted)).model_dump_json().encode()

    return Response(await parts.cache.get(announce.ITEMS, repr(wanted), compute), media_type="application/json")


@router.get("/items/{item_id}", dependencies=[CLERK])
async def read_item(item_id: uuid.UUID, parts: PartsDep) -> ItemOut:
    """One item with its variants, stock and images."""
    async with parts.database.transaction() as session:
        return await items.get(session, item_id)


@router.post("/items", status_code=201, response_model=ItemOut)
async def create_item(
    wanted: ItemIn, request: Request, caller: ManagerDep, parts: PartsDep, key: IdempotencyKey = None
) -> Response:
    """A new item with its variants; each gets a barcode of the shop's own where it brings no EAN-13."""

    async def work(session: AsyncSession) -> ItemOut:
        return await items.create(session, wanted)

    answer = await answer_once(parts, asked(request, caller, key, wanted), work)
    await announce.changed(parts)
    return answer


@router.patch("/items/{item_id}")
async def change_item(item_id: uuid.UUID, change: ItemChange, caller: ManagerDep, parts: PartsDep) -> ItemOut:
    """Change what is named and leave the rest."""
    async with parts.acting(caller) as session:
        item = await items.change(session, item_id, change)
    await announce.changed(parts)
    return item


@router.post("/items/{item_id}/variants", status_code=201)
async def add_variant(item_id: uuid.UUID, wanted: VariantIn, caller: ManagerDep, parts: PartsDep) -> ItemOut:
    """One more variant of an item."""
    async with parts.acting(caller) as session:
        item = await items.add_variant(session, item_id, wanted)
    await announce.changed(parts)
    return item


@router.patch("/variants/{variant_id}")
async def change_variant(variant_id: uuid.UUID, change: VariantChange, caller: ManagerDep, parts: PartsDep) -> ItemOut:
    """Change what is named of a variant."""
    async with parts.acting(caller) as session:
        item = await items.change_variant(session, variant_id, change)
    await announce.changed(parts)
    return item


@router.post("/variants/{variant_id}/barcodes", status_code=201)
async def add_barcode(variant_id: uuid.UUID, wanted: BarcodeIn, caller: ClerkDep, parts: PartsDep) -> ItemOut:
    """Put a code on a variant, the shop's own when none is named."""
    async with parts.acting(caller) as session:
        variant = await session.get(Variant, variant_id)
        if variant is None:
            raise missing("variant")
        await barcodes.add(session, variant_id, wanted)
        item = await items.get(session, variant.item_id)
    await announce.changed(parts)
    return item


@router.get("/lookup", dependencies=[CLERK])
async def look_up(
    parts: PartsDep, code: Annotated[str, Query(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
) -> LookupOut:
    """What a barcode, a SKU or the text of a QR code stands for."""
    async with parts.database.transaction() as session:
        return await items.lookup(session, code)
