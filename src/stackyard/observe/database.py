"""How a PostgreSQL fares: slow and frequent queries, connections, pools, cache and sizes, read in one go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stackyard.resources.postgres import stats

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class QueryStats:
    """A query without its constants. Times in milliseconds; `cache_hits` from 0 to 1, None when it read nothing."""

    id: str
    text: str
    role: str
    calls: int
    total_ms: float
    mean_ms: float
    max_ms: float
    rows: int
    cache_hits: float | None


@dataclass(frozen=True)
class ConnectionStats:
    """Connections of one role in one state; `longest` is how long one has been in it, in seconds."""

    role: str
    state: str
    count: int
    longest: float


@dataclass(frozen=True)
class PoolStats:
    """How much of its connection limit a role uses."""

    role: str
    used: int
    limit: int


@dataclass(frozen=True)
class TableStats:
    """A table. `size` in bytes with its indexes; the row counts are the server's estimates, the times text or None."""

    schema: str
    name: str
    size: int
    live_rows: int
    dead_rows: int
    sequential_scans: int
    index_scans: int | None
    vacuumed: str | None
    analyzed: str | None


@dataclass(frozen=True)
class DatabaseStats:
    """All of it, as dataclasses.asdict makes JSON of it.

    `cache_hits` from 0 to 1; sizes in bytes, `uptime` in seconds; `average_ms` over every query since the statistics
    began. The three lists of queries are None where the server has no pg_stat_statements.
    """

    database: str
    version: str
    max_connections: int
    connections: int
    size: int
    cache_hits: float | None
    commits: int
    rollbacks: int
    deadlocks: int
    temporary_bytes: int
    uptime: float
    replicas: int
    by_state: tuple[ConnectionStats, ...]
    pools: tuple[PoolStats, ...]
    tables: tuple[TableStats, ...]
    average_ms: float | None
    slowest: tuple[QueryStats, ...] | None
    heaviest: tuple[QueryStats, ...] | None
    most_frequent: tuple[QueryStats, ...] | None


def collect(connection: Connection) -> DatabaseStats:
    """Read the statistics of the database connected to. The role must be a member of pg_monitor."""
    facts = _rows(connection, stats.DATABASE)[0]
    measured = _rows(connection, stats.HAS_STATEMENTS)[0][0]
    queries = {
        name: _queries(_rows(connection, stats.QUERIES + order)) if measured else None
        for name, order in stats.ORDERS.items()
    }
    return DatabaseStats(
        database=facts[0],
        version=facts[1],
        max_connections=facts[2],
        connections=facts[3],
        size=facts[4],
        cache_hits=facts[5],
        commits=facts[6],
        rollbacks=facts[7],
        deadlocks=facts[8],
        temporary_bytes=facts[9],
        uptime=float(facts[10]),
        replicas=facts[11],
        by_state=tuple(
            ConnectionStats(role, state, count, float(longest))
            for role, state, count, longest in _rows(connection, stats.CONNECTIONS)
        ),
        pools=tuple(PoolStats(*row) for row in _rows(connection, stats.POOLS)),
        tables=tuple(TableStats(*row) for row in _rows(connection, stats.TABLES)),
        average_ms=_rows(connection, stats.AVERAGE)[0][0] if measured else None,
        slowest=queries["slowest"],
        heaviest=queries["heaviest"],
        most_frequent=queries["most_frequent"],
    )


def _queries(rows: Iterable[tuple[Any, ...]]) -> tuple[QueryStats, ...]:
    return tuple(QueryStats(*row) for row in rows)


def _rows(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()
