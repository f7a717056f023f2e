"""One item with everything about it: described, made and changed."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import Text, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop import barcodes, catalogue
from goldshop.clock import now
from goldshop.refusals import changes_of, missing, refused, violates
from goldshop.schemas.catalogue import (
    ImageOut,
    ItemChange,
    ItemIn,
    ItemOut,
    ItemRef,
    LookupOut,
    StockOut,
    VariantChange,
    VariantIn,
    VariantOut,
)
from goldshop.sums import Columns
from goldshop.tables import Barcode, Category, Image, Item, StockLevel, Unit, Variant, Warehouse
from stackyard_kit.problems import ProblemError

_ITEMS: Columns = select(
    *(Item.id, Item.sku, Item.name, Item.description, Item.unit, Item.tax_rate, Item.reorder_level, Item.stocked),
    *(Item.active, Item.created_at, Item.updated_at, Item.category_id, Category.name.label("category"), Category.path),
).join(Item.category)


def _variants() -> Columns:
    # With their barcodes and what is in stock of them, in one statement: it is what everybody asks who scans something.
    code = func.json_build_object("code", Barcode.code, "kind", Barcode.kind)
    names = {"warehouse_id": Warehouse.id, "warehouse": Warehouse.name, "quantity": cast(StockLevel.quantity, Text)}
    level = func.json_build_object(*(part for pair in names.items() for part in pair))
    codes = select(func.json_agg(aggregate_order_by(code, Barcode.code))).where(Barcode.variant_id == Variant.id)
    levels = (
        select(func.json_agg(aggregate_order_by(level, Warehouse.code)))
        .join_from(StockLevel, Warehouse, Warehouse.id == StockLevel.warehouse_id)
        .where(StockLevel.variant_id == Variant.id)
    )
    return select(
        *(Variant.id, Variant.item_id, Variant.sku, Variant.name, Variant.attributes, Variant.price, Variant.cost),
        *(Variant.position, Variant.active),
        codes.scalar_subquery().label("barcodes"),
        levels.scalar_subquery().label("levels"),
    )


_VARIANTS = _variants()


async def get(session: AsyncSession, identifier: uuid.UUID) -> ItemOut:
    """The item with its variants, their stock, and its images. Raises ProblemError 404."""
    item = (await session.execute(_ITEMS.where(Item.id == identifier))).one_or_none()
    if item is None:
        raise missing("item")
    of_item = _VARIANTS.where(Variant.item_id == identifier).order_by(Variant.position, Variant.id)
    variants = [_variant(row) for row in await session.execute(of_item)]
    pictures = select(Image).where(Image.item_id == identifier).order_by(Image.position, Image.id)
    images = await session.scalars(pictures.execution_options(populate_existing=True))
    total = sum((variant.stock for variant in variants), Decimal(0))
    return ItemOut(
        id=item.id,
        sku=item.sku,
        name=item.name,
        description=item.description,
        category=catalogue.category_ref(item),
        unit=item.unit,
        tax_rate=item.tax_rate,
        reorder_level=item.reorder_level,
        stocked=item.stocked,
        active=item.active,
        stock=total,
        low=catalogue.is_low(item, total),
        created_at=item.created_at,
        updated_at=item.updated_at,
        variants=variants,
        images=[image_shown(image) for image in images],
    )


async def create(session: AsyncSession, wanted: ItemIn) -> ItemOut:
    """A new item with its variants. Raises ProblemError 409 for a SKU or code that is taken, 422 for unknown things."""
    await _check(session, wanted.category_id, wanted.unit)
    moment = now()
    item = Item(id=uuid.uuid4(), created_at=moment, updated_at=moment, **wanted.model_dump(exclude={"variants"}))
    session.add(item)
    await _flush(session, item.sku, "/sku")
    for position, one in enumerate(wanted.variants):
        await _add_variant(session, item.id, one, position, f"/variants/{position}")
    return await get(session, item.id)


async def change(session: AsyncSession, identifier: uuid.UUID, wanted: ItemChange) -> ItemOut:
    """Change what is named and leave the rest. Raises ProblemError 404, 409 or 422."""
    values = changes_of(wanted)
    item = await session.get(Item, identifier, with_for_update=True)
    if item is None:
        raise missing("item")
    await _check(session, wanted.category_id, None)
    for name, value in values.items():
        setattr(item, name, value)
    item.updated_at = now()
    await _flush(session, item.sku, "/sku")
    return await get(session, identifier)


async def add_variant(session: AsyncSession, item_id: uuid.UUID, wanted: VariantIn) -> ItemOut:
    """One more variant of an item, behind the others. Raises ProblemError 404, 409 or 422."""
    item = await session.get(Item, item_id, with_for_update=True)
    if item is None:
        raise missing("item")
    positions = list(await session.scalars(select(Variant.position).where(Variant.item_id == item_id)))
    item.updated_at = now()
    await _add_variant(session, item_id, wanted, max(positions, default=-1) + 1, "")
    return await get(session, item_id)


async def change_variant(session: AsyncSession, identifier: uuid.UUID, wanted: VariantChange) -> ItemOut:
    """Change what is named of a variant. Raises ProblemError 404, 409 or 422."""
    values = changes_of(wanted)
    variant = await session.get(Variant, identifier, with_for_update=True)
    if variant is None:
        raise missing("variant")
    for name, value in values.items():
        setattr(variant, name, value)
    await _flush(session, variant.sku, "/sku")
    return await get(session, variant.item_id)


async def lookup(session: AsyncSession, text: str) -> LookupOut:
    """The variant and item of a scanned code. Raises ProblemError 404."""
    identifier, matched = await barcodes.resolve(session, text)
    of_item = (Item.sku.label("item_sku"), Item.name.label("item"), Item.unit, Item.tax_rate, Item.stocked)
    picture = catalogue.first_picture().label("picture")
    query = _VARIANTS.add_columns(*of_item, picture).join(Variant.item).where(Variant.id == identifier)
    row = (await session.execute(query)).one()
    shown = ItemRef(
        id=row.item_id,
        sku=row.item_sku,
        name=row.item,
        unit=row.unit,
        tax_rate=row.tax_rate,
        stocked=row.stocked,
        thumbnail=catalogue.thumbnail(row.picture),
    )
    return LookupOut(matched=matched, item=shown, variant=_variant(row))


def image_shown(image: Image) -> ImageOut:
    """The image as the API says it."""
    return ImageOut.model_validate(
        {
            "id": image.id,
            "item_id": image.item_id,
            "position": image.position,
            "status": image.status,
            "reason": image.reason,
            "alt": image.alt,
            "width": image.width,
            "height": image.height,
            "formats": sorted(image.formats),
            "created_at": image.created_at,
        }
    )


def _variant(row: Any) -> VariantOut:
    levels = [StockOut.model_validate(level) for level in row.levels or ()]
    return VariantOut(
        id=row.id,
        sku=row.sku,
        name=row.name,
        attributes=row.attributes,
        price=row.price,
        cost=row.cost,
        position=row.position,
        active=row.active,
        barcodes=row.barcodes or [],
        stock=sum((level.quantity for level in levels), Decimal(0)),
        stock_by_warehouse=levels,
    )


async def _add_variant(
    session: AsyncSession, item_id: uuid.UUID, wanted: VariantIn, position: int, pointer: str
) -> None:
    values = wanted.model_dump(exclude={"barcodes"})
    variant = Variant(id=uuid.uuid4(), item_id=item_id, position=position, cost=Decimal(0), **values)
    session.add(variant)
    await _flush(session, variant.sku, f"{pointer}/sku")
    given = [
        await barcodes.add(session, variant.id, one, f"{pointer}/barcodes/{n}") for n, one in enumerate(wanted.barcodes)
    ]
    if not any(one.kind == "ean13" for one in given):
        await barcodes.add(session, variant.id, barcodes.OWN)


async def _check(session: AsyncSession, category_id: uuid.UUID | None, unit: str | None) -> None:
    if category_id is not None and await session.get(Category, category_id) is None:
        raise refused("/category_id", "There is no such category.")
    if unit is not None and await session.get(Unit, unit) is None:
        raise refused("/unit", "There is no such unit.")


async def _flush(session: AsyncSession, sku: str, pointer: str) -> None:
    try:
        await session.flush()
    except IntegrityError as failure:
        if not violates(failure, "_sku_key"):
            raise
        errors = [{"pointer": pointer, "detail": f"{sku} is taken"}]
        raise ProblemError(409, "Something else has this SKU.", kind="sku-taken", errors=errors) from None
