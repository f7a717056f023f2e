"""Stock: levels that are locked, moved together with the movements that say why, and never negative.

Levels are always locked in the order of (variant, warehouse), before anything else that many want, so that two requests
cannot wait for each other. What variants cost on average changes under the same locks.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import insert, select, tuple_
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from goldshop.money import fine
from goldshop.refusals import refused
from goldshop.schemas.common import plain
from goldshop.schemas.stock import DocumentKind, LevelOut, Reason
from goldshop.tables import Item, Movement, StockLevel, Unit, Variant, Warehouse
from stackyard_kit.problems import ProblemError

Place = tuple[uuid.UUID, uuid.UUID]
"""A variant in a warehouse."""

Levels = dict[Place, StockLevel]


@dataclass(frozen=True)
class Move:
    """How much goes in (or, below zero, out) where, at what cost of a unit."""

    variant_id: uuid.UUID
    warehouse_id: uuid.UUID
    quantity: Decimal
    unit_cost: Decimal

    @property
    def place(self) -> Place:
        """Where it goes in or out."""
        return self.variant_id, self.warehouse_id


@dataclass(frozen=True)
class Cause:
    """Why stock moves, and by whom."""

    reason: Reason
    at: datetime
    by: uuid.UUID
    document_kind: DocumentKind | None = None
    document_id: uuid.UUID | None = None
    note: str | None = None


@dataclass(frozen=True)
class Ware:
    """A variant that is bought or sold, with its item and the decimals of its unit."""

    variant: Variant
    item: Item
    decimals: int

    @property
    def title(self) -> str:
        """As a receipt names it."""
        return title(self.item.name, self.variant.name)

    def takes(self, quantity: Decimal) -> bool:
        """Whether its unit can be divided so finely."""
        return quantity == round(quantity, self.decimals)


def title(item: str, variant: str) -> str:
    """What people call a variant, by its item's name and its own: `Signet ring, 54`."""
    return f"{item}, {variant}" if variant else item


async def lock(session: AsyncSession, places: Collection[Place]) -> Levels:
    """The levels that exist at `places`, kept from others until the transaction ends."""
    where = tuple_(StockLevel.variant_id, StockLevel.warehouse_id).in_(sorted(places))
    return await _locked(session, where)


async def lock_for_arrival(session: AsyncSession, places: Collection[Place]) -> Levels:
    """All levels of the variants that arrive at `places`, with new ones where there were none.

    The variants' other levels are locked too: the average cost is that of all there is.
    """
    values = [
        {"variant_id": variant, "warehouse_id": warehouse, "quantity": Decimal(0)}
        for variant, warehouse in sorted(places)
    ]
    if not values:
        return {}
    await session.execute(insert_or(StockLevel).values(values).on_conflict_do_nothing())
    return await _locked(session, StockLevel.variant_id.in_({variant for variant, _ in places}))


async def wares(
    session: AsyncSession, wanted: Sequence[uuid.UUID], *, also_inactive: bool = False, pointer: str = ""
) -> dict[uuid.UUID, Ware]:
    """The variants `wanted`, as they are now. Raises ProblemError 422 that names those that cannot be traded."""
    query = (
        select(Variant, Unit.decimals)
        .join(Variant.item)
        .join(Unit, Unit.code == Item.unit)
        .where(Variant.id.in_(set(wanted)))
        .options(contains_eager(Variant.item))
        .execution_options(populate_existing=True)
    )
    found = {variant.id: Ware(variant, variant.item, decimals) for variant, decimals in await session.execute(query)}
    errors = []
    for index, identifier in enumerate(wanted):
        ware = found.get(identifier)
        if ware is None or not (also_inactive or (ware.variant.active and ware.item.active)):
            detail = "There is no such variant." if ware is None else f"{ware.title} is no longer traded."
            errors.append({"pointer": pointer or f"/lines/{index}/variant_id", "detail": detail})
    if errors:
        raise ProblemError(422, "Some variants cannot be traded.", kind="no-such-variant", errors=errors)
    return found


