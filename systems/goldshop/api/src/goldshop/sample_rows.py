"""The rows of the sample shop, as COPY takes them: a year of business with its ids, texts and numbers."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from goldshop import sample_password
from goldshop.codes import internal_ean13
from goldshop.sample_goods import CATEGORIES
from goldshop.sample_people import Person
from goldshop.sample_ware import Good
from goldshop.sample_year import UNIT, WAREHOUSES, Document, Entry, Line, Year

USERS = (
    ("clerk@goldshop.example", "Clara Clerk", "clerk"),
    ("manager@goldshop.example", "Marek Manager", "manager"),
    ("admin@goldshop.example", "Ada Admin", "admin"),
)

_SPACE = uuid.UUID("2f6a1c34-9b7e-4f0e-8d54-7c1e5b0a9d26")
_NULL = r"\N"


@dataclass(frozen=True)
class Ids:
    """The ids of rows that others point at."""

    users: list[str]
    items: dict[str, str]
    variants: list[str]
    warehouses: dict[str, str]
    suppliers: list[str]
    customers: list[str]
    sales: list[str]
    purchases: list[str]
    entries: list[str]
    invoices: list[str]


def image_id(sku: str) -> uuid.UUID:
    """The id of the drawn picture of the sample item `sku`."""
    return uuid.uuid5(_SPACE, f"image {sku}")


def ids_of(year: Year, sellers: Sequence[Person], buyers: Sequence[Person]) -> Ids:
    """Ids for everything in the year, the same every time."""
    chance = random.Random(2026)

    def made(amount: int) -> list[str]:
        return [_random_id(chance) for _ in range(amount)]

    items = {one.good.sku: "" for one in year.variants}
    return Ids(
        users=[_id(email) for email, _, _ in USERS],
        items=dict(zip(items, made(len(items)), strict=True)),
        variants=made(len(year.variants)),
        warehouses={code: _id(code) for code in WAREHOUSES},
        suppliers=made(len(sellers)),
        customers=made(len(buyers)),
        sales=made(len(year.sales)),
        purchases=made(len(year.purchases)),
        entries=made(len(year.entries)),
        invoices=_invoice_numbers(year.sales),
    )


Rows = Iterable[str]


def tables_of(year: Year, ids: Ids, sellers: list[Person], buyers: list[Person]) -> Iterator[tuple[str, str, Rows]]:
    """Table, columns and rows, in an order in which no row points at one that is not there yet."""
    digest = sample_password.digest().result()
    people = zip(ids.users, USERS, strict=True)
    yield "users", "id email name role password_hash", (_row(one, *user, digest) for one, user in people)
    yield "categories", "id name path", (_row(_id(path), name, _spelt(path)) for path, name in CATEGORIES.items())
    yield from _goods(year, ids)
    yield "warehouses", "id code name", (_row(ids.warehouses[code], code, name) for code, name in WAREHOUSES.items())
    yield (
        "stock_levels",
        "variant_id warehouse_id quantity",
        (
            _row(ids.variants[variant], ids.warehouses[place], _quantity(quantity))
            for (variant, place), quantity in year.levels.items()
        ),
    )
    partners = zip((*ids.suppliers, *ids.customers), (*sellers, *buyers), strict=True)
    yield "partners", "id kind name email phone address tax_id", (_row(one, *person) for one, person in partners)
    yield from _books(year, ids)
    yield from _purchases(year, ids)
    yield from _sales(year, ids)
    yield _movements(year, ids)


def _goods(year: Year, ids: Ids) -> Iterator[tuple[str, str, Rows]]:
    goods: dict[str, Good] = {one.good.sku: one.good for one in year.variants}
    opened = year.movements[0].at - timedelta(days=30)
    yield "items", "id sku name description category_id unit tax_rate reorder_level stocked created_at updated_at", (
        _row(ids.items[sku], sku, good.name, good.description, _id(good.path), good.unit, good.tax / 10_000,
             _reorder_level(good), "t" if good.is_stocked else "f", opened + timedelta(minutes=number), opened)
        for number, (sku, good) in enumerate(goods.items())
    )  # fmt: skip
    yield "variants", "id item_id sku name attributes price cost position", (
        _row(ids.variants[one.number], ids.items[one.good.sku], one.variant.sku, one.variant.name,
             _json(one.variant.attributes), _money(one.variant.price), _money(one.variant.cost),
             one.good.variants.index(one.variant))
        for one in year.variants
    )  # fmt: skip
    yield (
        "barcodes",
        "code variant_id kind",
        (_row(internal_ean13(number), variant, "ean13") for number, variant in enumerate(ids.variants, 1)),
    )
    yield "images", "id item_id alt", (_row(image_id(sku), ids.items[sku], good.name) for sku, good in goods.items())


def _books(year: Year, ids: Ids) -> Iterator[tuple[str, str, Rows]]:
    manager = ids.users[1]
    sale_of = {
        entry.document: one for one, entry in zip(ids.entries, year.entries, strict=True) if entry.kind == "sale"
    }
    yield "transactions", "id number at description source_kind source_id created_by reverses", (
        _row(ids.entries[number], number + 1, entry.at, _described(entry.description, ids), entry.kind,
             _source(entry, ids), manager,
             sale_of[entry.document] if entry.kind == "return" else _NULL)
        for number, entry in enumerate(year.entries)
    )  # fmt: skip
    yield (
        "postings",
        "transaction_id position account_code amount",
        (
            f"{one}\t{position}\t{code}\t{_money(amount)}\n"
            for one, entry in zip(ids.entries, year.entries, strict=True)
            for position, (code, amount) in enumerate(entry.postings, 1)
        ),
    )


def _source(entry: Entry, ids: Ids) -> str:
    if entry.kind in ("sale", "return") or "{I" in entry.description:
        return ids.sales[entry.document]
    return ids.purchases[entry.document] if entry.kind == "purchase" else _NULL


def _purchases(year: Year, ids: Ids) -> Iterator[tuple[str, str, Rows]]:
    booked = {
        entry.document: one for one, entry in zip(ids.entries, year.entries, strict=True) if entry.kind == "purchase"
    }
    head = "id number supplier_id warehouse_id status ordered_at received_at net tax gross created_by transaction_id"
    yield "purchases", head, (
        _row(one, number + 1, ids.suppliers[bought.partner], ids.warehouses[bought.warehouse],
             "received" if bought.received else "ordered", bought.at, bought.received or _NULL,
             *_sums(bought), ids.users[1], booked.get(number, _NULL))
        for number, (one, bought) in enumerate(zip(ids.purchases, year.purchases, strict=True))
    )  # fmt: skip
    yield "purchase_lines", "purchase_id position variant_id quantity unit_cost tax_rate", (
        _row(one, position, ids.variants[line.variant], _quantity(line.quantity), _money(line.price),
             year.variants[line.variant].good.tax / 10_000)
        for one, bought in zip(ids.purchases, year.purchases, strict=True)
        for position, line in enumerate(bought.lines, 1)
    )  # fmt: skip


def _sales(year: Year, ids: Ids) -> Iterator[tuple[str, str, Rows]]:
    booked = {entry.document: one for one, entry in zip(ids.entries, year.entries, strict=True) if entry.kind == "sale"}
    pairs = list(zip(ids.sales, year.sales, strict=True))
    head = "id number customer_id warehouse_id payment sold_at net tax gross cost created_by transaction_id"
    yield "sales", head, (
        _row(one, number + 1, ids.customers[sale.partner] if sale.partner >= 0 else _NULL,
             ids.warehouses[sale.warehouse], sale.payment, sale.at, *_sums(sale), _money(sale.cost),
             ids.users[number % 7 == 0], booked[number])
        for number, (one, sale) in enumerate(pairs)
    )  # fmt: skip
    yield (
        "sale_lines",
        "sale_id position variant_id sku name quantity unit_price tax_rate net tax unit_cost",
        (
            _sale_line(year, ids, one, position, line)
            for one, sale in pairs
            for position, line in enumerate(sale.lines, 1)
        ),
    )
    yield (
        "invoices",
        "id number sale_id issued_at due_at paid_at",
        (
            _row(_id(f"invoice {one}"), number, one, sale.at, *_due_and_paid(sale))
            for (one, sale), number in zip(pairs, ids.invoices, strict=True)
        ),
    )
    last = dict(number.split("-") for number in ids.invoices)
    yield "invoice_years", "year last", (_row(year, int(number)) for year, number in last.items())


def _due_and_paid(sale: Document) -> tuple[object, object]:
    if sale.payment != "transfer":
        return sale.at, sale.at
    return sale.at + timedelta(days=14), sale.paid or _NULL


def _invoice_numbers(sales: Iterable[Document]) -> list[str]:
    last: Counter[int] = Counter()
    numbers = []
    for sale in sales:
        last[sale.at.year] += 1
        numbers.append(f"{sale.at.year}-{last[sale.at.year]:06d}")
    return numbers


def _sale_line(year: Year, ids: Ids, sale: str, position: int, line: Line) -> str:
    good, variant = year.variants[line.variant].good, year.variants[line.variant].variant
    return _row(
        sale, position, ids.variants[line.variant], variant.sku, _line_name(good.name, variant.name),
        _quantity(line.quantity), _money(line.price), good.tax / 10_000, _money(line.net), _money(line.tax),
        _money(variant.cost),
    )  # fmt: skip


def _movements(year: Year, ids: Ids) -> tuple[str, str, Rows]:
    chance = random.Random(42)
    groups = {
        (entry.kind, entry.document): one
        for one, entry in zip(ids.entries, year.entries, strict=True)
        if entry.kind in ("opening", "adjustment") and entry.document >= 0
    }
    places = {"sale": ids.sales, "purchase": ids.purchases}
    clerk, manager = ids.users[:2]

    def document(kind: str, reason: str, number: int) -> str:
        if kind in places:
            return places[kind][number]
        if kind == "transaction":
            return groups.get(("opening" if reason == "opening" else "adjustment", number), _NULL)
        return f"{number:08x}{_SPACE.hex[8:]}"

    columns = "id at variant_id warehouse_id quantity unit_cost reason document_kind document_id note created_by"
    return (
        "movements",
        columns,
        (
            f"{_random_id(chance)}\t{one.at}\t{ids.variants[one.variant]}\t{ids.warehouses[one.warehouse]}\t"
            f"{_quantity(one.quantity)}\t{_money(year.variants[one.variant].variant.cost)}\t{one.reason}\t{one.kind}\t"
            f"{document(one.kind, one.reason, one.document)}\t{one.note or _NULL}\t"
            f"{clerk if one.reason == 'sold' else manager}\n"
            for one in year.movements
        ),
    )


def _row(*values: object) -> str:
    return "\t".join(map(_field, values)) + "\n"


def _field(value: object) -> str:
    if isinstance(value, str) and value is not _NULL:
        return value.replace("\\", "\\\\").replace("\n", "\\n") if "\\" in value or "\n" in value else value
    return str(value)


def _sums(document: Document) -> tuple[str, str, str]:
    net, tax = document.net, document.tax
    return _money(net), _money(tax), _money(net + tax)


def _reorder_level(good: Good) -> str:
    if not good.is_stocked:
        return "0"
    if good.unit == "g":
        return "120"
    price = good.variants[0].price
    each = 0 if price > 200_000 else 0.5 if price > 60_000 else 1 if price > 15_000 else 3
    return str(int(each * len(good.variants)))


def _spelt(path: str) -> str:
    # As the shop spells paths: after the names of the categories on the way.
    labels = path.split(".")
    names = (CATEGORIES[".".join(labels[:depth])] for depth in range(1, len(labels) + 1))
    return ".".join(name.lower().replace(" ", "_") for name in names)


def _line_name(name: str, variant: str) -> str:
    return f"{name}, {variant}" if variant else name


def _described(description: str, ids: Ids) -> str:
    # "Return of sale {S12}" names the sale by its place in the list; people know it by its number.
    before, brace, rest = description.partition("{")
    if not brace:
        return description
    kind, place = rest[0], int(rest[1:-1])
    return before + (ids.invoices[place] if kind == "I" else f"{kind}-{place + 1}")


def _money(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _quantity(thousandths: int) -> str:
    sign, amount = ("-", -thousandths) if thousandths < 0 else ("", thousandths)
    whole, part = divmod(amount, UNIT)
    return f"{sign}{whole}.{part:03d}" if part else f"{sign}{whole}"


def _json(attributes: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": "{value}"' for name, value in attributes.items()) + "}"


def _random_id(chance: random.Random) -> str:
    # Version 4, by the bits that say so; uuid.UUID itself would take a second for all rows.
    digits = f"{chance.getrandbits(128):032x}"
    return f"{digits[:12]}4{digits[13:16]}8{digits[17:]}"


def _id(name: str) -> str:
    return str(uuid.uuid5(_SPACE, name))
