"""Sample data: a jeweller with three and a half thousand items and a year of business. Never loaded in production.

    python -m goldshop.sample --movements 100000      # more business on top, as the database's owner: for measurements

SAMPLE_SALES in the environment says how many sales that year has. All is the same every time but for the dates.
Rows are copied, not inserted; what they sum up to the triggers find out, as with any other rows, and the books are
checked as any others are.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from goldshop.clock import now
from goldshop.sample_growth import grow
from goldshop.sample_people import customers, suppliers
from goldshop.sample_rows import Ids, Rows, ids_of, tables_of
from goldshop.sample_trade import SALES, simulate
from goldshop.sample_year import Year
from goldshop.tables import MOVEMENT_MONTHS
from stackyard_kit.database import create_engine
from stackyard_kit.partitions import Monthly, ensure
from stackyard_kit.settings import CommandSettings, Secret, SettingsError

PICTURES_JOB = "goldshop.sample-pictures"
"""The worker draws what is pending when it finds this job."""

_AUDITED = ("categories", "warehouses", "partners", "purchases", "sales", "transactions", "variants", "items", "users")
_TRAILED = (*((table, "audit_rows") for table in _AUDITED), ("sales", "audit_updates"))

_ANALYZED = (
    *("items", "variants", "barcodes", "images", "categories", "stock_levels", "partners", "sales", "sale_lines"),
    *("purchases", "purchase_lines", "invoices", "transactions", "postings", "movements", "sales_days"),
    *("sales_months", "sales_totals", "ledger_days", "users", "warehouses"),
)
_NUMBERS = ("purchases", "sales", "transactions")

_ENQUEUE = f"""
    select procrastinate_defer_jobs_v1(array[row(
        '{PICTURES_JOB}', '{PICTURES_JOB}', -10, null, '{PICTURES_JOB}', '{{"payload": {{}}}}', null
    )::procrastinate_job_to_defer_v1])
"""

_CHANGE_PRICES = text("""
    update variants set price = round(price * 1.03) where id in (
        select variant_id from sales_days group by variant_id order by sum(net) desc limit 24
    )
""")


def load_if_empty(connection: Connection) -> None:
    """Fill the tables when there is neither a user nor an item yet."""
    if connection.scalar(text("select exists (select from users) or exists (select from items)")):
        return
    moment = now()
    sellers, buyers = suppliers(), customers()
    year = simulate(moment, len(sellers), len(buyers), int(os.environ.get("SAMPLE_SALES") or SALES))
    ids = ids_of(year, sellers, buyers)
    if connection.scalar(text("select relkind = 'p' from pg_class where oid = 'movements'::regclass")):
        months = Monthly(MOVEMENT_MONTHS.table, ahead=12)
        ensure(connection, months, min(moment, year.movements[0].at))
    # The trail begins with the first person who changes something, not with what was there before anybody came.
    for table, trigger in _TRAILED:
        connection.execute(text(f"alter table {table} disable trigger {trigger}"))
    for table, columns, rows in tables_of(year, ids, sellers, buyers):
        _copy(connection, table, columns, rows)
    _return_sales(connection, year, ids)
    # What waits for the commit is checked now: the tables cannot be altered before.
    connection.execute(text("set constraints all immediate"))
    for table, trigger in _TRAILED:
        connection.execute(text(f"alter table {table} enable trigger {trigger}"))
    _finish(connection, ids)


def _finish(connection: Connection, ids: Ids) -> None:
    for table in _NUMBERS:
        highest = f"(select coalesce(max(number), 1) from {table})"
        connection.execute(text(f"select setval(pg_get_serial_sequence('{table}', 'number'), {highest})"))
    connection.execute(text("select setval('internal_barcodes', :last)"), {"last": len(ids.variants)})
    connection.execute(text("select set_config('app.actor', :who, true)"), {"who": ids.users[1]})
    connection.execute(_CHANGE_PRICES)
    connection.exec_driver_sql(_ENQUEUE)
    connection.exec_driver_sql(f"analyze {', '.join(_ANALYZED)}")


def _return_sales(connection: Connection, year: Year, ids: Ids) -> None:
    returned = [
        {"sale": uuid.UUID(one), "at": sale.returned}
        for one, sale in zip(ids.sales, year.sales, strict=True)
        if sale.returned
    ]
    update = "update sales set status = 'returned', returned_at = :at where id = :sale"
    connection.execute(text(update), returned)


def _copy(connection: Connection, table: str, columns: str, rows: Rows) -> None:
    source = io.BytesIO("".join(rows).encode())
    driver: Any = connection.connection.dbapi_connection
    driver.run_async(lambda own: own.copy_to_table(table, source=source, columns=columns.split(), format="text"))


def _main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m goldshop.sample", description="Grow the sample's business.")
    parser.add_argument("--movements", type=int, required=True, help="how many movements there are to be")
    wanted: int = parser.parse_args(arguments).movements
    try:
        settings = CommandSettings.from_environment(environment)
    except SettingsError as error:
        sys.stderr.write(f"goldshop sample: {error}\n")
        return 2
    if settings.environment == "production":
        sys.stderr.write("goldshop sample: this is production, which gets no sample data.\n")
        return 2
    sys.stdout.write(f"{asyncio.run(_grow(settings.database_url, wanted))} movements\n")
    return 0


async def _grow(url: Secret, movements: int) -> int:
    engine = create_engine(url, application="goldshop sample", limit=1, patience=None)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(grow, movements)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:], os.environ))
