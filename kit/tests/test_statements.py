"""The count of statements that finds a query in a loop."""

import asyncio

import pytest
from ground import Ground, make_ground, run
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

from stackyard_kit.testing.statements import counted

pytestmark = pytest.mark.real


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list["Line"]] = relationship()


class Line(Base):
    __tablename__ = "lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))


@pytest.fixture(scope="module")
def ground(postgres) -> Ground:
    ground = make_ground(postgres)
    ground.prepare(then=Base.metadata.create_all)
    ground.prepare("insert into orders select generate_series(1, 20)", "insert into lines select n, n from orders o(n)")
    return ground


async def one_by_one(session, limit):
    orders = (await session.scalars(select(Order).limit(limit))).all()
    return [await session.run_sync(lambda _, order=order: len(order.lines)) for order in orders]


async def together(session, limit):
    orders = await session.scalars(select(Order).limit(limit).options(selectinload(Order.lines)))
    return [len(order.lines) for order in orders]


@pytest.mark.parametrize(("listing", "few", "many"), [(one_by_one, 3, 11), (together, 2, 2)])
def test_a_list_that_asks_for_each_of_its_rows_is_seen_by_the_count(ground, listing, few, many):
    """The count grows with the page exactly when there is such a query."""

    async def count(limit):
        async with ground.database() as database, database.transaction() as session:
            with counted(database.engine) as statements:
                await listing(session, limit)
            return len(statements)

    assert (run(count(2)), run(count(10))) == (few, many)


def test_statements_of_others_at_the_same_time_and_their_texts_are_told(ground):
    """Whoever uses the engine is counted; when the block ends nobody is."""

    async def go():
        async with ground.database() as database:

            async def ask():
                async with database.transaction(actor="ann") as session:
                    await session.execute(select(Order.id).limit(1))

            with counted(database.engine) as statements:
                await asyncio.gather(ask(), ask())
            await ask()
            return statements

    statements = run(go())
    assert len(statements) == 4
    assert str(statements).count("SELECT orders.id") == 2
