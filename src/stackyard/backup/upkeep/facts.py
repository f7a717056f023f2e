"""What upkeep reads of a database before it judges: tables, indexes, sequences, partitions. Nothing is changed.

Only what the role may keep up is looked at. Sizes are bytes, ages transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Table:
    """A table, or with `is_parent` one that only has partitions.

    `expected` is what its rows need at least, None where nobody knows; `age` of its oldest transaction id against
    `freeze` where the server would begin to vacuum for it; `analysed` is how long ago in seconds, None never.
    """

    name: str
    size: int
    live: int
    dead: int
    changed: int
    analysed: float | None
    age: int
    freeze: int
    expected: int | None
    is_parent: bool


@dataclass(frozen=True)
class Index:
    """An index. `expected` is what it needs when it is dense, None where nobody knows.

    `is_binding`: it keeps rows unique or belongs to a constraint. `alike` is the same for indexes that say the same.
    `scans` since `counted` seconds.
    """

    name: str
    table: str
    size: int
    rows: int
    expected: int | None
    is_valid: bool
    is_parent: bool
    is_binding: bool
    is_leftover: bool
    scans: int
    counted: float
    alike: str


@dataclass(frozen=True)
class Sequence:
    """A sequence: how many numbers it has given of those that fit into it and into the column that it fills."""

    name: str
    used: int
    room: int


@dataclass(frozen=True)
class Partitioned:
    """A table that is partitioned by ranges of time.

    `has_next`: some partition takes a row of one period ahead; `newest` is where they end. `strays` are rows in its
    default partition, "" `default` for none.
    """

    name: str
    newest: str
    has_next: bool
    default: str
    strays: int


@dataclass(frozen=True)
class Facts:
    """All of it."""

    tables: tuple[Table, ...]
    indexes: tuple[Index, ...]
    sequences: tuple[Sequence, ...]
    partitioned: tuple[Partitioned, ...]


_OURS = """n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> 'stackyard'
  AND c.relpersistence = 'p' AND pg_has_role(current_user, c.relowner, 'USAGE')"""

# A row needs its header, its place in the page, and its columns; statistics know how wide they are.
_TABLES = f"""
SELECT format('%I.%I', n.nspname, c.relname), pg_table_size(c.oid), coalesce(s.n_live_tup, 0),
       coalesce(s.n_dead_tup, 0), coalesce(s.n_mod_since_analyze, 0),
       extract(epoch FROM now() - greatest(s.last_analyze, s.last_autoanalyze))::float,
       CASE WHEN c.relfrozenxid = '0'::xid THEN 0 ELSE age(c.relfrozenxid) END,
       current_setting('autovacuum_freeze_max_age')::int,
       CASE WHEN c.reltuples > 0 AND w.known = w.columns
            THEN (c.reltuples * (28 + ceil(w.width / 8) * 8))::bigint END,
       c.relkind = 'p'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
CROSS JOIN LATERAL (
    SELECT count(*) AS columns, count(p.avg_width) AS known, coalesce(sum(p.avg_width * (1 - p.null_frac)), 0) AS width
    FROM pg_attribute a
    LEFT JOIN pg_stats p ON p.schemaname = n.nspname AND p.tablename = c.relname AND p.attname = a.attname
                        AND p.inherited = (c.relkind = 'p')
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) w
WHERE c.relkind IN ('r', 'm', 'p') AND {_OURS}
ORDER BY 1
"""

# An entry of a B-tree needs a header of 8 bytes, its place in the page, and its keys; pages are filled to nine tenths.
_INDEXES = f"""
SELECT format('%I.%I', n.nspname, c.relname), format('%I.%I', n.nspname, t.relname), pg_relation_size(c.oid),
       greatest(CASE WHEN x.indpred IS NULL THEN t.reltuples ELSE c.reltuples END, 0)::bigint,
       CASE WHEN m.amname = 'btree' AND t.reltuples >= 0 AND w.known = w.columns
            THEN (ceil(CASE WHEN x.indpred IS NULL THEN t.reltuples ELSE greatest(c.reltuples, 0) END
                       * (12 + ceil(w.width / 8) * 8) / (0.9 * (current_setting('block_size')::int - 40))) + 2)::bigint
                 * current_setting('block_size')::int END,
       x.indisvalid AND x.indisready AND x.indislive, c.relkind = 'I',
       x.indisunique OR x.indisprimary OR x.indisexclusion OR x.indisreplident
           OR EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x', 'f'))
           OR c.relispartition,
       c.relname ~ '_cc(new|old)[0-9]*$',
       coalesce(s.idx_scan, 0),
       extract(epoch FROM now() - coalesce(d.stats_reset, pg_postmaster_start_time()))::float,
       concat_ws('|', x.indrelid, x.indkey, x.indnkeyatts, x.indclass, x.indcollation, x.indoption, m.amname,
                 coalesce(pg_get_expr(x.indexprs, x.indrelid), ''), coalesce(pg_get_expr(x.indpred, x.indrelid), ''))
FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = c.relam
JOIN pg_stat_database d ON d.datname = current_database()
LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = c.oid
CROSS JOIN LATERAL (
    SELECT count(*) AS columns, count(p.avg_width) AS known, coalesce(sum(p.avg_width * (1 - p.null_frac)), 0) AS width
    FROM pg_attribute a
    LEFT JOIN pg_attribute own ON own.attrelid = t.oid AND own.attnum = x.indkey[a.attnum - 1] AND own.attnum > 0
    LEFT JOIN pg_stats p ON p.schemaname = n.nspname AND NOT p.inherited
        AND (p.tablename, p.attname) = (CASE WHEN own.attname IS NULL THEN c.relname ELSE t.relname END,
                                        coalesce(own.attname, a.attname))
    WHERE a.attrelid = c.oid AND a.attnum > 0) w
WHERE {_OURS}
ORDER BY 1
"""

_SEQUENCES = f"""
SELECT format('%I.%I', n.nspname, c.relname), coalesce(v.last_value, 0),
       least(v.max_value, CASE a.atttypid WHEN 'smallint'::regtype THEN 32767 WHEN 'integer'::regtype THEN 2147483647
                          END)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_sequences v ON v.schemaname = n.nspname AND v.sequencename = c.relname
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
                     AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE c.relkind = 'S' AND NOT v.cycle AND v.increment_by > 0 AND {_OURS}
ORDER BY 1
"""

# The period is that of the newest partition: a row of one period from now should have a place.
_PARTITIONED = f"""
WITH bounds AS MATERIALIZED (
    SELECT i.inhparent AS parent, substring(b.bound FROM $$FROM \\('([^']+)'\\)$$) AS begins,
           substring(b.bound FROM $$TO \\('([^']+)'\\)$$) AS ends
    FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid
    CROSS JOIN LATERAL (SELECT pg_get_expr(p.relpartbound, p.oid) AS bound) b
    WHERE i.inhparent IN (
        SELECT y.partrelid FROM pg_partitioned_table y JOIN pg_attribute a ON a.attrelid = y.partrelid
        WHERE y.partstrat = 'r' AND y.partnatts = 1 AND a.attnum = y.partattrs[0]
          AND a.atttypid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype))),
spans AS (
    SELECT parent, begins::timestamptz AS begins, ends::timestamptz AS ends FROM bounds
    WHERE begins IS NOT NULL AND ends IS NOT NULL)
SELECT format('%I.%I', n.nspname, c.relname), max(s.ends)::text,
       bool_or(moment.next >= s.begins AND moment.next < s.ends),
       CASE WHEN y.partdefid <> 0 THEN y.partdefid::regclass::text ELSE '' END
FROM spans s JOIN pg_class c ON c.oid = s.parent JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_partitioned_table y ON y.partrelid = c.oid
CROSS JOIN LATERAL (SELECT now() + (o.ends - o.begins) AS next FROM spans o WHERE o.parent = s.parent
                    ORDER BY o.ends DESC LIMIT 1) moment
WHERE {_OURS}
GROUP BY c.oid, n.nspname, c.relname, y.partdefid
ORDER BY 1
"""

_STRAYS = "SELECT count(*) FROM (SELECT FROM {} LIMIT 100000) AS found"
"""An exact number is of no use once there are so many."""


def read(connection: Connection) -> Facts:
    """All that there is to judge."""
    return Facts(
        tables=tuple(Table(*row) for row in connection.execute(_TABLES).fetchall()),
        indexes=tuple(Index(*row) for row in connection.execute(_INDEXES).fetchall()),
        sequences=tuple(Sequence(*row) for row in connection.execute(_SEQUENCES).fetchall()),
        partitioned=partitions(connection),
    )


def partitions(connection: Connection) -> tuple[Partitioned, ...]:
    """The tables that are partitioned by ranges of time."""
    found = connection.execute(_PARTITIONED).fetchall()
    return tuple(
        Partitioned(name, newest, has_next, default, _strays(connection, default))
        for name, newest, has_next, default in found
    )


def _strays(connection: Connection, default: str) -> int:
    if not default:
        return 0
    ((rows,),) = connection.execute(_STRAYS.format(default).encode()).fetchall()
    return int(rows)
