"""Partners: suppliers and customers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop.refusals import changes_of, missing, refused
from goldshop.schemas.trade import PartnerChange, PartnerIn, PartnerKind, PartnerOut, PartnerPage
from goldshop.tables import Partner
from stackyard_kit.pages import Keyset, Part

_BY_NAME = Keyset(Part(Partner.name), Part(Partner.id))


@dataclass(frozen=True)
class Wanted:
    """Which partners a list is to hold."""

    kind: PartnerKind | None = None
    search: str = ""
    inactive: bool = False
    cursor: str = ""
    limit: int = 50


async def page(session: AsyncSession, wanted: Wanted) -> PartnerPage:
    """One page of the partners wanted, by name."""
    query = select(Partner)
    if wanted.kind is not None:
        query = query.where(Partner.kind == wanted.kind)
    if not wanted.inactive:
        query = query.where(Partner.active)
    for word in wanted.search.split():
        query = query.where(
            or_(Partner.name.icontains(word, autoescape=True), Partner.email.icontains(word, autoescape=True))
        )
    found = await _BY_NAME.page(session, query, wanted.cursor, wanted.limit)
    return PartnerPage(items=[PartnerOut.model_validate(one) for one in found.items], next_cursor=found.next_cursor)


async def get(session: AsyncSession, identifier: uuid.UUID) -> PartnerOut:
    """The partner. Raises ProblemError 404."""
    partner = await session.get(Partner, identifier)
    if partner is None:
        raise missing("partner")
    return PartnerOut.model_validate(partner)


async def create(session: AsyncSession, wanted: PartnerIn) -> PartnerOut:
    """A new partner."""
    partner = Partner(id=uuid.uuid4(), active=True, **wanted.model_dump())
    session.add(partner)
    await session.flush()
    return PartnerOut.model_validate(partner)


async def change(session: AsyncSession, identifier: uuid.UUID, wanted: PartnerChange) -> PartnerOut:
    """Change what is named and leave the rest. Raises ProblemError 404."""
    values = changes_of(wanted)
    partner = await session.get(Partner, identifier, with_for_update=True)
    if partner is None:
        raise missing("partner")
    for name, value in values.items():
        setattr(partner, name, value)
    await session.flush()
    return PartnerOut.model_validate(partner)


async def check(session: AsyncSession, identifier: uuid.UUID, kind: PartnerKind) -> Partner:
    """The partner, who is a `kind`. Raises ProblemError 422 when there is none, or he is no longer traded with."""
    partner = await session.get(Partner, identifier)
    if partner is None or partner.kind != kind or not partner.active:
        raise refused(f"/{kind}_id", f"There is no such {kind}.")
    return partner
