"""Labels to print, and QR codes."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop import codes, labels
from goldshop.labels import Label
from goldshop.parts import CLERK, PartsDep
from goldshop.refusals import missing
from goldshop.schemas.search import LabelsIn
from goldshop.tables import Barcode, Item, Variant
from stackyard_kit.problems import ProblemError

router = APIRouter(prefix="/api", tags=["labels"])

MOST_LABELS = 2000
"""Labels of one document."""

_PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}
_SVG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/svg+xml": {}}}}


@router.post("/labels", response_class=Response, responses=_PDF, dependencies=[CLERK])
async def print_labels(wanted: LabelsIn, parts: PartsDep) -> Response:
    """Labels with name, price, barcode and QR code as a PDF at true size."""
    if sum(one.copies for one in wanted.variants) > MOST_LABELS:
        raise ProblemError(422, f"At most {MOST_LABELS} labels at a time.", kind="too-many-labels")
    async with parts.database.transaction() as session:
        found = await _labels(session, {one.variant_id for one in wanted.variants}, parts.settings.public_url)
    if any(one.variant_id not in found for one in wanted.variants):
        raise missing("variant")
    copies = [(found[one.variant_id], one.copies) for one in wanted.variants]
    # Elsewhere: setting two thousand labels takes a moment, and others want answers meanwhile.
    body = await asyncio.to_thread(labels.render, copies, wanted.layout)
    return Response(
        body, media_type="application/pdf", headers={"Content-Disposition": 'inline; filename="labels.pdf"'}
    )


@router.get("/variants/{variant_id}/qr.svg", response_class=Response, responses=_SVG, dependencies=[CLERK])
async def read_qr(variant_id: uuid.UUID, parts: PartsDep) -> Response:
    """The QR code of a variant: an address that opens it in the shop."""
    async with parts.database.transaction() as session:
        sku = await session.scalar(select(Variant.sku).where(Variant.id == variant_id))
    if sku is None:
        raise missing("variant")
    drawn = labels.qr_svg(codes.qr_text(parts.settings.public_url, sku))
    return Response(drawn, media_type="image/svg+xml")


async def _labels(session: AsyncSession, variants: set[uuid.UUID], public_url: str) -> dict[uuid.UUID, Label]:
    # A maker's number rather than our own, and any barcode rather than the SKU.
    is_own = Barcode.code.startswith(codes.INTERNAL_PREFIX)
    chosen = (
        select(Barcode.code)
        .where(Barcode.variant_id == Variant.id, Barcode.kind != "qr")
        .order_by(Barcode.kind != "ean13", is_own, func.length(Barcode.code), Barcode.code)
        .limit(1)
        .scalar_subquery()
    )
    query = select(Variant, Item.name, chosen).join(Variant.item).where(Variant.id.in_(variants))
    return {
        variant.id: Label(
            name=name,
            variant=variant.name,
            sku=variant.sku,
            price=variant.price,
            code=code or variant.sku,
            qr=codes.qr_text(public_url, variant.sku),
        )
        for variant, name, code in await session.execute(query)
    }
