"""Items and variants of the sample shop, and how their prices come about. Money is in cents."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """One form of an item; money is in cents, `price` with tax."""

    sku: str
    name: str
    attributes: dict[str, str]
    price: int
    cost: int


@dataclass(frozen=True)
class Good:
    """An item; `weight` is how much more often than others it is sold, `look` which drawing shows it."""

    sku: str
    name: str
    description: str
    path: str
    unit: str
    tax: int
    weight: float
    look: str
    variants: tuple[Variant, ...]
    is_stocked: bool = True


@dataclass(frozen=True)
class Metal:
    name: str
    short: str
    look: str
    gram: int


YELLOW = Metal("18 ct yellow gold", "Y", "yellow", 7400)
WHITE = Metal("18 ct white gold", "W", "white", 7800)
ROSE = Metal("18 ct rose gold", "R", "rose", 7400)
FINE = (YELLOW, WHITE, ROSE, Metal("platinum 950", "P", "white", 6900), Metal("9 ct gold", "N", "yellow", 4100))
ALL = (*FINE, Metal("sterling silver", "S", "silver", 420))

STONES = {
    "diamond": ("D", "clear", 1.0),
    "sapphire": ("S", "blue", 0.55),
    "emerald": ("E", "green", 0.62),
    "ruby": ("R", "red", 0.66),
    "morganite": ("M", "pink", 0.3),
    "aquamarine": ("A", "sky", 0.28),
}
TAX = 2100


def sized(
    chance: random.Random,
    sku: str,
    name: str,
    text: str,
    path: str,
    price: int,
    weight: float,
    look: str,
    what: str,
    sizes: tuple[str, ...],
) -> Good:
    """An item in some of the `sizes`, not in all: the others are ordered."""
    begin = chance.randrange(0, max(len(sizes) - 1, 1))
    here = sizes[begin : begin + 2]
    variants = tuple(
        variant_of(f"{sku}-{size}", f"{what} {size}", {what: size}, price + number * price // 40, 2.15)
        for number, size in enumerate(here)
    )
    return Good(sku, name, text, path, "pc", TAX, weight, look, variants)


def single(
    chance: random.Random,
    sku: str,
    name: str,
    text: str,
    path: str,
    price: int,
    weight: float,
    look: str,
    unit: str = "pc",
) -> Good:
    """An item of one form."""
    variant = variant_of(sku, "", {}, price + chance.randrange(0, 10) * 100, 2.0)
    return Good(sku, name, text, path, unit, TAX, weight, look, (variant,))


def variant_of(sku: str, name: str, attributes: dict[str, str], price: int, margin: float) -> Variant:
    """A variant at a shop's price, bought for so much less."""
    # Shop prices: whole euros above a hundred, and a cent or ten less than round below.
    shown = round(price, -2) if price >= 10000 else max(round(price, -2) - 10, 490)
    return Variant(sku, name, attributes, shown, max(int(shown / 1.21 / margin), 100))


def gold_variant(sku: str, price: int) -> Variant:
    """A variant of investment gold, whose price is hardly more than what it cost."""
    return Variant(sku, "", {}, round(price, -1), int(price / 1.035))
