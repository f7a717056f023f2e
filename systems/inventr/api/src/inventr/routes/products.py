"""Products and their categories."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Response

from inventr import catalogue, stock
from inventr.catalogue import Wanted
from inventr.clock import now
from inventr.parts import CLERK, MANAGER, ManagerDep, PartsDep
from inventr.schemas import ProductChange, ProductIn, ProductOut, ProductPage
from inventr.tables import Product
from stackyard_kit.pages import Cursor, Limit
from stackyard_kit.problems import ProblemError

router = APIRouter(prefix="/api", tags=["products"])

Search = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]


@router.get("/products", response_model=ProductPage, dependencies=[CLERK])
async def list_products(
    parts: PartsDep,
    search: Search = "",
    category: Search = "",
    low_stock: bool = False,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response:
    """Products by name; `search` looks in name, SKU and description."""
    wanted = Wanted(" ".join(search.split()), category, low_stock, limit, cursor)

    async def compute() -> bytes:
        async with parts.database.transaction() as session:
            return (await catalogue.page(session, wanted)).model_dump_json().encode()

    body = await parts.cache.get("products", repr(wanted), compute)
    return Response(body, media_type="application/json")


@router.get("/categories", dependencies=[CLERK])
async def list_categories(parts: PartsDep) -> list[str]:
    """The names of all categories."""
    async with parts.database.transaction() as session:
        return await catalogue.categories(session)


@router.get("/products/{product_id}", dependencies=[CLERK])
async def read_product(product_id: uuid.UUID, parts: PartsDep) -> ProductOut:
    """One product."""
    async with parts.database.transaction() as session:
        return catalogue.shown(await catalogue.get(session, product_id))


@router.post("/products", status_code=201)
async def create_product(wanted: ProductIn, caller: ManagerDep, parts: PartsDep) -> ProductOut:
    """A new product; what is in stock already becomes its first movement."""
    product = Product(id=uuid.uuid4(), updated_at=now(), **wanted.model_dump(exclude={"stock"}), stock=0)
    async with parts.database.transaction() as session:
        await catalogue.write(session, product)
        if wanted.stock:
            stock.move(session, product, wanted.stock, reason="received", by=uuid.UUID(caller.id))
    await parts.cache.invalidate("products")
    await stock.announce(parts, [product])
    return catalogue.shown(product)


@router.patch("/products/{product_id}", dependencies=[MANAGER])
async def change_product(product_id: uuid.UUID, change: ProductChange, parts: PartsDep) -> ProductOut:
    """Change what is named and leave the rest."""
    values = {name: value for name, value in change.model_dump(exclude_unset=True).items() if value is not None}
    if not values:
        raise ProblemError(422, "Nothing to change was named.", kind="validation")
    async with parts.database.transaction() as session:
        product = await catalogue.get(session, product_id, locked=True)
        for name, value in values.items():
            setattr(product, name, value)
        product.updated_at = now()
        await catalogue.write(session, product)
    await parts.cache.invalidate("products")
    return catalogue.shown(product)
