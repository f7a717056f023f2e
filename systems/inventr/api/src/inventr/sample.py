"""Sample data: a small household shop with three weeks of business behind it. Never loaded in production."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, insert, select

from inventr import sample_password
from inventr.clock import now
from inventr.sample_products import CUSTOMERS, PRODUCTS, SampleProduct
from inventr.tables import Movement, Order, OrderLine, Product, User

USERS = (
    ("clerk@inventr.example", "Cleo Clerk", "clerk"),
    ("manager@inventr.example", "Max Manager", "manager"),
)

DAYS = 21
_SPACE = uuid.UUID("6f1f2b0e-3c1e-4d8a-9a57-1a2b3c4d5e6f")

# Orders on an ordinary day, from Monday to Sunday: a shop is busiest on Saturday.
_BUSY = (6, 6, 7, 8, 11, 14, 3)


@dataclass
class _Shop:
    """The rows to insert, and the level of each product as they grow."""

    users: list[dict[str, Any]]
    products: dict[str, dict[str, Any]]
    orders: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    movements: list[dict[str, Any]] = field(default_factory=list)


def load_if_empty(connection: Connection) -> None:
    """Fill the tables when there is neither a user nor a product yet."""
    if connection.scalar(select(func.count()).select_from(User)):
        return
    if connection.scalar(select(func.count()).select_from(Product)):
        return
    shop = _make(now())
    for table, rows in (
        (User, shop.users),
        (Product, list(shop.products.values())),
        (Order, shop.orders),
        (OrderLine, shop.lines),
        (Movement, shop.movements),
    ):
        connection.execute(insert(table), rows)


def _make(moment: datetime) -> _Shop:
    # The same every time but for the dates: a screenshot of today looks like one of tomorrow.
    chance = random.Random(26)
    digest = sample_password.digest().result()
    users = [
        {"id": _id(email), "email": email, "name": name, "role": role, "password_hash": digest}
        for email, name, role in USERS
    ]
    opening = moment - timedelta(days=DAYS)
    shop = _Shop(users, {one.sku: _product(one, moment) for one in PRODUCTS})
    for at in _times(chance, moment):
        _sell(shop, chance, at)
    for one in PRODUCTS:
        _open(shop, one, opening)
    shop.movements.sort(key=lambda row: (row["created_at"], str(row["id"])))
    return shop


def _product(one: SampleProduct, moment: datetime) -> dict[str, Any]:
    return {
        "id": _id(one.sku),
        "sku": one.sku,
        "name": one.name,
        "description": one.description,
        "category": one.category,
        "price": Decimal(one.price),
        "stock": one.stock,
        "reorder_level": one.reorder_level,
        "updated_at": moment,
    }


def _times(chance: random.Random, moment: datetime) -> Iterator[datetime]:
    for back in range(DAYS - 1, -1, -1):
        day = moment - timedelta(days=back)
        wanted = _BUSY[day.weekday()] + chance.randint(-2, 2)
        open_at = day.replace(hour=8, minute=0, second=0, microsecond=0)
        chosen = sorted(open_at + timedelta(minutes=chance.randint(0, 660)) for _ in range(max(wanted, 1)))
        yield from (at for at in chosen if at < moment)


def _sell(shop: _Shop, chance: random.Random, at: datetime) -> None:
    number = len(shop.orders)
    order_id = _id(f"order {number}")
    author = chance.choice(shop.users)["id"]
    bought = [(shop.products[one.sku], _amount(chance)) for one in chance.sample(PRODUCTS, chance.randint(1, 4))]
    # A few customers think better of it.
    cancelled = chance.random() < 0.04
    shop.orders.append(
        {
            "id": order_id,
            "status": "cancelled" if cancelled else "placed",
            "customer": chance.choice(CUSTOMERS) if chance.random() < 0.6 else None,
            "total": sum((product["price"] * amount for product, amount in bought), Decimal(0)),
            "created_at": at,
            "created_by": author,
        }
    )
    for position, (product, amount) in enumerate(bought):
        shop.lines.append(_line(order_id, position, product, amount))
        shop.movements.append(_movement(product, -amount, "sold", at, author, order_id))
        if cancelled:
            later = at + timedelta(seconds=40)
            shop.movements.append(_movement(product, amount, "cancelled", later, author, order_id))


def _open(shop: _Shop, one: SampleProduct, opening: datetime) -> None:
    # The levels named are today's; what the shop began with follows from what it sold since.
    product = shop.products[one.sku]
    moved = sum(row["quantity"] for row in shop.movements if row["product_id"] == product["id"])
    if began := one.stock - moved:
        manager = shop.users[1]["id"]
        shop.movements.append(_movement(product, began, "received", opening, manager, None))


def _line(order_id: uuid.UUID, position: int, product: dict[str, Any], amount: int) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "position": position,
        "product_id": product["id"],
        "sku": product["sku"],
        "name": product["name"],
        "quantity": amount,
        "unit_price": product["price"],
    }


def _movement(
    product: dict[str, Any], quantity: int, reason: str, at: datetime, author: uuid.UUID, order_id: uuid.UUID | None
) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(),
        "product_id": product["id"],
        "quantity": quantity,
        "reason": reason,
        "note": "Opening stock" if reason == "received" else None,
        "order_id": order_id,
        "created_at": at,
        "created_by": author,
    }


def _amount(chance: random.Random) -> int:
    return chance.choice((1, 1, 1, 2, 2, 3, 4))


def _id(name: str) -> uuid.UUID:
    return uuid.uuid5(_SPACE, name)
