"""Partitions that are there before they are needed, and gone when they are no longer.

    MOVEMENTS = Monthly("movements", ahead=3, keep=24)

    ensure(op.get_bind(), MOVEMENTS)                  # in a migration, after CREATE TABLE ... PARTITION BY RANGE (at)
    report = await keep(owner_engine, MOVEMENTS)      # every day, as the owner of the table

A partition is made beside the table and then attached, which lets everybody go on reading and writing. It belongs to
the table's owner alone: who could reach it directly would pass by the table's privileges and row-level security.

A default partition catches what no month takes. It has to stay empty, for a month cannot be attached while its rows are
there: `Report.strays` and the figure `db_partition_stray_rows` say so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prometheus_client import Gauge
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from stackyard_kit.metrics import Metrics
from stackyard_kit.privileges import withhold
from stackyard_kit.sql import literal, table

DETACH_TRIES = 3
"""How often an expired partition is tried to detach before it waits for the next time."""

LOCK_SECONDS = 2.0
"""How long everybody else may have to queue behind a change of the table that waits for its lock."""

_LOCK_NOT_AVAILABLE = "55P03"

_PARTITIONS = text(
    """
    select i.inhrelid::regclass::text as name, pg_get_expr(c.relpartbound, c.oid) as bound,
        i.inhdetachpending as leaving
    from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = cast(:name as regclass)
    """
)
_DEFAULT = text(
    "select partdefid::regclass::text from pg_partitioned_table"
    " where partrelid = cast(:name as regclass) and partdefid <> 0"
)
_LIVE_ROWS = text(
    "select coalesce(sum(pg_stat_get_live_tuples(partdefid)), 0) from pg_partitioned_table"
    " where partrelid = to_regclass(:name)"
)
_LEFT_OVER = text(
    "select oid::regclass::text from pg_class c"
    " where relkind = 'r' and not relispartition and obj_description(oid, 'pg_class') = :note order by 1"
)
_BOUND = re.compile(r"FROM \('([^']+)'\) TO \('([^']+)'\)")


@dataclass(frozen=True)
class Monthly:
    """A table partitioned by range of one date or timestamp, a partition for each month of UTC.

    Partitions exist for this month and the `ahead` ones after it. Those that ended more than `keep` months ago are
    dropped with their rows; None keeps them for ever.
    """

    table: str
    ahead: int = 3
    keep: int | None = None


@dataclass(frozen=True)
class Report:
    """What was done. `waiting` says why something was not; `strays` counts rows in default partitions by table."""

    created: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    strays: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Partition:
    name: str
    begins: datetime
    ends: datetime
    leaving: bool


def ensure(connection: Connection, wanted: Monthly, now: datetime | None = None) -> Report:
    """Make the partitions that are missing, in the caller's transaction; two at once wait for one another.

    What cannot be attached is left `waiting`: when the default partition has rows of that month, or when a lock_timeout
    is set and somebody uses the default partition for longer.
    """
    report = Report()
    _lock(connection, wanted.table)
    there = _partitions(connection, wanted.table)
    first = _month(now or datetime.now(UTC))
    for begins in (_later(first, months) for months in range(wanted.ahead + 1)):
        ends = _later(begins, 1)
        if any(one.begins < ends and begins < one.ends for one in there):
            continue
        name = f"{wanted.table}_y{begins:%Y}m{begins:%m}"
        bounds = f"from ('{begins:%Y-%m-%d} 00:00:00+00') to ('{ends:%Y-%m-%d} 00:00:00+00')"
        try:
            with connection.begin_nested():
                _attach_new(connection, wanted.table, name, bounds)
            report.created.append(name)
        except IntegrityError:
            report.waiting.append(f"{name}: the default partition has rows of that month")
        except DBAPIError as failure:
            if not _is_busy(failure):
                raise
            report.waiting.append(f"{name}: the default partition is in use")
            break
    report.strays.update(_strays(connection, wanted.table))
    return report


def ensure_tenant(connection: Connection, name: str, tenant: str) -> bool:
    """Make the partition of `tenant` in the table `name`, partitioned by list; whether there was none yet."""
    _lock(connection, name)
    # The tenant's name may be any text, so the partition is named after its place among them.
    there = connection.execute(_PARTITIONS, {"name": table(name)}).all()
    # Numbers stand there without quotes.
    if {one.bound for one in there} & {f"FOR VALUES IN ({written})" for written in (literal(tenant), tenant)}:
        return False
    number = _free_number(connection, name)
    _attach_new(connection, name, f"{name}_t{number}", f"in ({literal(tenant)})")
    return True


def by_hash(name: str, partitions: int) -> list[str]:
    """SQL that divides the table `name`, partitioned by hash, into so many partitions; their number is for ever."""
    made = []
    for number in range(partitions):
        one = f"{name}_h{number}"
        values = f"for values with (modulus {partitions}, remainder {number})"
        made += [f"create table {table(one)} partition of {table(name)} {values}", withhold(one)]
    return made


async def keep(
    engine: AsyncEngine, *wanted: Monthly, now: datetime | None = None, patience: float = LOCK_SECONDS
) -> Report:
    """Make what is missing and drop what has expired in all tables `wanted`, as their owner.

    Whoever does the same elsewhere at the same time does no harm. No lock is waited for longer than `patience` seconds;
    what is in use stays `waiting` until the next time.
    """
    timeout = f"lock_timeout = {int(patience * 1000)}"
    whole = Report()
    moment = now or datetime.now(UTC)
    for one in wanted:
        async with engine.begin() as connection:
            await connection.execute(text(f"set local {timeout}"))
            made = await connection.run_sync(ensure, one, moment)
        whole.created.extend(made.created)
        whole.waiting.extend(made.waiting)
        whole.strays.update(made.strays)
        if one.keep is not None:
            async with engine.connect() as connection:
                free = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await free.exec_driver_sql(f"set {timeout}")
                await free.run_sync(_retire, one.table, _later(_month(moment), -one.keep), whole)
                await free.exec_driver_sql("reset lock_timeout")
    return whole


class PartitionFigures:
    """Rows that are where none should be. The application's role may ask, for the server's statistics are open."""

    def __init__(self, metrics: Metrics, *tables: str) -> None:
        self._tables = tables
        self._strays: Gauge = metrics.gauge(
            "db_partition_stray_rows", "Rows in the default partition, which has to be empty", ("table",)
        )

    async def measure(self, session: AsyncSession | AsyncConnection) -> None:
        """Bring the figures up to date; they are about a second behind."""
        for name in self._tables:
            rows = (await session.execute(_LIVE_ROWS, {"name": table(name)})).scalar_one()
            self._strays.labels(name).set(int(rows))


def _attach_new(connection: Connection, parent: str, name: str, bounds: str) -> None:
    like = "including defaults including constraints including storage including compression including generated"
    connection.exec_driver_sql(f"create table {table(name)} (like {table(parent)} {like})")
    connection.exec_driver_sql(withhold(name))
    connection.exec_driver_sql(f"alter table {table(parent)} attach partition {table(name)} for values {bounds}")


def _retire(connection: Connection, name: str, before: datetime, report: Report) -> None:
    key = {"key": f"expired partitions of {name}"}
    if not connection.execute(text("select pg_try_advisory_lock(hashtextextended(:key, 0))"), key).scalar_one():
        return
    try:
        _finish(connection, name, report)
        for one in _partitions(connection, name):
            if one.ends <= before:
                connection.exec_driver_sql(f"comment on table {one.name} is {literal(_note(name))}")
                _detach(connection, name, one.name, report)
        _finish(connection, name, report)
    finally:
        connection.execute(text("select pg_advisory_unlock(hashtextextended(:key, 0))"), key)


def _finish(connection: Connection, name: str, report: Report) -> None:
    # What an earlier run has marked and not brought to its end, because it died or had to wait.
    for one in _partitions(connection, name):
        if one.leaving:
            connection.exec_driver_sql(f"alter table {table(name)} detach partition {one.name} finalize")
    for left_over in connection.execute(_LEFT_OVER, {"note": _note(name)}).scalars().all():
        connection.exec_driver_sql(f"drop table {left_over}")
        report.dropped.append(left_over)


def _detach(connection: Connection, parent: str, name: str, report: Report) -> None:
    # PostgreSQL detaches concurrently only where there is no default partition. With one the table is locked, for a
    # moment: whoever holds it longer is not made to wait in a queue behind us, we come again.
    has_default = connection.execute(_DEFAULT, {"name": table(parent)}).scalar() is not None
    statement = f"alter table {table(parent)} detach partition {name} {'' if has_default else 'concurrently'}"
    for _ in range(DETACH_TRIES):
        try:
            connection.exec_driver_sql(statement)
            return
        except DBAPIError as failure:
            if not _is_busy(failure):
                raise
            if any(one.name == name and one.leaving for one in _partitions(connection, parent)):
                break
    report.waiting.append(f"{name}: it has expired and is in use")


def _partitions(connection: Connection, name: str) -> list[_Partition]:
    found = []
    for row in connection.execute(_PARTITIONS, {"name": table(name)}):
        if row.bound and (match := _BOUND.search(row.bound)):
            found.append(_Partition(row.name, _moment(match[1]), _moment(match[2]), row.leaving))
    return sorted(found, key=lambda one: one.begins)


def _strays(connection: Connection, name: str) -> dict[str, int]:
    default = connection.execute(_DEFAULT, {"name": table(name)}).scalar()
    if default is None:
        return {}
    return {name: connection.exec_driver_sql(f"select count(*) from {default}").scalar_one()}


def _free_number(connection: Connection, name: str) -> int:
    pattern = re.compile(r"_t(\d+)\"?$")
    there = connection.execute(_PARTITIONS, {"name": table(name)}).all()
    return max((int(match[1]) for one in there if (match := pattern.search(one.name))), default=0) + 1


def _lock(connection: Connection, name: str) -> None:
    key = {"key": f"partitions of {name}"}
    connection.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), key)


def _is_busy(failure: DBAPIError) -> bool:
    return str(getattr(failure.orig, "sqlstate", "")) == _LOCK_NOT_AVAILABLE


def _note(name: str) -> str:
    return f"expired partition of {name}, about to be dropped"


def _moment(written: str) -> datetime:
    moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _month(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _later(month: datetime, months: int) -> datetime:
    whole = month.year * 12 + month.month - 1 + months
    return month.replace(year=whole // 12, month=whole % 12 + 1)
