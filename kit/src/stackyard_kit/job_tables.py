"""The tables of the job queue, for a migration: `create(op.get_bind())`, and `drop(op.get_bind())` to go back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

_DROP = """
do $$
declare found record;
begin
    drop table if exists procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,
        procrastinate_workers cascade;
    for found in
        select oid::regprocedure as signature from pg_proc
        where proname like 'procrastinate\\_%' and pronamespace = current_schema()::regnamespace
    loop
        execute 'drop function ' || found.signature || ' cascade';
    end loop;
    drop type if exists procrastinate_job_to_defer_v1, procrastinate_job_status, procrastinate_job_event_type cascade;
end $$
"""


def create(connection: Connection) -> None:
    """Make the tables, types and functions of the procrastinate that is installed, in the schema that comes first.

    They belong to the role that migrates; what other roles may do is up to its default privileges, as with any table.
    """
    from procrastinate.schema import SchemaManager

    _run_script(connection, SchemaManager.get_schema())


def drop(connection: Connection) -> None:
    """Remove them, and every job with them."""
    connection.execute(text(_DROP))


def _run_script(connection: Connection, script: str) -> None:
    # Many statements in one text: only the drivers themselves send such, and asyncpg only without parameters.
    driver: Any = connection.connection.dbapi_connection
    if hasattr(driver, "run_async"):
        driver.run_async(lambda own: own.execute(script))
        return
    with driver.cursor() as cursor:
        cursor.execute(script)
