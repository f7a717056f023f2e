"""One item with everything about it: described, made and changed."""

from __future__ import annotations

import uuid
from collections import defaultdict
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from goldshop import barcodes, catalogue
from goldshop.clock import now
from goldshop.refusals import changes_of, missing, refused, violates
from goldshop.schemas.catalogue import (
    BarcodeOut,
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
from goldshop.tables import Category, Image, Item, StockLevel, Unit, Variant, Warehouse
from stackyard_kit.problems import ProblemError

_WHOLE = (
    joinedload(Item.category),
    selectinload(Item.variants).selectinload(Variant.barcodes),
    selectinload(Item.images),
)


async def get(session: AsyncSession, identifier: uuid.UUID) -> ItemOut:
    """The item with its variants, their stock, and its images. Raises ProblemError 404."""
    query = select(Item).where(Item.id == identifier).options(*_WHOLE).execution_options(populate_existing=True)
    item = (await session.scalars(query)).one_or_none()
    if item is None:
        raise missing("item")
    stock = await _stock(session, [variant.id for variant in item.variants])
    total = sum((level.quantity for levels in stock.values() for level in levels), Decimal(0))
    return ItemOut(
        id=item.id,
        sku=item.sku,
        name=item.name,
        description=item.description,
        category=catalogue.category_ref(item.category),
        unit=item.unit,
        tax_rate=item.tax_rate,
        reorder_level=item.reorder_level,
        stocked=item.stocked,
        active=item.active,
        stock=total,
        low=catalogue.is_low(item, total),
        created_at=item.created_at,
        updated_at=item.updated_at,
        variants=[_variant(variant, stock[variant.id]) for variant in item.variants],
        images=[image_shown(image) for image in item.images],
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
    query = (
        select(Variant)
        .where(Variant.id == identifier)
        .options(joinedload(Variant.item), selectinload(Variant.barcodes))
    )
    variant = (await session.scalars(query)).one()
    stock = await _stock(session, [variant.id])
    pictures = await catalogue.thumbnails(session, [variant.item_id])
    item = variant.item
    shown = ItemRef(
        id=item.id,
        sku=item.sku,
        name=item.name,
        unit=item.unit,
        tax_rate=item.tax_rate,
        stocked=item.stocked,
        thumbnail=pictures.get(item.id),
    )
    return LookupOut(matched=matched, item=shown, variant=_variant(variant, stock[variant.id]))


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


def _variant(variant: Variant, stock: list[StockOut]) -> VariantOut:
    return VariantOut(
        id=variant.id,
        sku=variant.sku,
        name=variant.name,
        attributes=variant.attributes,
        price=variant.price,
        cost=variant.cost,
        position=variant.position,
        active=variant.active,
        barcodes=[BarcodeOut.model_validate(barcode) for barcode in variant.barcodes],
        stock=sum((level.quantity for level in stock), Decimal(0)),
        stock_by_warehouse=stock,
    )


async def _stock(session: AsyncSession, variants: list[uuid.UUID]) -> defaultdict[uuid.UUID, list[StockOut]]:
    query = (
        select(StockLevel.variant_id, StockLevel.warehouse_id, Warehouse.name, StockLevel.quantity)
        .join(Warehouse, Warehouse.id == StockLevel.warehouse_id)
        .where(StockLevel.variant_id.in_(variants))
        .order_by(Warehouse.code)
    )
    found: defaultdict[uuid.UUID, list[StockOut]] = defaultdict(list)
    for variant, warehouse, name, quantity in await session.execute(query):
        found[variant].append(StockOut(warehouse_id=warehouse, warehouse=name, quantity=quantity))
    return found


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
