"""Movements: what is counted and moved by hand, and the list of all of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop import ledger, stock
from goldshop.clock import now
from goldshop.money import cents
from goldshop.refusals import check_amount, refused
from goldshop.schemas.ledger import SourceKind
from goldshop.schemas.stock import MovementIn, MovementMade, MovementOut, MovementPage, TransferIn
from goldshop.stock import Cause, Move, Ware
from goldshop.sums import Columns
from goldshop.tables import Item, Movement, User, Variant, Warehouse
from stackyard_kit.pages import Keyset, Part

_NEWEST = Keyset(Part(Movement.at, descending=True), Part(Movement.id, descending=True))
_ROWS: Columns = (
    select(
        *(Movement.id, Movement.at, Movement.variant_id, Variant.sku, Variant.item_id),
        *(Item.name.label("item"), Variant.name.label("variant"), Item.unit),
        *(Movement.warehouse_id, Warehouse.name.label("warehouse"), Movement.quantity, Movement.unit_cost),
        *(Movement.reason, Movement.document_kind, Movement.document_id, Movement.note),
        User.name.label("created_by"),
    )
    .outerjoin(Movement.variant)
    .outerjoin(Variant.item)
    .outerjoin(Movement.warehouse)
    .outerjoin(Movement.author)
)


@dataclass(frozen=True)
class Wanted:
    """Which movements a list is to hold."""

    variant: uuid.UUID | None = None
    warehouse: uuid.UUID | None = None
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None
    cursor: str = ""
    limit: int = 50


async def page(session: AsyncSession, wanted: Wanted) -> MovementPage:
    """One page of the movements wanted, the newest first."""
    query = _ROWS
    for column, value in (
        (Movement.variant_id, wanted.variant),
        (Movement.warehouse_id, wanted.warehouse),
        (Movement.reason, wanted.reason or None),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(Movement.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Movement.at < wanted.until)
    rows = (await session.execute(_NEWEST.narrow(query, wanted.cursor, wanted.limit))).all()
    found = _NEWEST.cut(rows, wanted.limit, lambda row: (row.at, row.id))
    return MovementPage(items=[_shown(one) for one in found.items], next_cursor=found.next_cursor)


async def record(session: AsyncSession, wanted: MovementIn, *, by: uuid.UUID) -> MovementMade:
    """Record what was counted or what the shop begins with, in the stock and in the books.

    Raises ProblemError 409 when less is there than is taken, 422 for what cannot be.
    """
    place = (wanted.variant_id, wanted.warehouse_id)
    await stock.check_warehouse(session, wanted.warehouse_id)
    await _ware(session, wanted.variant_id, wanted.quantity)
    arrives = wanted.quantity > 0
    levels = await (stock.lock_for_arrival if arrives else stock.lock)(session, [place])
    ware = await _ware(session, wanted.variant_id, wanted.quantity)
    cost = ware.variant.cost if wanted.unit_cost is None else wanted.unit_cost
    moves = [Move(*place, wanted.quantity, cost)]
    if arrives:
        stock.average(levels, {wanted.variant_id: ware}, moves)
    else:
        stock.check_there(levels, [(place, -wanted.quantity, "/quantity", ware)])
    worth = cents(wanted.quantity * cost)
    check_amount(worth, "/quantity")
    against = ledger.EQUITY if wanted.reason == "opening" else ledger.SHRINKAGE
    entries = [ledger.debit(ledger.INVENTORY, worth), ledger.credit(against, worth)]
    kind: SourceKind = "opening" if wanted.reason == "opening" else "adjustment"
    moment = now()
    text = f"{kind.capitalize()}: {ware.variant.sku}"
    transaction = await ledger.open_transaction(session, ledger.Header(moment.date(), text, kind, by), entries)
    cause = Cause(wanted.reason, moment, by, "transaction" if transaction else None, transaction, wanted.note)
    made = await stock.move(session, levels, moves, cause)
    await ledger.post(session, transaction, entries)
    return MovementMade(movements=await _read(session, moment, made), levels=stock.shown(levels, [place]))


async def transfer(session: AsyncSession, wanted: TransferIn, *, by: uuid.UUID) -> MovementMade:
    """Carry stock from one warehouse to another. Raises ProblemError 409 or 422."""
    here, there = (wanted.variant_id, wanted.from_warehouse_id), (wanted.variant_id, wanted.to_warehouse_id)
    await stock.check_warehouse(session, wanted.from_warehouse_id, "/from_warehouse_id")
    await stock.check_warehouse(session, wanted.to_warehouse_id, "/to_warehouse_id")
    await _ware(session, wanted.variant_id, wanted.quantity)
    levels = await stock.lock_for_arrival(session, [here, there])
    ware = await _ware(session, wanted.variant_id, wanted.quantity)
    stock.check_there(levels, [(here, wanted.quantity, "/quantity", ware)])
    cost, moment = ware.variant.cost, now()
    moves = [Move(*here, -wanted.quantity, cost), Move(*there, wanted.quantity, cost)]
    cause = Cause("transferred", moment, by, "transfer", uuid.uuid4(), wanted.note)
    made = await stock.move(session, levels, moves, cause)
    return MovementMade(movements=await _read(session, moment, made), levels=stock.shown(levels, [here, there]))


async def _ware(session: AsyncSession, identifier: uuid.UUID, quantity: Decimal) -> Ware:
    found = (await stock.wares(session, [identifier], also_inactive=True, pointer="/variant_id"))[identifier]
    if not found.item.stocked:
        raise refused("/variant_id", f"{found.title} is a service and not in stock.")
    stock.check_quantity(found, quantity, "/quantity")
    return found


async def _read(session: AsyncSession, at: datetime, made: Sequence[uuid.UUID]) -> list[MovementOut]:
    # With the moment the database looks into one partition only.
    query = _ROWS.where(Movement.at == at, Movement.id.in_(made))
    found = {one.id: one for one in await session.execute(query)}
    return [_shown(found[identifier]) for identifier in made]


def _shown(row: Any) -> MovementOut:
    return MovementOut(
        id=row.id,
        at=row.at,
        variant_id=row.variant_id,
        sku=row.sku,
        item_id=row.item_id,
        name=stock.title(row.item, row.variant),
        warehouse_id=row.warehouse_id,
        warehouse=row.warehouse,
        quantity=row.quantity,
        unit=row.unit,
        unit_cost=row.unit_cost,
        reason=row.reason,
        document_kind=row.document_kind,
        document_id=row.document_id,
        note=row.note,
        created_by=row.created_by,
    )
