"""Items: finding and describing them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop.schemas.catalogue import CategoryRef, ItemPage, ItemRow
from goldshop.sums import Columns
from goldshop.tables import Category, Image, Item, StockLevel, Variant
from stackyard_kit.pages import Keyset, Part

_ORDERS = {
    "name": Keyset(Part(Item.name), Part(Item.id)),
    "newest": Keyset(Part(Item.created_at, descending=True), Part(Item.id, descending=True)),
}

THUMBNAIL = "thumb.webp"
"""The format of an image that lists show."""

_IS_SHOWN = (Image.status == "ready", Image.formats.has_key(THUMBNAIL))


def first_picture() -> ScalarSelect[uuid.UUID]:
    """SQL for the id of the first picture of an item that has one: what `thumbnails` finds for many."""
    query = select(Image.id).where(Image.item_id == Item.id, *_IS_SHOWN).order_by(Image.position, Image.id).limit(1)
    return query.correlate(Item).scalar_subquery()


_ROWS: Columns = select(
    *(Item.id, Item.sku, Item.name, Item.unit, Item.stocked, Item.active, Item.reorder_level, Item.created_at),
    *(Item.category_id, Category.name.label("category"), Category.path, first_picture().label("picture")),
).join(Item.category)


@dataclass(frozen=True)
class Wanted:
    """Which items a list is to hold."""

    search: str = ""
    category: uuid.UUID | None = None
    stock: Literal["", "low", "out"] = ""
    inactive: bool = False
    sort: Literal["name", "newest"] = "name"
    cursor: str = ""
    limit: int = 50


@dataclass(frozen=True)
class _Facts:
    """What a list says of an item beside its own row."""

    price_from: Decimal = Decimal(0)
    stock: Decimal = Decimal(0)
    variants: int = 0


async def page(session: AsyncSession, wanted: Wanted) -> ItemPage:
    """One page of the items wanted. The number of statements does not depend on how many there are."""
    order = _ORDERS[wanted.sort]
    rows = (await session.execute(order.narrow(_chosen(wanted), wanted.cursor, wanted.limit))).all()
    found = order.cut(rows, wanted.limit, lambda row: (row.name if wanted.sort == "name" else row.created_at, row.id))
    identifiers = [item.id for item in found.items]
    facts = await _facts(session, identifiers)
    items = [_row(item, facts.get(item.id, _Facts())) for item in found.items]
    return ItemPage(items=items, next_cursor=found.next_cursor)


def is_low(item: Any, stock: Decimal) -> bool:
    """Whether it is time to order more; `item` has `stocked` and `reorder_level`."""
    return bool(item.stocked and 0 < item.reorder_level >= stock)


def category_ref(item: Any) -> CategoryRef:
    """The category of a row that has `category_id`, `category` and `path`."""
    return CategoryRef(id=item.category_id, name=item.category, path=item.path)


def image_address(identifier: uuid.UUID, form: str) -> str:
    """Where a format of an image is."""
    return f"/api/images/{identifier}/{form}"


def thumbnail(image: uuid.UUID | None) -> str | None:
    """Where the picture is that lists show, if there is one."""
    return image_address(image, THUMBNAIL) if image else None


async def thumbnails(session: AsyncSession, identifiers: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The address of the first picture of each item that has one."""
    query = (
        select(Image.item_id, Image.id)
        .ext(distinct_on(Image.item_id))
        .where(Image.item_id.in_(list(identifiers)), *_IS_SHOWN)
        .order_by(Image.item_id, Image.position, Image.id)
    )
    return {item: image_address(image, THUMBNAIL) for item, image in await session.execute(query)}


def stock_of_item() -> ColumnElement[Decimal]:
    """SQL for what is in stock of an item in all its variants and everywhere."""
    query = (
        select(func.coalesce(func.sum(StockLevel.quantity), 0))
        .join(Variant, Variant.id == StockLevel.variant_id)
        .where(Variant.item_id == Item.id)
        .correlate(Item)
    )
    return query.scalar_subquery()


async def _facts(session: AsyncSession, identifiers: list[uuid.UUID]) -> dict[uuid.UUID, _Facts]:
    levels = (
        select(Variant.item_id, func.sum(StockLevel.quantity).label("stock"))
        .join(StockLevel, StockLevel.variant_id == Variant.id)
        .where(Variant.item_id.in_(identifiers))
        .group_by(Variant.item_id)
        .subquery()
    )
    query = (
        select(
            Variant.item_id,
            func.coalesce(func.min(Variant.price).filter(Variant.active), func.min(Variant.price)),
            func.coalesce(func.max(levels.c.stock), 0),
            func.count(),
        )
        .outerjoin(levels, levels.c.item_id == Variant.item_id)
        .where(Variant.item_id.in_(identifiers))
        .group_by(Variant.item_id)
    )
    return {item: _Facts(price, stock, count) for item, price, stock, count in await session.execute(query)}


def _row(item: Any, facts: _Facts) -> ItemRow:
    return ItemRow(
        id=item.id,
        sku=item.sku,
        name=item.name,
        category=category_ref(item),
        thumbnail=thumbnail(item.picture),
        price_from=facts.price_from,
        stock=facts.stock,
        unit=item.unit,
        variants=facts.variants,
        stocked=item.stocked,
        active=item.active,
        low=is_low(item, facts.stock),
    )


def _chosen(wanted: Wanted) -> Columns:
    query = _ROWS
    if not wanted.inactive:
        query = query.where(Item.active)
    if wanted.search:
        query = query.where(_holds(wanted.search))
    if wanted.category is not None:
        above = select(Category.path).where(Category.id == wanted.category)
        below = select(Category.id).where(_inside(above))
        query = query.where(Item.category_id.in_(below))
    if wanted.stock == "low":
        query = query.where(Item.stocked, Item.reorder_level > 0, stock_of_item() <= Item.reorder_level)
    if wanted.stock == "out":
        query = query.where(Item.stocked, stock_of_item() == 0)
    return query


def _holds(search: str) -> ColumnElement[bool]:
    # What the words mean, or each word as part of the name or a SKU: "rin" finds the ring while it is being typed.
    by_meaning = Item.search.bool_op("@@")(func.websearch_to_tsquery("english", search))
    parts = [or_(_contains(Item.name, word), _contains(Item.sku, word)) for word in search.split()]
    by_variant = Item.id.in_(select(Variant.item_id).where(_contains(Variant.sku, search)))
    whole: ColumnElement[bool] = parts[0]
    for part in parts[1:]:
        whole = whole & part
    return or_(by_meaning, whole, by_variant)


def _contains(column: Any, word: str) -> Any:
    return column.icontains(word, autoescape=True)


def _inside(above: Select[Any]) -> Any:
    return Category.path.bool_op("<@")(above.scalar_subquery())
