"""Search over items, partners and documents: by number, by what the words mean, and by how they are spelt.

Every question is one statement that an index answers; how many there are does not depend on what is found.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from goldshop.catalogue import first_picture, thumbnail
from goldshop.schemas.search import Found, SearchOut
from goldshop.tables import Barcode, Category, Invoice, Item, Partner, Purchase, Sale, Variant

ALIKE = 0.42
"""How much of what was typed has to be found again, from 0 to 1: "saphire" is like "sapphire"."""

Columns = Select[*tuple[Any, ...]]

_NUMBER = re.compile(r"(?:([SP])-)?0*(\d{1,12})", re.IGNORECASE)
_INVOICE = re.compile(r"\d{4}-\d{1,9}")
_WORDS = re.compile(r"\w+")

_THRESHOLD = text("select set_config('pg_trgm.word_similarity_threshold', :value, true)")

_ITEMS: Columns = (
    select(Item.id, Item.name, Item.sku, Category.name.label("category"), first_picture().label("picture"))
    .join(Category, Category.id == Item.category_id)
    .where(Item.active)
)


async def search(session: AsyncSession, query: str, limit: int) -> SearchOut:
    """At most `limit` hits of each sort: numbers first, then what the words say, then what is spelt alike."""
    documents = await _documents(session, query)
    scanned = await _items(session, Item.id.in_(_with_code(query)), literal(1), limit)
    known = {row.id for row in scanned}
    # "S-12" is a number and nothing else; "12" may also be millimetres.
    words = [] if documents and not query.isdigit() else await _by_words(session, query, limit)
    by_words = [row for row in words if row.id not in known]
    # Whoever misspells finds nothing by the words; asking also for what is alike costs more than it gives otherwise.
    known |= {row.id for row in by_words}
    alike = [] if documents or scanned else await _alike(session, query, limit - len(by_words), known)
    partners = await _partners(session, query, limit)
    items = [*_shown(scanned, "number"), *_shown(by_words, "words"), *_shown(alike, "similar")]
    return SearchOut(query=query, items=[*documents, *items, *partners])


async def _documents(session: AsyncSession, query: str) -> list[Found]:
    found: list[Found] = []
    if match := _NUMBER.fullmatch(query):
        kind, number = (match[1] or "").upper(), int(match[2])
        if kind != "P":
            found += [_sale(row) for row in await session.execute(_sales().where(Sale.number == number))]
        if kind != "S":
            found += [_purchase(row) for row in await session.execute(_purchases().where(Purchase.number == number))]
    elif _INVOICE.fullmatch(query):
        found += [_invoice(row) for row in await session.execute(_invoices().where(Invoice.number == query))]
    return found


def _with_code(query: str) -> Columns:
    of_barcode = select(Variant.item_id).join(Barcode, Barcode.variant_id == Variant.id).where(Barcode.code == query)
    return of_barcode.union(select(Variant.item_id).where(Variant.sku == query.upper())).subquery().select()


async def _by_words(session: AsyncSession, query: str, limit: int) -> Sequence[Any]:
    words = _WORDS.findall(query)
    if not words:
        return []
    # The last word may still be in the making.
    meaning = func.to_tsquery("english", " & ".join(f"'{word}'" for word in words) + ":*")
    matches: ColumnElement[bool] = Item.search.bool_op("@@")(meaning)
    return await _items(session, matches, func.ts_rank(Item.search, meaning), limit)


async def _items(session: AsyncSession, where: ColumnElement[bool], rank: Any, limit: int) -> Sequence[Any]:
    return (await session.execute(_ITEMS.where(where).order_by(rank.desc(), Item.name, Item.id).limit(limit))).all()


async def _alike(session: AsyncSession, query: str, limit: int, known: Iterable[uuid.UUID]) -> Sequence[Any]:
    await session.execute(_THRESHOLD, {"value": str(ALIKE)})
    typed = literal(query)
    of_variant = select(Variant.item_id).where(Variant.sku.istartswith(query, autoescape=True)).limit(max(limit, 1))
    alike = or_(typed.bool_op("<%")(Item.name), typed.bool_op("<%")(Item.sku), Item.id.in_(of_variant))
    nearest = func.greatest(func.word_similarity(typed, Item.name), func.word_similarity(typed, Item.sku))
    wanted = _ITEMS.where(alike, Item.id.not_in(list(known))).order_by(nearest.desc(), Item.name, Item.id)
    return (await session.execute(wanted.limit(max(limit, 0)))).all()


async def _partners(session: AsyncSession, query: str, limit: int) -> list[Found]:
    typed = literal(query)
    holds = Partner.name.icontains(query, autoescape=True)
    wanted = (
        select(Partner.id, Partner.kind, Partner.name, Partner.email, holds.label("holds"))
        .where(Partner.active, or_(holds, typed.bool_op("<%")(Partner.name)))
        .order_by(holds.desc(), func.word_similarity(typed, Partner.name).desc(), Partner.name, Partner.id)
        .limit(limit)
    )
    return [
        Found(
            kind="partner",
            id=row.id,
            title=row.name,
            subtitle=_joined(row.kind.capitalize(), row.email),
            matched_by="words" if row.holds else "similar",
        )
        for row in await session.execute(wanted)
    ]


def _shown(rows: Iterable[Any], matched_by: Any) -> list[Found]:
    return [
        Found(
            kind="item",
            id=row.id,
            title=row.name,
            subtitle=_joined(row.sku, row.category),
            thumbnail=thumbnail(row.picture),
            matched_by=matched_by,
        )
        for row in rows
    ]


def _sales() -> Columns:
    customer = aliased(Partner)
    columns = (Sale.id, Sale.number, Sale.sold_at.label("at"), Sale.gross, customer.name.label("partner"))
    return select(*columns).outerjoin(customer, customer.id == Sale.customer_id)


def _purchases() -> Columns:
    columns = (
        Purchase.id,
        Purchase.number,
        Purchase.ordered_at.label("at"),
        Purchase.gross,
        Partner.name.label("partner"),
    )
    return select(*columns).join(Partner, Partner.id == Purchase.supplier_id)


def _invoices() -> Columns:
    columns = (Sale.id, Invoice.number, Invoice.issued_at.label("at"), Sale.gross, Partner.name.label("partner"))
    query = select(*columns).join(Sale, Sale.id == Invoice.sale_id)
    return query.outerjoin(Partner, Partner.id == Sale.customer_id)


def _sale(row: Any) -> Found:
    return Found(kind="sale", id=row.id, title=f"Sale S-{row.number}", subtitle=_document(row), matched_by="number")


def _purchase(row: Any) -> Found:
    title = f"Purchase P-{row.number}"
    return Found(kind="purchase", id=row.id, title=title, subtitle=_document(row), matched_by="number")


def _invoice(row: Any) -> Found:
    # The id is that of its sale: an invoice is shown there.
    return Found(kind="invoice", id=row.id, title=f"Invoice {row.number}", subtitle=_document(row), matched_by="number")


def _document(row: Any) -> str:
    return _joined(f"{row.at:%Y-%m-%d}", f"€{row.gross:,.2f}", row.partner)


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)
