"""What grows with the business and what does not: statements of a page, and how PostgreSQL finds its rows."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from goldshop import (
    best_sellers,
    catalogue,
    changes,
    ledger,
    movements,
    partners,
    purchases,
    reports,
    search,
    sold,
    statements,
)
from goldshop.files import Files
from goldshop.upkeep import Upkeep
from parts import ShopPostgres
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from stackyard_kit.database import Database
from stackyard_kit.settings import Secret
from stackyard_kit.testing.statements import counted

pytestmark = pytest.mark.real

MOVEMENTS = 20_000

Page = Callable[[AsyncSession, int], Awaitable[Any]]

TODAY = datetime.now(UTC).date()
MONTH = TODAY - timedelta(days=29)

PAGES: dict[str, Page] = {
    "items": lambda session, limit: catalogue.page(session, catalogue.Wanted(limit=limit)),
    "items found": lambda session, limit: catalogue.page(session, catalogue.Wanted(search="ring", limit=limit)),
    "sales": lambda session, limit: sold.page(session, sold.Wanted(limit=limit)),
    "sales by card": lambda session, limit: sold.page(session, sold.Wanted(payment="card", limit=limit)),
    "purchases": lambda session, limit: purchases.page(session, None, "", limit),
    "partners": lambda session, limit: partners.page(session, partners.Wanted(limit=limit)),
    "movements": lambda session, limit: movements.page(session, movements.Wanted(limit=limit)),
    "movements sold": lambda session, limit: movements.page(session, movements.Wanted(reason="sold", limit=limit)),
    "transactions": lambda session, limit: ledger.page(session, ledger.Wanted(limit=limit)),
    "transactions of cash": lambda session, limit: ledger.page(session, ledger.Wanted(account="1000", limit=limit)),
    "changes": lambda session, limit: changes.page(session, "variants", None, "", limit),
    "search": lambda session, limit: search.search(session, "saphire ring", limit),
    "search by number": lambda session, limit: search.search(session, "S-4711", limit),
}

REPORTS: dict[str, Page] = {
    "dashboard": lambda session, limit: reports.dashboard(session, datetime.now(UTC)),
    "sales report": lambda session, limit: reports.sales(session, TODAY - timedelta(days=364), TODAY, "month"),
    "best sellers": lambda session, limit: best_sellers.top(session, MONTH, TODAY, "item", 10),
    "stock value": lambda session, limit: reports.stock_values(session),
    "accounts": lambda session, limit: statements.accounts(session),
    "trial balance": lambda session, limit: statements.trial_balance(session, TODAY),
    "profit and loss": lambda session, limit: statements.profit_and_loss(session, date(TODAY.year, 1, 1), TODAY),
    "balance sheet": lambda session, limit: statements.balance_sheet(session, TODAY),
}

# Everything that grows with each sale. Sums by day grow with the days.
GROWING = ("movements", "sales", "sale_lines", "postings", "transactions", "invoices", "purchase_lines", "purchases")


@pytest.fixture(scope="module")
def grown(postgres: ShopPostgres) -> str:
    """The URL of the application's role for the sample with more business on top."""
    owner = postgres.url(database="grown")
    command = [sys.executable, "-m", "goldshop.sample", "--movements", str(MOVEMENTS)]
    subprocess.run(command, check=True, env={"DATABASE_URL": owner}, capture_output=True)
    return postgres.app_url("grown")


def opened(url: str) -> Database:
    return Database(Secret(url), application="test", limit=2)


@pytest.mark.parametrize("name", PAGES)
def test_the_number_of_statements_of_a_page_does_not_depend_on_its_rows(grown: str, name: str) -> None:
    """PERF-01: no query in a loop on any list page."""

    async def story() -> None:
        database = opened(grown)
        counts, rows = [], []
        for limit in (3, 60):
            with counted(database.engine) as statements_:
                async with database.transaction() as session:
                    page = await PAGES[name](session, limit)
            counts.append(len(statements_))
            rows.append(len(page.items))
        await database.close()
        assert counts[0] == counts[1], str(statements_)
        assert counts[0] <= 8
        if "search" not in name:
            assert rows[0] < rows[1]

    asyncio.run(story())


