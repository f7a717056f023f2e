"""The audit trail on a real database."""

import json

import pytest
from ground import Ground, make_ground, run
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from stackyard_kit import audit, correlation, trail
from stackyard_kit.partitions import Monthly, ensure
from stackyard_kit.problems import ProblemError
from stackyard_kit.tenancy import isolate

pytestmark = pytest.mark.real

USERS = """create table users (id int primary key, name text, password_hash text)"""
ORDERS = "create table orders (tenant_id text not null, number int, note text, primary key (tenant_id, number))"


@pytest.fixture(scope="module")
def ground(postgres) -> Ground:
    # Some runners give the application everything by default, in whatever schema.
    generous = "alter default privileges for role keeper grant all on tables to app"
    made = make_ground(postgres, [generous, USERS, ORDERS, *isolate("orders", kind="text"), *audit.create()])
    made.prepare(
        *audit.attach("users", key=["id"], leave_out=["password_hash"]),
        *audit.attach("orders", key=["tenant_id", "number"], tenant="tenant_id"),
        then=lambda connection: ensure(connection, Monthly(audit.TABLE)),
    )
    return made


def act(ground, *statements, owner=False, **who):
    async def go():
        async with ground.database(owner=owner) as database, database.transaction(**who) as session:
            for statement in statements:
                await session.execute(text(statement))

    run(go())


def read(ground, cursor="", limit=50, tenant=None, **wanted):
    async def go():
        async with ground.database() as database, database.transaction(tenant=tenant) as session:
            return await trail.changes(session, trail.Wanted(**wanted), cursor, limit)

    return run(go())


def test_the_trail_says_who_what_when_before_and_after(ground):
    """DB-12: who, what, when, before and after, and for which request; digests of passwords stay out."""
    correlation.accept("edge-0000-3333")
    act(ground, "insert into users values (1, 'Ann', 'digest-one')", actor="clerk")
    act(ground, "update users set name = 'Anna' where id = 1", "update users set name = 'Anna'", actor="boss")
    act(ground, "update users set password_hash = 'digest-two' where id = 1", actor="clerk")
    act(ground, "delete from users where id = 1", actor="boss")
    page = read(ground, table_name="users", row={"id": 1})
    deleted, secret, renamed, added = page.items
    assert [change.action for change in page.items] == ["DELETE", "UPDATE", "UPDATE", "INSERT"]
    assert [change.actor for change in page.items] == ["boss", "clerk", "boss", "clerk"]
    assert {change.correlation for change in page.items} == {"edge-0000-3333"}
    assert {change.role for change in page.items} == {"app"}
    assert (added.before, added.after) == (None, {"id": 1, "name": "Ann"})
    assert renamed.differences == {"name": ("Ann", "Anna")}
    assert (secret.differences, secret.left_out) == ({}, ["password_hash"])
    assert (deleted.before, deleted.after) == ({"id": 1, "name": "Anna"}, None)
    assert page.items == sorted(page.items, key=lambda change: change.at, reverse=True)
    assert "digest-" not in json.dumps(ground.as_keeper("select to_jsonb(c) from audit.changes c"))


def test_a_change_that_is_rolled_back_leaves_no_trace_and_one_that_truncates_does(ground):
    """DB-12: the trail is written in the transaction of the change."""
    with pytest.raises(DBAPIError):
        act(ground, "insert into users values (2, 'Ben', '')", "insert into users values (2, 'Ben', '')")
    assert read(ground, row={"id": 2}).items == []
    act(ground, "truncate users", owner=True, actor="owner of all")
    newest = read(ground, table_name="users", limit=1).items[0]
    assert (newest.action, newest.row_key, newest.role, newest.actor) == ("TRUNCATE", None, "keeper", "owner of all")


