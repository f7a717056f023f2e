"""A year of business for the sample shop: what was bought, moved, sold and returned, and how it stands in the books.

Whole numbers throughout: money in cents, quantities in thousandths of the unit. Every cost is such that no line has to
be rounded, so the account of the inventory is to the cent what is in stock.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from goldshop.sample_goods import goods
from goldshop.sample_year import SHOPS, UNIT, VAULT, WAREHOUSES, Document, Entry, Line, Movement, Stocked, Year

DAYS = 365
SALES = 9000
"""Sales of an ordinary year; with all that belongs to them some forty thousand movements."""

_WEEKDAYS = (0.75, 0.85, 0.95, 1.05, 1.35, 2.1, 0.3)
_EXPENSES = (
    # Account, cents, day of the month, what it is for.
    ("6000", 840_000, 1, "Rent of both boutiques"),
    ("6100", 2_460_000, 28, "Wages"),
    ("6200", 91_500, 5, "Electricity"),
    ("6300", 128_000, 3, "Insurance of stock and vault"),
    ("6400", 180_000, 12, "Advertising"),
)


def simulate(moment: datetime, suppliers: int, customers: int, sales: int = SALES) -> Year:
    """The year that ends at `moment`; the same every time, but for the dates and what of them is a Saturday."""
    return _Simulation(moment, suppliers, customers, sales).run()


def season(day: date) -> float:
    """How busy a day is against an ordinary one, for its time of the year."""
    if day.month == 12:
        return 1.5 + day.day / 24 * 2.2 if day.day <= 24 else 0.5
    if day.month == 2 and 6 <= day.day <= 14:
        return 2.0
    if day.month == 5 and day.day <= 14:
        return 1.6
    return {1: 0.7, 6: 1.2, 7: 1.1, 8: 1.05, 11: 1.25}.get(day.month, 1.0)


class _Simulation:
    """The state of the shop while its year goes by."""

    def __init__(self, moment: datetime, suppliers: int, customers: int, sales: int) -> None:
        self.chance = random.Random(26)
        self.moment = moment
        self.first = (moment - timedelta(days=DAYS)).date()
        self.suppliers, self.customers = suppliers, customers
        pairs = [(good, variant) for good in goods() for variant in good.variants]
        self.year = Year([Stocked(index, *pair) for index, pair in enumerate(pairs)])
        self.is_stocked = [one.good.is_stocked for one in self.year.variants]
        self.tax = [one.good.tax for one in self.year.variants]
        self.group = 0
        self.arrivals: defaultdict[date, list[Callable[[], None]]] = defaultdict(list)
        self.coming: Counter[int] = Counter()
        self.target = [self._target(one) for one in self.year.variants]
        # A few sell well and most seldom, and what costs much more seldom still.
        weights = [
            one.good.weight * self.chance.paretovariate(1.1) * min(1.0, (9_000 / one.variant.price) ** 0.7)
            for one in self.year.variants
        ]
        self.popular = list(accumulate(weights))
        busy = [_WEEKDAYS[day.weekday()] * season(day) for day in self._days()]
        self.per_day = [sales * one / sum(busy) for one in busy]

    def run(self) -> Year:
        self._open()
        owed = 0.0
        for number, day in enumerate(self._days()):
            for arrive in self.arrivals.pop(day, ()):
                arrive()
            if day.weekday() == 0 and number:
                self._replenish(day)
            owed += self.per_day[number]
            for at in self._times(day, int(owed)):
                self._sell(at)
            owed -= int(owed)
            if day.weekday() == 6:
                self._count(day)
            self._book_expenses(day)
        self.year.movements.sort(key=lambda one: one.at)
        self.year.entries.sort(key=lambda one: one.at)
        return self.year

    def _days(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range(DAYS + 1))

    def _times(self, day: date, amount: int) -> list[datetime]:
        minutes = sorted(self.chance.triangular(0, 540, 330) for _ in range(amount))
        times = (_at(day, 9) + timedelta(seconds=int(minute * 60)) for minute in minutes)
        return [at for at in times if at < self.moment]

    def _target(self, one: Stocked) -> int:
        if not one.good.is_stocked:
            return 0
        if one.good.unit == "g":
            return 400 * UNIT
        price = one.variant.price
        return (1 if price > 200_000 else 2 if price > 60_000 else 4 if price > 15_000 else 10) * UNIT

    def _open(self) -> None:
        at, value = _at(self.first, 7), 0
        for one in self.year.variants:
            target = self.target[one.number]
            if not target:
                continue
            value += target * one.variant.cost // UNIT
            home = self.chance.choice(SHOPS)
            self._move(at, one.number, home, target, "opening", "transaction", 0, "Opening stock")
        self._book(self.first, "Opening stock", "opening", 0, ("1200", value), ("3000", -value))
        for account, amount, text in (("1020", 42_000_000, "Money brought in"), ("1000", 250_000, "Till money")):
            self._book(self.first, text, "opening", -1, (account, amount), ("3000", -amount))
        self._book(self.first, "Shop fittings", "opening", -1, ("1500", 18_500_000), ("3000", -18_500_000))

    def _sell(self, at: datetime) -> None:
        chance, levels = self.chance, self.year.levels
        shop = "CITY" if chance.random() < 0.58 else "HARBOUR"
        lines: list[Line] = []
        number = len(self.year.sales)
        for _ in range(chance.choice((1, 1, 2, 2, 2, 3, 4))):
            index = self._pick(shop)
            if any(line.variant == index for line in lines):
                continue
            quantity = self._quantity(index)
            if self.is_stocked[index]:
                quantity = min(quantity, levels.get((index, shop), 0))
                if quantity <= 0:
                    continue
                self._move(at, index, shop, -quantity, "sold", "sale", number, "")
            lines.append(self._line(index, quantity))
        if not lines:
            return
        gross = sum(line.net + line.tax for line in lines)
        payment = chance.choices(
            ("card", "cash", "transfer"), (0.68, 0.22, 0.1) if gross < 200_000 else (0.6, 0.05, 0.35)
        )[0]
        customer = chance.randrange(self.customers) if payment == "transfer" or chance.random() < 0.4 else -1
        sale = Document(at, shop, customer, lines, payment)
        self.year.sales.append(sale)
        self._book_sale(sale, number)

    def _pick(self, shop: str) -> int:
        # Whoever does not find one thing takes another.
        for _ in range(6):
            index = bisect_left(self.popular, self.chance.random() * self.popular[-1])
            if not self.is_stocked[index] or self.year.levels.get((index, shop), 0):
                return index
        return index

    def _quantity(self, index: int) -> int:
        if self.year.variants[index].good.unit == "g":
            return self.chance.choice((5, 10, 12, 20, 25)) * UNIT
        return (2 if self.chance.random() < 0.06 else 1) * UNIT

    def _line(self, index: int, quantity: int) -> Line:
        variant, rate = self.year.variants[index].variant, self.tax[index]
        gross = variant.price * quantity // UNIT
        net = (gross * 20_000 + 10_000 + rate) // (2 * (10_000 + rate))
        return Line(index, quantity, variant.price, net, gross - net, variant.cost * quantity // UNIT)

    def _book_sale(self, sale: Document, number: int) -> None:
        net, tax, cost = sale.net, sale.tax, sale.cost
        money = {"cash": "1000", "card": "1010", "transfer": "1100"}[sale.payment]
        postings = [(money, net + tax), ("4000", -net), ("2100", -tax), ("5000", cost), ("1200", -cost)]
        self._book(sale.at.date(), "Sale", "sale", number, *postings)
        later = _at(sale.at.date() + timedelta(days=self.chance.randint(1, 12)), 8)
        if self.chance.random() < 0.018 and later < self.moment and sale.payment != "transfer":
            sale.returned = later
            self.arrivals[later.date()].append(lambda: self._take_back(number, later))
            back = [(account, -amount) for account, amount in postings]
            self._book(later.date(), f"Return of sale {{S{number}}}", "return", number, *back)
        paid = sale.at + timedelta(days=min(self.chance.lognormvariate(2.2, 0.6), 60))
        if sale.payment == "transfer" and paid < self.moment:
            sale.paid = paid
            self._book(
                paid.date(),
                f"Payment of invoice {{I{number}}}",
                "payment",
                number,
                ("1020", net + tax),
                ("1100", -net - tax),
            )

    def _take_back(self, number: int, at: datetime) -> None:
        sale = self.year.sales[number]
        for line in sale.lines:
            if self.is_stocked[line.variant]:
                self._move(at, line.variant, sale.warehouse, line.quantity, "returned", "sale", number, "")

    def _replenish(self, day: date) -> None:
        # On Mondays: what the shops lack comes from the vault, what the vault lacks from the suppliers.
        levels, at = self.year.levels, _at(day, 8)
        wanted: dict[int, list[tuple[int, int]]] = {}
        for index, target in enumerate(self.target):
            if not target:
                continue
            there = sum(levels.get((index, place), 0) for place in WAREHOUSES) + self.coming[index]
            if there * 2 <= target and self.chance.random() < 0.6:
                self.coming[index] += (missing := target + UNIT - there)
                wanted.setdefault(self._supplier(index), []).append((index, missing))
            held = levels.get((index, VAULT), 0)
            if held:
                shop = min(SHOPS, key=lambda place: levels.get((index, place), 0))
                part = held if held <= 2 * UNIT else held // 2 // UNIT * UNIT
                self.group += 1
                self._move(at, index, VAULT, -part, "transferred", "transfer", self.group, f"To {WAREHOUSES[shop]}")
                self._move(at, index, shop, part, "transferred", "transfer", self.group, "From the vault")
        for supplier, lines in wanted.items():
            self._buy(day, supplier, lines)

    def _supplier(self, index: int) -> int:
        return sum(map(ord, self.year.variants[index].good.path)) % self.suppliers

    def _buy(self, day: date, supplier: int, wanted: list[tuple[int, int]]) -> None:
        number = len(self.year.purchases)
        lines = []
        for index, quantity in wanted:
            one = self.year.variants[index]
            net = one.variant.cost * quantity // UNIT
            lines.append(Line(index, quantity, one.variant.cost, net, (net * self.tax[index] + 5_000) // 10_000, net))
        ordered = _at(day, 10) + timedelta(minutes=len(self.year.purchases) % 300)
        received = _at(day + timedelta(days=self.chance.randint(2, 9)), 7)
        place = VAULT if self.chance.random() < 0.7 else self.chance.choice(SHOPS)
        purchase = Document(ordered, place, supplier, lines)
        self.year.purchases.append(purchase)
        if received >= self.moment:
            return
        purchase.received = received
        self.arrivals[received.date()].append(lambda: self._receive(number, received))
        net, tax = purchase.net, purchase.tax
        self._book(
            received.date(),
            f"Purchase {{P{number}}}",
            "purchase",
            number,
            ("1200", net),
            ("1400", tax),
            ("2000", -net - tax),
        )
        due = received + timedelta(days=14)
        if due < self.moment:
            text = f"Payment of purchase {{P{number}}}"
            self._book(due.date(), text, "payment", number, ("2000", net + tax), ("1020", -net - tax))

    def _receive(self, number: int, at: datetime) -> None:
        purchase = self.year.purchases[number]
        for line in purchase.lines:
            self.coming[line.variant] -= line.quantity
            self._move(at, line.variant, purchase.warehouse, line.quantity, "received", "purchase", number, "")

    def _count(self, day: date) -> None:
        # On Sundays somebody counts a shelf, and now and then a piece is missing or turns up.
        at, total = _at(day, 19), 0
        self.group += 1
        if at >= self.moment:
            return
        for _ in range(self.chance.randint(12, 30)):
            index, shop = self.chance.randrange(len(self.target)), self.chance.choice(SHOPS)
            if self.year.levels.get((index, shop), 0) < UNIT:
                continue
            sign = 1 if self.chance.random() < 0.3 else -1
            self._move(at, index, shop, sign * UNIT, "adjusted", "transaction", self.group, "Counted")
            total += sign * self.year.variants[index].variant.cost
        if total:
            self._book(day, "Counting of stock", "adjustment", self.group, ("1200", total), ("5100", -total))

    def _book_expenses(self, day: date) -> None:
        if day >= self.moment.date():
            return
        for account, amount, due, text in _EXPENSES:
            if day.day == due:
                paid = amount + self.chance.randrange(-amount // 25, amount // 25) if account != "6000" else amount
                self._book(day, f"{text}, {day:%B}", "manual", -1, (account, paid), ("1020", -paid))
        if day.day == 2:
            self._settle(day, "1010", "1020", "Settlement of cards")
            self._settle(day, "1000", "1020", "Takings brought to the bank", keep=250_000)
        if day.day == 20 and day.month % 3 == 1:
            self._pay_tax(day)

    def _settle(self, day: date, source: str, target: str, text: str, keep: int = 0) -> None:
        amount = self._balance(source, day) - keep
        if amount > 0:
            self._book(day, text, "manual", -1, (target, amount), (source, -amount))

    def _pay_tax(self, day: date) -> None:
        paid, owed = self._balance("1400", day), -self._balance("2100", day)
        self._book(day, "VAT of the quarter", "manual", -1, ("2100", owed), ("1400", -paid), ("1020", paid - owed))

    def _balance(self, account: str, day: date) -> int:
        entries = (entry for entry in self.year.entries if entry.at < day)
        return sum(amount for entry in entries for code, amount in entry.postings if code == account)

    def _move(
        self, at: datetime, variant: int, place: str, quantity: int, reason: str, kind: str, number: int, note: str
    ) -> None:
        levels, key = self.year.levels, (variant, place)
        levels[key] = levels.get(key, 0) + quantity
        self.year.movements.append(Movement(at, variant, place, quantity, reason, kind, number, note))

    def _book(self, at: date, text: str, kind: str, number: int, *postings: tuple[str, int]) -> None:
        kept = tuple(one for one in postings if one[1])
        if len(kept) > 1:
            self.year.entries.append(Entry(at, text, kind, number, kept))


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
