"""Products: finding and describing them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from inventr.schemas import ProductOut, ProductPage
from inventr.tables import Product
from stackyard_kit.pages import Keyset, Part
from stackyard_kit.problems import ProblemError

_BY_NAME = Keyset(Part(Product.name), Part(Product.id))


@dataclass(frozen=True)
class Wanted:
    """Which products a list is to hold."""

    search: str = ""
    category: str = ""
    low_stock: bool = False
    limit: int = 50
    cursor: str = ""


def shown(product: Product) -> ProductOut:
    """The product as the API says it."""
    return ProductOut.model_validate(product, from_attributes=True)


async def page(session: AsyncSession, wanted: Wanted) -> ProductPage:
    """One page of the products wanted, by name, and how many there are in all."""
    chosen = _chosen(wanted)
    total = await session.scalar(select(func.count()).select_from(chosen.subquery()))
    found = await _BY_NAME.page(session, chosen, wanted.cursor, wanted.limit)
    items = [shown(product) for product in found.items]
    return ProductPage(items=items, next_cursor=found.next_cursor, total=total or 0)


async def categories(session: AsyncSession) -> list[str]:
    """The names of all categories, in order."""
    return list(await session.scalars(select(Product.category).distinct().order_by(Product.category)))


async def get(session: AsyncSession, identifier: uuid.UUID, *, locked: bool = False) -> Product:
    """The product, with `locked` kept from others until the transaction ends. Raises ProblemError 404."""
    product = await session.get(Product, identifier, with_for_update=locked)
    if product is None:
        raise ProblemError(404, "There is no such product.", kind="no-such-product")
    return product


async def write(session: AsyncSession, product: Product) -> None:
    """Send the product's changes to the database. Raises ProblemError 409 when its SKU is taken."""
    sku = product.sku
    session.add(product)
    try:
        await session.flush()
    except IntegrityError:
        errors = [{"pointer": "/sku", "detail": f"{sku} is taken"}]
        raise ProblemError(409, "Another product has this SKU.", kind="sku-taken", errors=errors) from None


def _chosen(wanted: Wanted) -> Select[Product]:
    query = select(Product)
    # Each word must be somewhere, so that "mug blue" finds the blue mug.
    for word in wanted.search.split():
        query = query.where(or_(*(_holds(column, word) for column in (Product.name, Product.sku, Product.description))))
    if wanted.category:
        query = query.where(Product.category == wanted.category)
    if wanted.low_stock:
        query = query.where(Product.stock <= Product.reorder_level)
    return query


def _holds(column: Any, word: str) -> Any:
    return column.icontains(word, autoescape=True)