@pytest.mark.parametrize(
    "statement",
    [
        "insert into audit.changes (at, action, table_name, role, transaction_id, left_out)"
        " values (now(), 'INSERT', 'users', 'app', '1', '{}')",
        "update audit.changes set actor = 'nobody'",
        "delete from audit.changes",
        "truncate audit.changes",
        "drop table audit.changes",
        "select * from audit.changes_default",
        "delete from audit.changes_default",
        "alter table audit.changes disable row level security",
        "alter table users disable trigger audit_rows",
        "drop trigger audit_rows on users",
        "set session_replication_role = replica",
        "create or replace function audit.record() returns trigger language plpgsql as 'begin return null; end'",
    ],
)
def test_the_application_role_cannot_edit_the_trail(ground, statement):
    """DB-12: it can neither write, change nor remove what was recorded, nor stop the recording."""
    before = ground.as_keeper("select count(*) from audit.changes")
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        act(ground, statement)
    assert ground.as_keeper("select count(*) from audit.changes") == before


def test_its_owner_neither_changes_nor_removes_an_entry_nor_sees_those_of_a_tenant(ground):
    """DB-12, DB-03: what the policies do not let pass, the owner has to take the policies away for."""
    act(ground, "insert into users values (40, 'Old', '')", actor="clerk")
    act(ground, "update audit.changes set actor = 'nobody'", "delete from audit.changes", owner=True)
    (entry,) = read(ground, table_name="users", row={"id": 40}).items
    assert entry.actor == "clerk"
    act(ground, "insert into orders (tenant_id, number) values ('a', 40)", tenant="a")
    act(ground, "do 'begin assert not exists (select from audit.changes where tenant is not null); end'", owner=True)


def test_nobody_forges_an_entry_by_a_table_of_his_own(ground):
    """DB-12: the trigger's function cannot be put on a temporary table."""
    ground.as_keeper(f"grant temporary on database {ground.name} to app")
    forged = "create trigger forged after insert on mine execute function audit.record('users', '{id}', '{}', '')"
    with pytest.raises(DBAPIError, match="permission denied for function"):
        act(ground, "create temporary table mine (id int)", forged)


def test_no_partition_of_the_trail_can_be_reached_directly(ground):
    """DB-12: a new partition gives nobody anything, whatever the default privileges say."""
    partitions = "select inhrelid::regclass::text from pg_inherits where inhparent = 'audit.changes'::regclass"
    names = ground.as_keeper(partitions)
    assert len(names) == 5
    for (name,) in names:
        rights = "select privilege from unnest('{select,insert,update,delete,truncate}'::text[]) privilege"
        assert ground.as_keeper(f"{rights} where has_table_privilege('app', '{name}', privilege)") == []


def test_a_tenant_reads_the_changes_of_its_own_rows(ground):
    """DB-03: the trail is no way around the isolation of tenants."""
    act(ground, "insert into orders (number, note) values (1, 'north')", tenant="north", actor="ann")
    act(ground, "insert into orders (number, note) values (1, 'south')", tenant="south", actor="sue")
    assert [change.after["note"] for change in read(ground, tenant="north").items] == ["north"]
    assert [change.tenant for change in read(ground, tenant="south").items] == ["south"]
    assert read(ground, table_name="orders").items == []


def test_the_trail_is_read_in_pages(ground):
    """Nothing is told twice and nothing left out, also while more is recorded."""
    rows = ", ".join(f"({number}, 'n{number}', '')" for number in range(100, 125))
    act(ground, f"insert into users values {rows}", actor="seeder")
    seen, cursor = [], ""
    while cursor is not None:
        page = read(ground, cursor, 7, actor="seeder")
        act(ground, f"insert into users values ({200 + len(seen)}, 'later', '')", actor="seeder")
        seen += [change.row_key["id"] for change in page.items]
        cursor = page.next_cursor
    assert seen == list(range(124, 99, -1))
    with pytest.raises(ProblemError):
        read(ground, "bm90IGEgY3Vyc29y")


def test_the_trail_can_be_taken_back(ground):
    """DB-08: reversible."""
    ground.prepare(*audit.detach("users"), *audit.detach("orders"), *audit.drop())
    act(ground, "insert into users values (900, 'Zoe', '')")
    ground.prepare(*audit.create())
    assert ground.as_keeper("select count(*) from audit.changes") == [(0,)]