def check_quantity(ware: Ware, quantity: Decimal, pointer: str) -> None:
    """Raises ProblemError 422 when the unit cannot be divided so finely."""
    if not ware.takes(quantity):
        raise refused(pointer, f"{ware.title} is counted in {ware.item.unit} with {ware.decimals} decimals.")


async def check_warehouse(session: AsyncSession, identifier: uuid.UUID, pointer: str = "/warehouse_id") -> Warehouse:
    """The warehouse. Raises ProblemError 422 when there is none, or it is closed."""
    warehouse = await session.get(Warehouse, identifier)
    if warehouse is None or not warehouse.active:
        raise refused(pointer, "There is no such warehouse." if warehouse is None else "This warehouse is closed.")
    return warehouse


def check_there(levels: Levels, wanted: Sequence[tuple[Place, Decimal, str, Ware]]) -> None:
    """Raises ProblemError 409 that names every line (place, quantity, pointer, ware) that is not there."""
    left = {place: level.quantity for place, level in levels.items()}
    short = []
    for place, quantity, pointer, ware in wanted:
        there = left.get(place, Decimal(0))
        left[place] = there - quantity
        if left[place] < 0:
            detail = f"{ware.title}: only {plain(max(there, Decimal(0)))} {ware.item.unit} left."
            short.append({"pointer": pointer, "detail": detail})
    if short:
        detail = "Some of it is not in stock. Nothing was done."
        raise ProblemError(409, detail, kind="out-of-stock", title="Out of stock", errors=short)


async def move(session: AsyncSession, levels: Levels, moves: Sequence[Move], cause: Cause) -> list[uuid.UUID]:
    """Write movements at locked levels, and change the levels with them; gives the ids of the movements."""
    for one in moves:
        levels[one.place].quantity += one.quantity
    await session.flush()
    identifiers = [uuid.uuid4() for _ in moves]
    rows = [
        {
            "id": identifier,
            "at": cause.at,
            "variant_id": one.variant_id,
            "warehouse_id": one.warehouse_id,
            "quantity": one.quantity,
            "unit_cost": one.unit_cost,
            "reason": cause.reason,
            "document_kind": cause.document_kind,
            "document_id": cause.document_id,
            "note": cause.note,
            "created_by": cause.by,
        }
        for identifier, one in zip(identifiers, moves, strict=True)
    ]
    if rows:
        await session.execute(insert(Movement), rows)
    return identifiers


def average(levels: Levels, wares: Mapping[uuid.UUID, Ware], moves: Iterable[Move]) -> None:
    """Bring the average cost of what arrives up to date: call it under the locks, before the levels are moved."""
    arriving: defaultdict[uuid.UUID, list[Move]] = defaultdict(list)
    for one in moves:
        arriving[one.variant_id].append(one)
    for identifier, new in arriving.items():
        variant = wares[identifier].variant
        there = sum((level.quantity for (owner, _), level in levels.items() if owner == identifier), Decimal(0))
        value = there * variant.cost + sum((one.quantity * one.unit_cost for one in new), Decimal(0))
        variant.cost = fine(value / (there + sum((one.quantity for one in new), Decimal(0))))


def shown(levels: Levels, places: Iterable[Place]) -> list[LevelOut]:
    """The levels at `places`, as clients hear of them."""
    return [
        LevelOut(variant_id=place[0], warehouse_id=place[1], quantity=levels[place].quantity)
        for place in sorted(set(places))
    ]


async def _locked(session: AsyncSession, where: object) -> Levels:
    query = (
        select(StockLevel)
        .where(where)  # type: ignore[arg-type]
        .order_by(StockLevel.variant_id, StockLevel.warehouse_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(level.variant_id, level.warehouse_id): level for level in await session.scalars(query)}
