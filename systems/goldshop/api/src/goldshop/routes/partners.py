"""Suppliers and customers."""

from __future__ import annotations

import uuid

from fastapi import APIRouter

from goldshop import partners
from goldshop.partners import Wanted
from goldshop.parts import CLERK, ClerkDep, PartsDep
from goldshop.routes.items import Search
from goldshop.schemas.trade import PartnerChange, PartnerIn, PartnerKind, PartnerOut, PartnerPage
from stackyard_kit.pages import Cursor, Limit

router = APIRouter(prefix="/api/partners", tags=["trade"])


@router.get("", dependencies=[CLERK])
async def list_partners(
    parts: PartsDep,
    kind: PartnerKind | None = None,
    q: Search = "",
    inactive: bool = False,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> PartnerPage:
    """Suppliers and customers by name."""
    async with parts.database.transaction() as session:
        return await partners.page(session, Wanted(kind, q, inactive, cursor, limit))


@router.post("", status_code=201)
async def create_partner(wanted: PartnerIn, caller: ClerkDep, parts: PartsDep) -> PartnerOut:
    """A new supplier or customer."""
    async with parts.acting(caller) as session:
        return await partners.create(session, wanted)


@router.get("/{partner_id}", dependencies=[CLERK])
async def read_partner(partner_id: uuid.UUID, parts: PartsDep) -> PartnerOut:
    """One partner."""
    async with parts.database.transaction() as session:
        return await partners.get(session, partner_id)


@router.patch("/{partner_id}")
async def change_partner(partner_id: uuid.UUID, change: PartnerChange, caller: ClerkDep, parts: PartsDep) -> PartnerOut:
    """Change what is named and leave the rest."""
    async with parts.acting(caller) as session:
        return await partners.change(session, partner_id, change)
