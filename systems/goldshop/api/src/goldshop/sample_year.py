"""What a year of business of the sample shop is made of. Money is in cents, quantities in thousandths of the unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from goldshop.sample_ware import Good, Variant

SHOPS = ("CITY", "HARBOUR")
VAULT = "VAULT"
WAREHOUSES = {"CITY": "City boutique", "HARBOUR": "Harbour boutique", "VAULT": "Central vault"}

UNIT = 1000
"""One piece."""


class Stocked(NamedTuple):
    """A variant with the item it belongs to and its place in the list of all variants."""

    number: int
    good: Good
    variant: Variant


class Movement(NamedTuple):
    """A row of the movements; `document` is the place of its purchase or sale in their lists.

    Of an opening, a counting or a transfer it is a number that all movements and entries of it share.
    """

    at: datetime
    variant: int
    warehouse: str
    quantity: int
    reason: str
    kind: str
    document: int
    note: str


class Line(NamedTuple):
    """A line of a sale or a purchase; `price` is that of one unit, `net` and `tax` are those of the line."""

    variant: int
    quantity: int
    price: int
    net: int
    tax: int
    cost: int


@dataclass
class Document:
    """A sale or a purchase."""

    at: datetime
    warehouse: str
    partner: int
    lines: list[Line]
    payment: str = ""
    returned: datetime | None = None
    paid: datetime | None = None
    received: datetime | None = None

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)

    @property
    def cost(self) -> int:
        return sum(line.cost for line in self.lines)


class Entry(NamedTuple):
    """A transaction of the books; `document` is as with movements, or -1 when it is about none."""

    at: date
    description: str
    kind: str
    document: int
    postings: tuple[tuple[str, int], ...]


@dataclass
class Year:
    """Everything that happened, each list in the order of time."""

    variants: list[Stocked]
    levels: dict[tuple[int, str], int] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    sales: list[Document] = field(default_factory=list)
    purchases: list[Document] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
