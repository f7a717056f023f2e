"""Notices: an item has run low. Told once, until there is enough of it again, however often events are delivered."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop import sums
from goldshop.shared import OUTBOX
from goldshop.tables import Item, LowStockTold, PurchaseLine, SaleLine, Variant
from stackyard_kit.database import Database
from stackyard_kit.outbox import Envelope, Event

log = logging.getLogger(__name__)

_RECOVERED = text(
    """
    delete from low_stock_told told using items item
    where item.id = told.item_id and item.id = any(:items) and item.reorder_level < (
        select coalesce(sum(quantity), 0) from stock_levels join variants on variants.id = variant_id
        where variants.item_id = item.id
    )
    """
)


class LowStockNotices:
    """Hears of sales and purchases, and tells which items have come to their reorder level."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def deliver(self, envelope: Envelope) -> None:
        """Look at the items of the document that the event is about."""
        document = uuid.UUID(str(envelope.event.payload["id"]))
        if envelope.event.kind.startswith("purchase."):
            variants = select(PurchaseLine.variant_id).where(PurchaseLine.purchase_id == document)
        else:
            variants = select(SaleLine.variant_id).where(SaleLine.sale_id == document)
        items = select(Variant.item_id).where(Variant.id.in_(variants))
        async with self._database.transaction() as session:
            await look_at(session, set(await session.scalars(items)))

    async def look_at_all(self) -> None:
        """Look at every item: stock that was counted by hand has no event."""
        async with self._database.transaction() as session:
            await look_at(session, set(await session.scalars(select(Item.id).where(Item.stocked))))


async def look_at(session: AsyncSession, items: Iterable[uuid.UUID]) -> None:
    """Tell which of `items` are low and were not told of; what becomes of it is an event of the same transaction."""
    chosen = list(items)
    await session.execute(_RECOVERED, {"items": chosen})
    low = sums.running_low().where(Item.id.in_(chosen)).order_by(Item.id)
    rows = {row.id: row for row in await session.execute(low)}
    if not rows:
        return
    told = insert(LowStockTold).values([{"item_id": identifier} for identifier in rows])
    new = await session.scalars(told.on_conflict_do_nothing().returning(LowStockTold.item_id))
    events = [Event("low-stock", _notice(rows[identifier]), key=str(identifier)) for identifier in new]
    await OUTBOX.write(session, *events)
    for event in events:
        log.warning("an item runs low", extra={"fields": event.payload})


def _notice(row: Any) -> dict[str, str]:
    return {
        "item_id": str(row.id),
        "sku": row.sku,
        "name": row.name,
        "stock": f"{row.stock.normalize():f}",
        "reorder_level": f"{row.reorder_level.normalize():f}",
        "unit": row.unit,
    }
