"""Orders: each takes its stock in the same transaction, or does not come about at all."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from inventr import stock
from inventr.clock import now
from inventr.schemas import OrderIn, OrderLineOut, OrderOut, OrderPage
from inventr.tables import Order, OrderLine, Product
from stackyard_kit.pages import Keyset, Part
from stackyard_kit.problems import ProblemError

_NEWEST = Keyset(Part(Order.number, descending=True))


@dataclass(frozen=True)
class Placed:
    """An order, and the products whose stock it changed; none when the same request was made before."""

    order: Order
    products: list[Product]


async def place(session: AsyncSession, wanted: OrderIn, *, by: uuid.UUID, key: str | None) -> Placed:
    """Sell what is wanted, once for each `key`.

    Raises ProblemError 409 when something is out of stock, 422 when a product is unknown or the key stood before
    another request.
    """
    identifier = await _claim(session, wanted, by=by, key=key)
    if identifier is None:
        return Placed(await _of_key(session, wanted, by=by, key=key), [])
    products = await stock.lock(session, {line.product_id for line in wanted.lines})
    _check(wanted, products)
    order = await session.get_one(Order, identifier)
    order.total = _sell(session, order, wanted, products, by=by)
    await session.flush()
    return Placed(await get(session, identifier), list(products.values()))


async def _claim(session: AsyncSession, wanted: OrderIn, *, by: uuid.UUID, key: str | None) -> uuid.UUID | None:
    # The row comes first: a second request with the same key waits here for the first one's end, holding nothing.
    values = {
        "id": uuid.uuid4(),
        "customer": wanted.customer,
        "created_at": now(),
        "created_by": by,
        "idempotency_key": key,
        "request_digest": _digest(wanted),
    }
    statement = insert(Order).values(values).on_conflict_do_nothing(constraint="orders_once").returning(Order.id)
    return await session.scalar(statement)


async def _of_key(session: AsyncSession, wanted: OrderIn, *, by: uuid.UUID, key: str | None) -> Order:
    query = select(Order).where(Order.created_by == by, Order.idempotency_key == key).options(*_WHOLE)
    order = (await session.scalars(query)).one()
    if order.request_digest != _digest(wanted):
        raise ProblemError(422, "This Idempotency-Key was used for another order.", kind="idempotency-key-reused")
    return order


def _check(wanted: OrderIn, products: dict[uuid.UUID, Product]) -> None:
    unknown = [
        {"pointer": f"/lines/{index}/product_id", "detail": "There is no such product."}
        for index, line in enumerate(wanted.lines)
        if line.product_id not in products
    ]
    if unknown:
        raise ProblemError(422, "Some products are not known.", kind="no-such-product", errors=unknown)
    left = {identifier: product.stock for identifier, product in products.items()}
    short = []
    for index, line in enumerate(wanted.lines):
        left[line.product_id] -= line.quantity
        if left[line.product_id] < 0:
            product = products[line.product_id]
            detail = f"{product.name}: only {product.stock} left."
            short.append({"pointer": f"/lines/{index}/quantity", "detail": detail})
    if short:
        detail = "Some products are not available. Nothing was ordered."
        raise ProblemError(409, detail, kind="out-of-stock", title="Out of stock", errors=short)


def _sell(
    session: AsyncSession, order: Order, wanted: OrderIn, products: dict[uuid.UUID, Product], *, by: uuid.UUID
) -> Decimal:
    total = Decimal(0)
    for position, line in enumerate(wanted.lines):
        product = products[line.product_id]
        total += product.price * line.quantity
        session.add(
            OrderLine(
                order_id=order.id,
                position=position,
                product_id=product.id,
                sku=product.sku,
                name=product.name,
                quantity=line.quantity,
                unit_price=product.price,
            )
        )
        stock.move(session, product, -line.quantity, reason="sold", by=by, order_id=order.id)
    return total


async def cancel(session: AsyncSession, identifier: uuid.UUID, *, by: uuid.UUID) -> Placed:
    """Cancel an order and put its stock back; a second time changes nothing. Raises ProblemError 404."""
    if await session.get(Order, identifier, with_for_update=True) is None:
        raise _no_such_order()
    order = await get(session, identifier)
    if order.status == "cancelled":
        return Placed(order, [])
    products = await stock.lock(session, {line.product_id for line in order.lines})
    for line in order.lines:
        stock.move(session, products[line.product_id], line.quantity, reason="cancelled", by=by, order_id=order.id)
    order.status = "cancelled"
    return Placed(order, list(products.values()))


_WHOLE = (selectinload(Order.lines), joinedload(Order.author))


async def get(session: AsyncSession, identifier: uuid.UUID) -> Order:
    """The order with its lines. Raises ProblemError 404."""
    query = select(Order).where(Order.id == identifier).options(*_WHOLE).execution_options(populate_existing=True)
    order = (await session.scalars(query)).one_or_none()
    if order is None:
        raise _no_such_order()
    return order


async def page(session: AsyncSession, limit: int, cursor: str) -> OrderPage:
    """One page of orders, the newest first."""
    found = await _NEWEST.page(session, select(Order).options(*_WHOLE), cursor, limit)
    return OrderPage(items=[shown(order) for order in found.items], next_cursor=found.next_cursor)


def shown(order: Order) -> OrderOut:
    """The order as the API says it."""
    lines = [
        OrderLineOut(
            product_id=line.product_id,
            sku=line.sku,
            name=line.name,
            quantity=line.quantity,
            unit_price=line.unit_price,
            line_total=line.unit_price * line.quantity,
        )
        for line in order.lines
    ]
    return OrderOut(
        id=order.id,
        number=str(order.number),
        status="cancelled" if order.status == "cancelled" else "placed",
        customer=order.customer,
        total=order.total,
        created_at=order.created_at,
        created_by=order.author.name,
        lines=lines,
    )


def _digest(wanted: OrderIn) -> bytes:
    return hashlib.sha256(wanted.model_dump_json().encode()).digest()


def _no_such_order() -> ProblemError:
    return ProblemError(404, "There is no such order.", kind="no-such-order")
