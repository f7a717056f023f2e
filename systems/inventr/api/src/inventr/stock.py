"""Stock: the ledger of movements and the level each product has by it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from inventr import catalogue
from inventr.clock import now
from inventr.parts import Parts
from inventr.schemas import MovementIn, MovementOut
from inventr.tables import Movement, Product
from stackyard_kit.problems import ProblemError


async def lock(session: AsyncSession, identifiers: Iterable[uuid.UUID]) -> dict[uuid.UUID, Product]:
    """The products that exist of `identifiers`, kept from others until the transaction ends.

    They are always locked in the order of their ids, so that two orders cannot wait for each other.
    """
    query = select(Product).where(Product.id.in_(sorted(identifiers))).order_by(Product.id).with_for_update()
    return {product.id: product for product in await session.scalars(query)}


def move(
    session: AsyncSession,
    product: Product,
    quantity: int,
    *,
    reason: str,
    by: uuid.UUID,
    note: str | None = None,
    order_id: uuid.UUID | None = None,
) -> Movement:
    """Write a movement of a locked product and change its level with it."""
    product.stock += quantity
    product.updated_at = now()
    movement = Movement(
        id=uuid.uuid4(),
        product_id=product.id,
        quantity=quantity,
        reason=reason,
        note=note,
        order_id=order_id,
        created_at=product.updated_at,
        created_by=by,
    )
    session.add(movement)
    return movement


async def record(session: AsyncSession, wanted: MovementIn, *, by: uuid.UUID) -> tuple[Movement, Product]:
    """Record a movement by hand. Raises ProblemError 404, or 409 when less is in stock than is taken."""
    product = await catalogue.get(session, wanted.product_id, locked=True)
    if product.stock + wanted.quantity < 0:
        detail = f"Only {product.stock} left."
        errors = [{"pointer": "/quantity", "detail": detail}]
        raise ProblemError(409, f"{product.name}: {detail}", kind="out-of-stock", title="Out of stock", errors=errors)
    return move(session, product, wanted.quantity, reason=wanted.reason, note=wanted.note, by=by), product


async def movements(session: AsyncSession, product_id: uuid.UUID, limit: int) -> list[Movement]:
    """The newest movements of a product first. Raises ProblemError 404."""
    await catalogue.get(session, product_id)
    query = (
        select(Movement)
        .where(Movement.product_id == product_id)
        .options(joinedload(Movement.author))
        .order_by(Movement.created_at.desc(), Movement.id)
        .limit(limit)
    )
    return list(await session.scalars(query))


def shown(movement: Movement, author: str | None) -> MovementOut:
    """The movement as the API says it, with the name of who made it."""
    return MovementOut(
        id=movement.id,
        product_id=movement.product_id,
        quantity=movement.quantity,
        reason=movement.reason,
        note=movement.note,
        created_at=movement.created_at,
        created_by=author,
    )


async def announce(parts: Parts, products: Iterable[Product], *more: dict[str, object]) -> None:
    """Tell everybody the new levels, and `more` events. Call it after the commit."""
    changes = [
        {
            "type": "stock",
            "product_id": str(product.id),
            "sku": product.sku,
            "stock": product.stock,
            "updated_at": product.updated_at.isoformat(),
        }
        for product in products
    ]
    await parts.fanout.publish(*changes, *more)
