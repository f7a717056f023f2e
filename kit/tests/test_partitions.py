"""Partitions kept ahead, on a real database."""

import asyncio
from datetime import UTC, datetime

import pytest
from ground import Ground, make_ground, run
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from stackyard_kit.metrics import Metrics
from stackyard_kit.partitions import Monthly, PartitionFigures, by_hash, ensure, ensure_tenant, keep
from stackyard_kit.tenancy import isolate

pytestmark = pytest.mark.real

AUTUMN = datetime(2026, 11, 21, 12, tzinfo=UTC)
MOVES = Monthly("moves", ahead=3, keep=2)


def moves(*more):
    return [
        "create table moves (id bigint generated always as identity, at timestamptz not null, quantity int"
        " check (quantity <> 0), primary key (id, at)) partition by range (at)",
        *more,
    ]


@pytest.fixture
def ground(postgres) -> Ground:
    return make_ground(postgres, moves())


@pytest.fixture
def with_default(postgres) -> Ground:
    return make_ground(postgres, moves("create table moves_default partition of moves default"))


def kept(ground, now=AUTUMN, wanted=MOVES, patience=2.0):
    async def go():
        async with ground.database(owner=True) as database:
            return await keep(database.engine, wanted, now=now, patience=patience)

    return run(go())


def names(ground):
    query = "select inhrelid::regclass::text from pg_inherits where inhparent = 'moves'::regclass order by 1"
    return [name for (name,) in ground.as_keeper(query)]


def insert(ground, *moments):
    for moment in moments:
        ground.as_keeper("insert into moves (at, quantity) values (%s, 1)", moment)


def test_this_month_and_the_next_three_are_there_across_the_turn_of_the_year(ground):
    """DB-07: partitions are made automatically; a second run finds nothing to do."""
    made = ["moves_y2026m11", "moves_y2026m12", "moves_y2027m01", "moves_y2027m02"]
    assert kept(ground).created == made == names(ground)
    again = kept(ground)
    assert (again.created, again.dropped, again.waiting) == ([], [], [])
    insert(ground, "2026-12-31 23:59:59.999999+00", "2027-01-01 00:00:00+00")
    assert ground.as_keeper("select tableoid::regclass::text from moves order by at") == [
        ("moves_y2026m12",),
        ("moves_y2027m01",),
    ]
    with pytest.raises(Exception, match="moves_quantity_check"):
        ground.as_keeper("insert into moves (at, quantity) values ('2026-12-01', 0)")


def test_a_zone_of_the_session_moves_no_border(ground):
    """DB-07: months are those of UTC, whatever the server's zone is."""
    ground.as_keeper(f"alter database {ground.name} set timezone to 'Asia/Kolkata'")
    kept(ground)
    assert kept(ground).created == []
    insert(ground, "2026-11-30 23:30:00+00")
    assert ground.as_keeper("select tableoid::regclass::text from moves") == [("moves_y2026m11",)]


def test_ten_at_once_make_each_partition_once(ground):
    """DB-07: concurrent-safe."""

    async def go():
        async with ground.database(10, owner=True) as database:
            return await asyncio.gather(*(keep(database.engine, MOVES, now=AUTUMN) for _ in range(10)))

    reports = run(go())
    assert sorted(name for report in reports for name in report.created) == names(ground)
    assert len(names(ground)) == 4


@pytest.mark.parametrize("fixture", ["ground", "with_default"])
def test_expired_months_are_dropped_with_their_rows_and_no_others(fixture, request):
    """DB-07: dropped automatically, whether there is a default partition (then not concurrently) or not."""
    ground = request.getfixturevalue(fixture)
    kept(ground, datetime(2026, 6, 1, tzinfo=UTC))
    insert(ground, "2026-06-10 00:00+00", "2026-08-31 23:59+00", "2026-09-01 00:00+00")
    report = kept(ground)
    assert report.dropped == ["moves_y2026m06", "moves_y2026m07", "moves_y2026m08"]
    assert "moves_y2026m09" in names(ground)
    assert ground.as_keeper("select count(*) from moves") == [(1,)]
    assert ground.as_keeper("select count(*) from pg_class where relname like 'moves_y2026m0%%6'") == [(0,)]


