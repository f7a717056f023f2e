"""What an upgrade has to know of the old databases, read from a server that runs on them. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from stackyard.operate.upgrading.planning import Facts

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

Connect = Callable[[str], AbstractContextManager["Connection"]]
"""Opens a connection of the superuser to the database of that name."""

_DATABASES = "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1"

_SERVER = """
SELECT current_setting('server_version_num')::int / 10000,
       (SELECT sum(pg_database_size(oid))::bigint FROM pg_database),
       ARRAY(SELECT DISTINCT split_part(line, '=', 1) FROM pg_db_role_setting, unnest(setconfig) line),
       ARRAY(SELECT spcname::text FROM pg_tablespace WHERE spcname !~ '^pg_' ORDER BY 1),
       (SELECT count(*)::int FROM pg_prepared_xacts),
       ARRAY(SELECT slot_name::text FROM pg_replication_slots ORDER BY 1),
       ARRAY(SELECT subname::text FROM pg_subscription ORDER BY 1)
"""

_DATABASE = """
SELECT ARRAY(SELECT extname::text FROM pg_extension),
       ARRAY(SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'p' AND c.relpersistence = 'u' ORDER BY 1),
       ARRAY(SELECT DISTINCT format('%I.%I', n.nspname, c.relname) FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_rewrite r ON r.ev_class = c.oid
             JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
             JOIN pg_class s ON d.refclassid = 'pg_class'::regclass AND s.oid = d.refobjid
             WHERE c.relkind IN ('v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
               AND s.relname ~ '^pg_stat' AND s.relkind = 'v' AND s.oid <> c.oid
               AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
                               AND e.deptype = 'e')
             ORDER BY 1)
"""


def databases(connection: Connection) -> tuple[str, ...]:
    """The databases of a server, its own `postgres` among them."""
    return tuple(name for (name,) in connection.execute(_DATABASES).fetchall())


def read(connect: Connect) -> Facts:
    """All of it."""
    extensions: set[str] = set()
    unlogged: list[str] = []
    views: list[str] = []
    with connect("postgres") as connection:
        ((version, size, settings, spaces, prepared, slots, subscriptions),) = connection.execute(_SERVER).fetchall()
        names = databases(connection)
    for name in names:
        with connect(name) as connection:
            ((own, without_log, own_views),) = connection.execute(_DATABASE).fetchall()
        extensions |= set(own)
        unlogged += without_log
        views += own_views
    return Facts(
        version=version,
        size=size,
        extensions=frozenset(extensions),
        settings=frozenset(settings),
        views=tuple(views),
        unlogged=tuple(unlogged),
        tablespaces=tuple(spaces),
        prepared=prepared,
        slots=tuple(slots),
        subscriptions=tuple(subscriptions),
    )
