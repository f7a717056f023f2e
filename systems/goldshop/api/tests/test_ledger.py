"""The books hold by themselves: for the application and the owner, at once, in any sequence, on a real PostgreSQL."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parts import made
from psycopg import errors

pytestmark = pytest.mark.real

ACCOUNTS = ("1000", "1020", "1500", "2000", "3000", "4000", "6000")
HEADER = """
    insert into transactions (id, at, description, source_kind, created_by)
    values (%s, %s, 'test', 'manual', (select min(id::text)::uuid from users)) returning id
"""
POSTING = "insert into postings (transaction_id, position, account_code, amount) values (%s, %s, %s, %s)"
ROLES = ("app", "owner", "owner as a replica")

cents = st.integers(min_value=-(10**11), max_value=10**11).filter(bool).map(lambda amount: Decimal(amount) / 100)
lines = st.lists(st.tuples(st.sampled_from(ACCOUNTS), cents), min_size=1, max_size=6)
days = st.dates(min_value=date(2001, 1, 1), max_value=date(2001, 2, 1))
LONG_AGO = date(2002, 1, 1)


@contextmanager
def connected(postgres, role):
    """A connection that is sent nothing but what the test says."""
    connect = postgres.connect_app if role == "app" else postgres.connect
    with connect() as connection:
        if role == "owner as a replica":
            connection.execute("set session_replication_role = replica")
        yield connection


def write(connection, entries, at="2026-01-05"):
    """A transaction with these lines, committed."""
    identifier = uuid.uuid4()
    with connection.transaction():
        connection.execute(HEADER, [identifier, at])
        for position, (account, amount) in enumerate(entries):
            connection.execute(POSTING, [identifier, position, account, amount])
    return identifier


def balanced(entries):
    """The lines, with one more that makes them sum to zero where they do not."""
    off = sum(amount for _, amount in entries)
    return [*entries, ("3000", -off)] if off else entries


@pytest.fixture(scope="module")
def written(postgres):
    """A transaction that is in the books."""
    with postgres.connect_app() as app:
        return write(app, [("1000", Decimal("10.00")), ("4000", Decimal("-10.00"))])


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "entries",
    [
        [],
        [("1000", "0.01")],
        [("1000", "10.00"), ("4000", "-9.99")],
        [("1000", "5.00"), ("1020", "5.00"), ("4000", "-10.01")],
    ],
    ids=["no lines", "one line", "a cent off", "three lines off"],
)
def test_what_does_not_balance_is_not_committed_by_anyone(postgres, role, entries):
    """DB-13: enforced at the commit, for the application, the owner, and where triggers are switched off."""
    with connected(postgres, role) as connection, pytest.raises(errors.CheckViolation, match="does not balance"):
        write(connection, entries)


@pytest.mark.parametrize("role", ROLES)
def test_constraints_that_were_checked_early_are_checked_again(postgres, role):
    """DB-13: SET CONSTRAINTS cannot be used to slip a line in after the check."""
    identifier = uuid.uuid4()
    with connected(postgres, role) as connection:
        connection.execute("begin")
        connection.execute(HEADER, [identifier, "2026-01-05"])
        connection.execute(POSTING, [identifier, 1, "1000", "1.00"])
        connection.execute(POSTING, [identifier, 2, "4000", "-1.00"])
        connection.execute("set constraints all immediate")
        connection.execute("set constraints all deferred")
        connection.execute(POSTING, [identifier, 3, "1000", "1.00"])
        with pytest.raises(errors.CheckViolation):
            connection.execute("commit")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "statement",
    [
        "update postings set amount = amount * 2 where transaction_id = %s",
        "delete from postings where transaction_id = %s",
        "update transactions set at = '2020-01-01' where id = %s",
        "delete from transactions where id = %s",
        "truncate postings -- %s",
        "truncate transactions cascade -- %s",
        "insert into postings values (%s, 8, '1000', 5.00), (%s, 9, '4000', -5.00)",
    ],
)
def test_what_is_in_the_books_is_neither_changed_nor_removed_nor_added_to(postgres, written, role, statement):
    """DB-13: not even lines that balance join a transaction of the past."""
    with connected(postgres, role) as connection:
        refused = (
            errors.InsufficientPrivilege if role == "app" and "insert" not in statement else errors.RestrictViolation
        )
        with pytest.raises(refused):
            connection.execute(statement.replace("-- %s", ""), [written] * statement.replace("-- %s", "").count("%s"))
        found = connection.execute("select sum(abs(amount)) from postings where transaction_id = %s", [written])
        assert found.fetchone() == (Decimal("20.00"),)


def test_a_line_without_a_transaction_is_refused_also_where_foreign_keys_are_not_checked(postgres):
    """DB-13: session_replication_role switches foreign keys off, and nothing of the ledger."""
    statement = "insert into postings values (%s, 1, '1000', 5.00), (%s, 2, '4000', -5.00)"
    with connected(postgres, "owner as a replica") as connection, pytest.raises(errors.RestrictViolation):
        connection.execute(statement, [uuid.UUID(int=1)] * 2)


def test_the_application_can_neither_write_the_sums_nor_borrow_what_writes_them(postgres):
    """DB-13: least privilege around the sums by day."""
    with postgres.connect_app() as app:
        for table in ("ledger_days", "sales_days", "sales_months"):
            app.execute(f"select * from {table} limit 1")
            for statement in (f"delete from {table}", f"insert into {table} select * from {table}"):
                with pytest.raises(errors.InsufficientPrivilege):
                    app.execute(statement)
        app.execute("create temporary table mine (transaction_id uuid, account_code text, amount numeric)")
        with pytest.raises(errors.InsufficientPrivilege):
            app.execute(
                "create trigger x after insert on mine referencing new table as added"
                " for each statement execute function ledger_sum()"
            )
        for statement in ("alter table postings disable trigger all", "set session_replication_role = replica"):
            with pytest.raises(errors.InsufficientPrivilege):
                app.execute(statement)


def test_a_temporary_table_named_like_the_books_does_not_hide_them(postgres):
    """DB-13: the check looks at the real postings."""
    with postgres.connect_app() as app:
        app.execute("create temporary table postings (transaction_id uuid, amount numeric)")
        identifier = uuid.uuid4()
        app.execute("begin")
        app.execute(HEADER, [identifier, "2026-01-05"])
        app.execute("insert into pg_temp.postings values (%s, 1), (%s, -1)", [identifier, identifier])
        with pytest.raises(errors.CheckViolation):
            app.execute("commit")


@given(st.lists(st.tuples(lines, days), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_postings_is_committed_whole_and_balanced_or_not_at_all(postgres, sequence):
    """DB-13: whatever is written, debits and credits are equal and the sums by day are those of the lines."""
    with postgres.connect_app() as app:
        for entries, day in sequence:
            holds = len(entries) > 1 and not sum(amount for _, amount in entries)
            try:
                identifier = write(app, entries, day)
                assert holds
            except errors.CheckViolation:
                assert not holds
                identifier = write(app, balanced([*entries, ("1000", Decimal("0.01"))]), day)
            stored = app.execute(
                "select count(*) > 1, sum(amount) from postings where transaction_id = %s", [identifier]
            ).fetchone()
            assert stored == (True, Decimal(0))
    check_sums(postgres, LONG_AGO)


@given(st.lists(st.tuples(lines, st.booleans()), min_size=4, max_size=10))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_postings_at_once_balance_and_are_summed_up(postgres, wanted):
    """DB-13: concurrent transactions, some of which are rolled back or refused."""

    def one(entries, honest):
        with postgres.connect_app() as app:
            try:
                write(app, balanced([*entries, ("1020", Decimal("1.00"))]) if honest else entries, "2001-03-01")
            except errors.CheckViolation:
                assert not honest

    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(one, *each) for each in wanted]:
            done.result()
    check_sums(postgres, LONG_AGO)


def check_sums(postgres, until=date.max):
    """The sums by day before `until` are those of the lines, and all of it is zero."""
    lines = f"postings join transactions on id = transaction_id where at < '{until}'"
    by_line = f"select at as day, account_code, sum(amount) as amount from {lines} group by 1, 2"
    by_day = "select day, account_code, sum(debit - credit) as amount from ledger_days"
    by_day = f"{by_day} where day < '{until}' group by 1, 2"
    query = f"""
        select * from ({by_line}) l full join ({by_day}) d using (day, account_code)
        where coalesce(l.amount, 0) <> coalesce(d.amount, 0)
    """
    with postgres.connect() as owner:
        assert owner.execute(query).fetchall() == []
        assert owner.execute(f"select sum(amount), count(*) > 0 from {lines}").fetchone() == (Decimal(0), True)


def test_the_sums_by_day_are_those_of_the_rows(shop, postgres):
    """DB-13: also after sales and returns, a day later than they were sold."""
    variant = shop.variant("5")
    sold = [made(shop.clerk.post("/api/sales", json=shop.sale(variant, "2"))) for _ in range(2)]
    assert shop.manager.post(f"/api/sales/{sold[0]['id']}/return").status_code == 200
    check_sums(postgres)
    columns = "{sign}sum(quantity) as quantity, {sign}sum(l.net) as net, {sign}sum(l.tax) as tax"
    sales = "sale_lines l join sales on sales.id = sale_id"
    rows = f"""
        select day, variant_id, sum(quantity) as quantity, sum(net) as net, sum(tax) as tax from (
            select (sold_at at time zone 'UTC')::date as day, variant_id, {columns.format(sign="")} from {sales}
            group by 1, 2
            union all
            select (returned_at at time zone 'UTC')::date, variant_id, {columns.format(sign="-")} from {sales}
            where status = 'returned' group by 1, 2
        ) both_ways group by 1, 2
    """
    query = f"""
        select variant_id from ({rows}) r full join sales_days d using (day, variant_id)
        where (coalesce(r.quantity, 0), coalesce(r.net, 0), coalesce(r.tax, 0))
            <> (coalesce(d.quantity, 0), coalesce(d.net, 0), coalesce(d.tax, 0))
    """
    sums = ", ".join(f"sum({name}) as {name}" for name in ("quantity", "net", "tax", "cost"))
    of_days = f"select date_trunc('month', day)::date as month, variant_id, {sums} from sales_days group by 1, 2"
    with postgres.connect() as owner:
        assert owner.execute(query).fetchall() == []
        whole = "select month, variant_id, quantity, net, tax, cost from sales_months"
        assert owner.execute(f"({of_days} except {whole}) union all ({whole} except {of_days})").fetchall() == []


def test_a_sale_that_was_returned_stays_so_and_its_lines_stay_as_they_are(shop, postgres):
    variant = shop.variant("5")
    sold = made(shop.clerk.post("/api/sales", json=shop.sale(variant)))
    shop.manager.post(f"/api/sales/{sold['id']}/return")
    with postgres.connect() as owner:
        for statement in (
            "update sales set status = 'completed', returned_at = null where id = %s",
            "delete from sales where id = %s",
            "update sale_lines set net = 0 where sale_id = %s",
            "delete from sale_lines where sale_id = %s",
            "delete from movements where document_id = %s",
        ):
            with pytest.raises(errors.RestrictViolation):
                owner.execute(statement, [sold["id"]])


def test_an_entry_by_hand_balances_or_is_explained_and_is_taken_back_once(shop):
    """DB-13, APP-06: the service says where the entry is wrong before the database has to."""
    rent = {
        "at": "2026-02-01",
        "description": "Rent, February",
        "postings": [{"account_code": "6000", "amount": "1850.00"}, {"account_code": "1020", "amount": "-1850.00"}],
    }
    entry = made(shop.manager.post("/api/ledger/transactions", json=rent))
    assert (entry["source_kind"], entry["postings"][0]["account"]) == ("manual", "Rent")
    off = {**rent, "postings": [rent["postings"][0], {"account_code": "1020", "amount": "-1849.99"}]}
    refused = shop.manager.post("/api/ledger/transactions", json=off)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:problem:unbalanced")
    unknown = {**rent, "postings": [{"account_code": "9999", "amount": "1"}, {"account_code": "1020", "amount": "-1"}]}
    answer = shop.manager.post("/api/ledger/transactions", json=unknown)
    assert answer.json()["errors"][0]["pointer"] == "/postings/0/account_code"
    back = made(shop.manager.post(f"/api/ledger/transactions/{entry['id']}/reverse"))
    assert [one["amount"] for one in back["postings"]] == ["-1850.00", "1850.00"]
    again = shop.manager.post(f"/api/ledger/transactions/{entry['id']}/reverse")
    assert (again.status_code, again.json()["type"]) == (409, "urn:problem:already-reversed")
    read = shop.manager.get(f"/api/ledger/transactions/{entry['id']}").json()
    assert read["reversed_by"] == back["id"]


def test_what_a_document_booked_is_taken_back_with_the_document(shop):
    sold = made(shop.clerk.post("/api/sales", json=shop.sale(shop.variant())))
    refused = shop.manager.post(f"/api/ledger/transactions/{sold['transaction_id']}/reverse")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem:belongs-to-document")


def test_the_statements_agree_with_each_other(shop):
    """DB-13: trial balance, profit and loss and balance sheet are three views of the same books."""
    trial = shop.manager.get("/api/ledger/trial-balance").json()
    assert trial["debit"] == trial["credit"]
    sheet = shop.manager.get("/api/ledger/balance-sheet").json()
    assert sheet["total_assets"] == sheet["total_liabilities_and_equity"]
    year = shop.manager.get("/api/ledger/profit-and-loss", params={"from": "2000-01-01"}).json()
    assert year["profit"] == sheet["profit"]
    assert Decimal(year["total_income"]) - Decimal(year["total_expenses"]) == Decimal(year["profit"])
    accounts = {one["code"]: one["balance"] for one in shop.manager.get("/api/ledger/accounts").json()["items"]}
    assert accounts["1200"] == next(row["balance"] for row in trial["rows"] if row["code"] == "1200")
    backwards = {"from": "2026-02-01", "to": "2026-01-01"}
    assert shop.manager.get("/api/ledger/profit-and-loss", params=backwards).status_code == 422


def test_transactions_are_found_by_account_and_day_in_pages(shop):
    for day in ("2002-05-01", "2002-05-02", "2002-05-03"):
        postings = [{"account_code": "6400", "amount": "5"}, {"account_code": "1000", "amount": "-5"}]
        made(shop.manager.post("/api/ledger/transactions", json={"at": day, "description": "Ad", "postings": postings}))
    wanted = {"account": "6400", "from": "2002-05-01", "to": "2002-05-02", "limit": 1}
    first = shop.manager.get("/api/ledger/transactions", params=wanted).json()
    second = shop.manager.get("/api/ledger/transactions", params={**wanted, "cursor": first["next_cursor"]}).json()
    assert [one["at"] for one in first["items"] + second["items"]] == ["2002-05-02", "2002-05-01"]
    assert second["next_cursor"] is None