def test_what_is_in_use_waits_for_the_next_time(with_default):
    """DB-07: nobody is made to wait behind a drop for long, and nothing is forgotten."""
    kept(with_default, datetime(2026, 8, 1, tzinfo=UTC))
    insert(with_default, "2026-08-10 00:00+00")
    with with_default.postgres.connect(with_default.name) as reader, reader.transaction():
        reader.execute("select count(*) from moves")
        report = kept(with_default, patience=0.1)
        assert (report.dropped, report.created) == ([], [])
        assert report.waiting == [
            "moves_y2026m12: the default partition is in use",
            "moves_y2026m08: it has expired and is in use",
        ]
    report = kept(with_default)
    assert report.dropped == ["moves_y2026m08"]
    assert report.created == ["moves_y2026m12", "moves_y2027m01", "moves_y2027m02"]


def test_a_drop_that_was_cut_off_is_brought_to_its_end(ground):
    """DB-07: a partition that was detached and not dropped does not stay for ever."""
    kept(ground, datetime(2026, 8, 1, tzinfo=UTC))
    note = "expired partition of moves, about to be dropped"
    ground.as_keeper(f"comment on table moves_y2026m08 is '{note}'")
    ground.as_keeper("alter table moves detach partition moves_y2026m08 concurrently")
    assert kept(ground).dropped == ["moves_y2026m08"]


def test_rows_that_no_month_took_are_kept_counted_and_named(with_default):
    """DB-07: the default partition has to stay empty, and it is seen when it does not."""
    insert(with_default, "2027-01-15 00:00+00")
    report = kept(with_default)
    assert report.strays == {"moves": 1}
    assert report.waiting == ["moves_y2027m01: the default partition has rows of that month"]
    assert report.created == ["moves_y2026m11", "moves_y2026m12", "moves_y2027m02"]
    assert with_default.as_keeper("select count(*) from moves") == [(1,)]

    async def measured():
        metrics = Metrics()
        figures = PartitionFigures(metrics, "moves")
        async with with_default.database() as database:
            for _ in range(100):
                async with database.transaction() as session:
                    await figures.measure(session)
                if 'db_partition_stray_rows{table="moves"} 1.0' in metrics.text().decode():
                    return True
                await asyncio.sleep(0.05)
        return False

    assert run(measured())


def test_a_partition_is_reached_through_its_table_only(postgres):
    """DB-03: a partition asked directly would not know the table's policy."""
    ground = make_ground(
        postgres,
        [
            "create table moves (tenant_id text not null, at date not null) partition by range (at)",
            *isolate("moves", kind="text"),
        ],
    )
    kept(ground)

    async def go():
        async with ground.database() as database:
            for tenant in ("north", "south"):
                async with database.transaction(tenant=tenant) as session:
                    await session.execute(text("insert into moves (at) values ('2026-11-30')"))
                    assert await session.scalar(text("select count(*) from moves")) == 1
            with pytest.raises(DBAPIError, match="permission denied for table moves_y2026m11"):
                async with database.transaction(tenant="north") as session:
                    await session.execute(text("select * from moves_y2026m11"))

    run(go())


def test_tenants_can_have_partitions_too(postgres):
    """DB-07: by list, made when a tenant comes, and by hash."""
    ground = make_ground(
        postgres,
        [
            "create table notes (tenant_id text not null, what text) partition by list (tenant_id)",
            "create table files (tenant_id text not null, what text) partition by hash (tenant_id)",
            *by_hash("files", 4),
        ],
    )
    made = []
    for tenant in ("north", "o'hara; drop table notes", "north", "South"):
        ground.prepare(then=lambda connection, one=tenant: made.append(ensure_tenant(connection, "notes", one)))
    assert made == [True, True, False, True]
    ground.as_keeper("insert into notes values ('South', 's'), ('o''hara; drop table notes', 'o')")
    ground.as_keeper("insert into files select 't' || n, '' from generate_series(1, 100) n")
    assert ground.as_keeper("select count(distinct tableoid) from files") == [(4,)]
    assert ground.as_keeper("select count(distinct tableoid) from notes") == [(2,)]


def test_a_migration_makes_the_first_ones_in_its_own_transaction(ground):
    """DB-07: what a table needs is there when its first row comes."""
    ground.prepare(then=lambda connection: ensure(connection, Monthly("moves", ahead=0), AUTUMN))
    assert names(ground) == ["moves_y2026m11"]
