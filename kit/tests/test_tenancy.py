"""Tenants kept apart by the database itself, on a real one."""

import asyncio
from uuid import UUID

import pytest
from ground import Ground, make_ground, run
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from stackyard_kit import correlation
from stackyard_kit.privileges import excess
from stackyard_kit.tenancy import isolate, unite

pytestmark = pytest.mark.real

NORTH, SOUTH = UUID(int=1), UUID(int=2)


@pytest.fixture(scope="module")
def ground(postgres) -> Ground:
    made = make_ground(
        postgres,
        [
            "create table orders (id int generated always as identity primary key, tenant_id uuid not null, what text)",
            *isolate("orders"),
        ],
    )

    async def fill():
        async with made.database() as database:
            for tenant, what in ((NORTH, "lamp"), (NORTH, "desk"), (SOUTH, "boat")):
                async with database.transaction(tenant=tenant) as session:
                    await session.execute(text("insert into orders (what) values (:what)"), {"what": what})

    run(fill())
    return made


async def seen(database, **who):
    async with database.transaction(**who) as session:
        # The bug: nobody thought of a WHERE.
        return sorted(await session.scalars(text("select what from orders")))


def test_a_query_that_forgets_its_where_sees_the_own_tenant_only(ground):
    """DB-03: row-level security isolates tenants also against a buggy query."""

    async def go():
        async with ground.database() as database:
            assert await seen(database, tenant=NORTH) == ["desk", "lamp"]
            assert await seen(database, tenant=SOUTH) == ["boat"]
            async with database.transaction(tenant=SOUTH) as session:
                await session.execute(text("update orders set what = 'ship'"))
            assert await seen(database, tenant=NORTH) == ["desk", "lamp"]
            async with database.transaction(tenant=SOUTH) as session:
                await session.execute(text("update orders set what = 'boat'"))

    run(go())


def test_a_transaction_without_a_tenant_sees_nothing(ground):
    """DB-03: who forgets the tenant gets no rows, not all of them; the table's owner, too."""

    async def go():
        for owner in (False, True):
            async with ground.database(owner=owner) as database:
                assert await seen(database) == []
                assert await seen(database, actor="somebody") == []
                assert await seen(database, tenant="") == []

    run(go())


def test_nobody_writes_into_another_tenant(ground):
    """DB-03: neither a new row nor a moved one."""

    async def go(statement):
        async with ground.database() as database, database.transaction(tenant=NORTH) as session:
            await session.execute(text(statement), {"other": SOUTH})

    for statement in (
        "insert into orders (tenant_id, what) values (:other, 'gift')",
        "update orders set tenant_id = :other",
    ):
        with pytest.raises(DBAPIError, match="row-level security"):
            run(go(statement))


def test_a_pooled_connection_keeps_nothing_of_who_had_it(ground):
    """DB-03: the settings end with the transaction, also with one that failed, and at once on many connections."""

    async def go():
        async with ground.database(limit=1) as database:
            assert await seen(database, tenant=NORTH, actor="ann") == ["desk", "lamp"]
            assert await seen(database) == []
            with pytest.raises(RuntimeError):
                async with database.transaction(tenant=SOUTH):
                    raise RuntimeError
            async with database.transaction() as session:
                names = ("app.tenant", "app.actor", "app.correlation")
                kept = [
                    await session.scalar(text("select current_setting(:name, true)"), {"name": name}) for name in names
                ]
            assert not any(kept)
        async with ground.database(limit=3) as database:
            tenants = [NORTH, SOUTH, None] * 30
            found = await asyncio.gather(*(seen(database, tenant=tenant) for tenant in tenants))
            wanted = {NORTH: ["desk", "lamp"], SOUTH: ["boat"], None: []}
            assert found == [wanted[tenant] for tenant in tenants]

    run(go())


def test_the_database_knows_who_acts_and_for_which_request(ground):
    """APP-03: the correlation id reaches the database."""

    async def go():
        correlation.accept("edge-0000-2222")
        async with ground.database() as database, database.transaction(actor="ann") as session:
            query = "select current_setting('app.actor'), current_setting('app.correlation')"
            return tuple((await session.execute(text(query))).one())

    assert run(go()) == ("ann", "edge-0000-2222")


def test_the_application_role_reads_and_writes_rows_and_can_do_no_more(ground):
    """DB-02: least privilege; who could pass by row-level security is found out."""

    async def go():
        async with ground.database() as database, database.transaction() as session:
            assert await excess(session) == []
        async with ground.database(owner=True) as database, database.transaction() as session:
            assert await excess(session) == ["owns tables or belongs to a role that does"]

    run(go())
    for statement in (
        "alter table orders disable row level security",
        "drop policy own_tenant on orders",
        "truncate orders",
        "create table mine (id int)",
    ):

        async def attempt(statement=statement):
            async with ground.database() as database, database.transaction(tenant=NORTH) as session:
                await session.execute(text(statement))

        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            run(attempt())


def test_isolation_can_be_taken_back_and_some_roles_see_every_tenant(postgres):
    """DB-08: reversible. DB-03: who works across tenants is named in the policy."""
    ground = make_ground(
        postgres,
        [
            "create table notes (tenant_id text not null, what text)",
            *isolate("notes", kind="text", all_for=["keeper"]),
        ],
    )

    async def go():
        async with ground.database() as database:
            async with database.transaction(tenant="north") as session:
                await session.execute(text("insert into notes (what) values ('n')"))
            async with database.transaction(tenant="south") as session:
                assert await session.scalar(text("select count(*) from notes")) == 0
        async with ground.database(owner=True) as database, database.transaction() as session:
            assert await session.scalar(text("select count(*) from notes")) == 1

    run(go())
    ground.prepare(*unite("notes"))

    async def after():
        async with ground.database() as database, database.transaction() as session:
            return await session.scalar(text("select count(*) from notes"))

    assert run(after()) == 1
