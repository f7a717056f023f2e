"""Barcodes on variants, and finding what a scanned code stands for."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from sqlalchemy import func, literal, select
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop import codes
from goldshop.refusals import refused
from goldshop.schemas.catalogue import BarcodeIn
from goldshop.tables import Barcode, Item, Variant, internal_barcodes
from stackyard_kit.problems import ProblemError

OWN = BarcodeIn()
"""A code that the shop gives."""

_LONGEST = 200

Matched = Literal["barcode", "sku", "item"]


async def add(session: AsyncSession, variant_id: uuid.UUID, wanted: BarcodeIn, pointer: str = "") -> Barcode:
    """Put a code on a variant; without one it gets an EAN-13 of the shop's own. Raises ProblemError 409 or 422."""
    code = wanted.code
    if code is None:
        if wanted.kind != "ean13":
            raise refused(f"{pointer}/code", "Only an EAN-13 is given by the shop.")
        code = codes.internal_ean13(await session.scalar(internal_barcodes.next_value()) or 0)
    elif wanted.kind == "ean13" and not codes.is_ean13(code):
        raise refused(f"{pointer}/code", "This is no EAN-13: thirteen digits, the last of which checks the others.")
    barcode = Barcode(code=code, variant_id=variant_id, kind=wanted.kind)
    session.add(barcode)
    try:
        await session.flush()
    except IntegrityError:
        errors = [{"pointer": f"{pointer}/code", "detail": f"{code} is taken"}]
        raise ProblemError(409, "Something else has this code.", kind="code-taken", errors=errors) from None
    return barcode


async def resolve(session: AsyncSession, text: str) -> tuple[uuid.UUID, Matched]:
    """The variant that a barcode, a SKU or the text of a QR code stands for. Raises ProblemError 404.

    The SKU of an item stands for its first variant.
    """
    code = codes.scanned(text)[:_LONGEST]
    by_code = select(Barcode.variant_id, literal("barcode"), literal(0), literal(0)).where(Barcode.code == code)
    by_sku = select(Variant.id, literal("sku"), literal(1), literal(0)).where(Variant.sku == code.upper())
    number = func.row_number().over(order_by=(Variant.active.desc(), Variant.position, Variant.id))
    by_item = select(Variant.id, literal("item"), literal(2), number).join(Item).where(Item.sku == code.upper())
    first = by_code.union_all(by_sku, by_item).order_by(sql("3"), sql("4")).limit(1)
    found: Any = (await session.execute(first)).one_or_none()
    if found is None:
        raise ProblemError(404, "Nothing has this code.", kind="unknown-code")
    identifier, matched, *_ = found
    return identifier, matched