@pytest.mark.parametrize("name", [*PAGES, *REPORTS])
def test_no_page_or_report_reads_all_rows_of_what_grows(grown: str, name: str) -> None:
    """DB-07, PERF-01: an index leads to every page, and reports read sums, before there is any need for it."""

    async def story() -> None:
        database = opened(grown)
        ran: list[tuple[str, Any]] = []
        event.listen(
            database.engine.sync_engine,
            "after_cursor_execute",
            lambda _c, _k, text, values, *_: ran.append((text, values)),
        )
        async with database.transaction() as session:
            await {**PAGES, **REPORTS}[name](session, 50)
            connection = await session.connection()
            for text, values in list(ran):
                found = await connection.exec_driver_sql(f"explain (format json) {text}", values)
                plan = found.scalar_one()
                whole = read_whole((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
                assert [table for table in whole if table.split("_y2")[0] in GROWING] == [], text
        await database.close()

    asyncio.run(story())


def read_whole(plan: dict[str, Any]) -> list[str]:
    """The tables that a plan reads from their first row to the last."""
    own = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return own + [table for part in plan.get("Plans", ()) for table in read_whole(part)]


def test_the_sums_are_those_of_the_rows_and_the_books_balance(postgres: ShopPostgres, grown: str) -> None:
    """Whatever came in by which way, sums and rows tell the same."""
    checks = {
        "select sum(amount) from postings": 0,
        "select (select sum(net) from sales_days) - (select sum(net) from sales_totals)": 0,
        "select (select sum(net) from sales_months) - (select sum(net) from sales_totals)": 0,
        "select (select sum(net) from sales where status = 'completed') - (select sum(net) from sales_totals)": 0,
        "select (select count(*) from sales) - (select sum(sales) from sales_totals)": 0,
        "select (select sum(debit - credit) from ledger_days where account_code = '1200')"
        " - (select sum(quantity * cost) from stock_levels join variants on id = variant_id)": 0,
        "select count(*) from"
        " (select variant_id, warehouse_id, sum(quantity) as moved from movements group by 1, 2) sums"
        " full join stock_levels using (variant_id, warehouse_id) where moved is distinct from quantity": 0,
        "select count(*) from movements_default": 0,
        "select count(*) from sales where cost <> (select sum(round(quantity * unit_cost, 2)) from sale_lines"
        " where sale_id = sales.id)": 0,
    }
    with postgres.connect("grown") as owner:
        assert owner.execute("select count(*) >= %s from movements", (MOVEMENTS,)).fetchone() == (True,)
        for query, wanted in checks.items():
            row = owner.execute(query.encode()).fetchone()
            assert row is not None
            assert row[0] == wanted, query


def test_months_are_made_ahead_by_the_worker_and_stay_out_of_reach(postgres: ShopPostgres, grown: str) -> None:
    """DB-07: partitions are made automatically, by a role that could not create a table itself."""
    first = (TODAY.replace(day=1) + timedelta(days=92)).replace(day=1)
    name = f"movements_y{first:%Y}m{first:%m}"

    async def keep() -> list[str]:
        database = opened(grown)
        try:
            return await Upkeep(database, Files({})).make_months()
        finally:
            await database.close()

    with postgres.connect("grown") as owner:
        there = (
            "select count(*) from pg_inherits where inhparent = 'movements'::regclass and inhrelid = to_regclass(%s)"
        )
        assert owner.execute(there, (name,)).fetchone() == (1,)
        owner.execute(f"drop table {name}".encode())
        assert asyncio.run(keep()) == [f"public.{name}"]
        assert asyncio.run(keep()) == []
        assert owner.execute(there, (name,)).fetchone() == (1,)
        rights = "select has_table_privilege('app', %s, 'select'), has_schema_privilege('app', 'public', 'create')"
        assert owner.execute(rights, (name,)).fetchone() == (False, False)


def test_what_has_run_out_is_swept_up(postgres: ShopPostgres, grown: str) -> None:
    """Kept answers go when nobody can ask for them any more."""
    with postgres.connect("grown") as owner:
        owner.execute(
            "insert into idempotency_keys (scope, key, fingerprint, status, media_type, body, expires_at)"
            " select 's', name, '', 201, 'x', '', now() + hours * interval '1 hour'"
            " from (values ('old', -1), ('new', 1)) rows (name, hours)"
        )

        async def sweep() -> int:
            database = opened(grown)
            try:
                return await Upkeep(database, Files({})).sweep_rows(datetime.now(UTC))
            finally:
                await database.close()

        assert asyncio.run(sweep()) == 1
        assert owner.execute("select key from idempotency_keys").fetchall() == [("new",)]


def test_production_gets_no_sample(postgres: ShopPostgres, grown: str) -> None:
    """Sample data is for development and testing alone."""
    counted_ = "select (select count(*) from items), (select count(*) from movements)"
    command = [sys.executable, "-m", "goldshop.sample", "--movements", str(10 * MOVEMENTS)]
    variables = {"DATABASE_URL": postgres.url(database="grown"), "ENVIRONMENT": "production"}
    with postgres.connect("grown") as owner:
        before = owner.execute(counted_).fetchone()
        done = subprocess.run(command, env=variables, capture_output=True, text=True)
        assert (done.returncode, "production" in done.stderr) == (2, True)
        assert owner.execute(counted_).fetchone() == before
