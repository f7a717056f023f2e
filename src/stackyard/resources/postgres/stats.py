"""The questions behind `stackyard db stats`. A member of pg_monitor may ask all of them."""

from __future__ import annotations

QUERIES = """
SELECT queryid::text, left(regexp_replace(query, '\\s+', ' ', 'g'), 300), pg_get_userbyid(userid)::text, calls,
       total_exec_time, mean_exec_time, max_exec_time, rows,
       shared_blks_hit::float8 / nullif(shared_blks_hit + shared_blks_read, 0)
FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database()
"""
"""One row a query, milliseconds; followed by one of ORDERS."""

ORDERS: dict[str, str] = {
    "slowest": " AND calls > 1 ORDER BY mean_exec_time DESC LIMIT 10",
    "heaviest": " ORDER BY total_exec_time DESC LIMIT 10",
    "most_frequent": " ORDER BY calls DESC LIMIT 10",
}

AVERAGE = """
SELECT sum(total_exec_time) / nullif(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
WHERE d.datname = current_database()
"""

CONNECTIONS = """
SELECT usename::text, coalesce(state, 'unknown'), count(*), coalesce(max(extract(epoch FROM now() - state_change)), 0)
FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() GROUP BY 1, 2 ORDER BY 1, 2
"""

POOLS = """
SELECT r.rolname::text, count(a.pid), r.rolconnlimit FROM pg_roles r
LEFT JOIN pg_stat_activity a ON a.usename = r.rolname AND a.backend_type = 'client backend'
WHERE r.rolcanlogin AND r.rolconnlimit > 0 GROUP BY 1, 3 ORDER BY 1
"""

DATABASE = """
SELECT current_database()::text, version(), current_setting('max_connections')::int,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
       pg_database_size(current_database()), blks_hit::float8 / nullif(blks_hit + blks_read, 0),
       xact_commit, xact_rollback, deadlocks, temp_bytes,
       extract(epoch FROM now() - pg_postmaster_start_time()), (SELECT count(*) FROM pg_stat_replication)
FROM pg_stat_database WHERE datname = current_database()
"""

TABLES = """
SELECT schemaname::text, relname::text, pg_total_relation_size(relid), n_live_tup, n_dead_tup, seq_scan, idx_scan,
       greatest(last_vacuum, last_autovacuum)::text, greatest(last_analyze, last_autoanalyze)::text
FROM pg_stat_user_tables WHERE schemaname <> 'stackyard' ORDER BY 3 DESC LIMIT 20
"""

HAS_STATEMENTS = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements')"
