"""Pages by keyset, on a real database."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from ground import Ground, make_ground, run
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import DateTime, Numeric, SmallInteger, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from stackyard_kit.pages import Keyset, Part, cursor_after, next_link, position_of
from stackyard_kit.problems import ProblemError
from stackyard_kit.testing.statements import counted

MOMENT = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    rank: Mapped[int] = mapped_column(SmallInteger)


ORDERS = {
    "name": Keyset(Part(Item.name), Part(Item.id)),
    "newest": Keyset(Part(Item.at, descending=True), Part(Item.id, descending=True)),
    "cheapest, then newest": Keyset(Part(Item.price), Part(Item.at, descending=True), Part(Item.id)),
    "rank": Keyset(Part(Item.rank, descending=True), Part(Item.id)),
}


@pytest.fixture(scope="module")
def ground(postgres) -> Ground:
    ground = make_ground(postgres)
    ground.prepare(then=Base.metadata.create_all)

    async def fill():
        async with ground.database() as database, database.transaction() as session:
            for number in range(53):
                at = MOMENT - timedelta(microseconds=number % 7)
                price = Decimal(number % 5) / 4
                session.add(Item(name=f"name {number % 11}", price=price, at=at, rank=number % 3))

    run(fill())
    return ground


@pytest.mark.real
@pytest.mark.parametrize("name", ORDERS)
def test_pages_follow_each_other_without_gaps_though_many_rows_are_equal_in_part(ground, name):
    """Every row once, in the order of the whole list, one statement a page."""

    async def go():
        async with ground.database() as database:
            async with database.transaction() as session:
                order = [part.sorting for part in ORDERS[name].parts]
                whole = (await session.scalars(select(Item.id).order_by(*order))).all()
            seen, cursor, pages = [], "", 0
            with counted(database.engine) as statements:
                while cursor is not None:
                    async with database.transaction() as session:
                        page = await ORDERS[name].page(session, select(Item), cursor, 9)
                    seen += [item.id for item in page.items]
                    cursor, pages = page.next_cursor, pages + 1
            assert (pages, len(statements)) == (6, 6), str(statements)
            assert seen == whole

    run(go())


@pytest.mark.real
def test_a_row_that_comes_meanwhile_shifts_nothing(ground):
    """What was on the first page is not on the second again."""

    async def go():
        async with ground.database() as database, database.transaction() as session:
            first = await ORDERS["name"].page(session, select(Item), "", 10)
            new = Item(name="a new first one", price=0, at=MOMENT, rank=0)
            session.add(new)
            await session.flush()
            second = await ORDERS["name"].page(session, select(Item), first.next_cursor, 10)
            assert not {item.id for item in first.items} & {item.id for item in second.items}
            await session.delete(new)

    run(go())


@pytest.mark.real
def test_a_page_that_ends_with_the_list_is_the_last(ground):
    """There is no empty page after it."""

    async def go(limit):
        async with ground.database() as database, database.transaction() as session:
            return await ORDERS["name"].page(session, select(Item), "", limit)

    assert run(go(53)).next_cursor is None
    assert run(go(52)).next_cursor is not None


def written(*values):
    return urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "cursor"),
    [
        ("name", "x"),
        ("name", "!!!!"),
        ("name", written("a")),
        ("name", written("a", "not a uuid")),
        ("name", written("a\0b", str(uuid4()))),
        ("name", written("a\ud800", str(uuid4()))),
        ("name", written(1, str(uuid4()))),
        ("name", written("a", str(uuid4()), "more")),
        ("name", "A" * 3000),
        ("name", urlsafe_b64encode(b"[" * 700).decode()),
        ("rank", written(40_000, str(uuid4()))),
        ("rank", written(10**30, str(uuid4()))),
        ("rank", written(True, str(uuid4()))),
        ("newest", written("2026-11-21T12:00:00", str(uuid4()))),
        ("newest", written("tomorrow", str(uuid4()))),
        ("cheapest, then newest", written("NaN", MOMENT.isoformat(), str(uuid4()))),
        ("cheapest, then newest", written("much", MOMENT.isoformat(), str(uuid4()))),
    ],
)
def test_what_is_no_cursor_of_the_list_is_the_callers_mistake(ground, name, cursor):
    """APP-06: 422 and never an error of the database."""

    async def go():
        async with ground.database() as database, database.transaction() as session:
            await ORDERS[name].page(session, select(Item), cursor, 10)

    with pytest.raises(ProblemError) as refused:
        run(go())
    assert (refused.value.status, refused.value.errors[0]["pointer"]) == (422, "/query/cursor")


@settings(deadline=None, max_examples=50)
@given(some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0")), some.integers(), some.uuids())
def test_a_cursor_gives_back_the_position_it_was_made_of(word, number, identifier):
    """Whatever the values are."""
    moment, amount = MOMENT, Decimal("-12.50")
    if len(word) < 100:
        position = [word, number, identifier, moment, amount, moment.date()]
        shape = (str, int, UUID, datetime, Decimal, date)
        assert position_of(cursor_after(*position), *shape) == position


def test_the_next_page_can_also_be_a_link():
    """RFC 8288."""
    assert next_link("https://shop/api/items?limit=5&search=a%26b&cursor=old", "new_-") == {
        "Link": '<https://shop/api/items?limit=5&search=a%26b&cursor=new_->; rel="next"'
    }
    assert next_link("https://shop/api/items", None) == {}
