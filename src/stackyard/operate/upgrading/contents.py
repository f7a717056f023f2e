"""What a server holds, in a form that two versions have in common, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stackyard.backup.database import tables
from stackyard.operate.upgrading.examine import Connect, databases

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Contents:
    """What one database holds: rows and a sum over them by table, values of sequences, counts of everything else."""

    tables: Mapping[str, tuple[int, str]]
    sequences: Mapping[str, tuple[int | None, bool]]
    extensions: frozenset[str]
    objects: Mapping[str, int]

    @property
    def rows(self) -> int:
        return sum(rows for rows, _ in self.tables.values())


_SEQUENCES = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND c.relpersistence = 'p' AND n.nspname !~ '^pg_' ORDER BY 1
"""

_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_NO_MEMBER = (
    "NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '{0}'::regclass AND d.objid = {1}.oid AND d.deptype = 'e')"
)
_OF_CLASS, _OF_FUNCTION = _NO_MEMBER.format("pg_class", "c"), _NO_MEMBER.format("pg_proc", "p")

# What is no relation of its own, and what a version makes by itself, is left out: an index that is not valid is not
# dumped, and the constraints of NOT NULL came with PostgreSQL 18.
_OBJECTS = f"""
SELECT 'relations of kind ' || c.relkind::text, count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} AND {_OF_CLASS} AND c.relpersistence <> 't'
  AND NOT EXISTS (SELECT FROM pg_index x WHERE x.indexrelid = c.oid AND NOT x.indisvalid)
GROUP BY c.relkind
UNION ALL
SELECT 'functions', count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE {_OURS} AND {_OF_FUNCTION}
UNION ALL
SELECT 'constraints of kind ' || k.contype::text, count(*) FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} AND {_OF_CLASS} AND k.contype <> 'n' AND k.conparentid = 0 GROUP BY k.contype
UNION ALL
SELECT 'triggers', count(*) FROM pg_trigger g WHERE NOT g.tgisinternal AND g.tgparentid = 0
UNION ALL
SELECT 'policies', count(*) FROM pg_policy
UNION ALL
SELECT 'tables with row security', count(*) FROM pg_class WHERE relrowsecurity
UNION ALL
SELECT 'default privileges', count(*) FROM pg_default_acl
UNION ALL
SELECT 'event triggers', count(*) FROM pg_event_trigger
UNION ALL
SELECT 'publications', count(*) FROM pg_publication
UNION ALL
SELECT 'large objects', count(*) FROM pg_largeobject_metadata
UNION ALL
SELECT 'schemas', count(*) FROM pg_namespace n WHERE {_OURS}
"""

_ROLES = """
SELECT r.rolname::text,
       md5(concat_ws('|', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication,
                     r.rolbypassrls, r.rolconnlimit, r.rolvaliduntil, coalesce(a.rolpassword, ''),
                     coalesce(r.rolconfig::text, ''),
                     ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                           WHERE m.member = r.oid ORDER BY 1)::text))
FROM pg_roles r JOIN pg_authid a ON a.oid = r.oid WHERE r.rolname !~ '^pg_'
"""

ROLES = "roles"
"""Stands for them in place of a database: they belong to the whole server."""


def read(connect: Connect) -> dict[str, Contents]:
    """What every database of the server holds, and the roles. Raises BackupError for a table that cannot be read."""
    with connect("postgres") as connection:
        names = databases(connection)
        roles = {name: (1, rest) for name, rest in connection.execute(_ROLES).fetchall()}
    found = {}
    for name in names:
        with connect(name) as connection:
            found[name] = _contents(connection)
    found[ROLES] = Contents(roles, {}, frozenset(), {})
    return found


def _contents(connection: Connection) -> Contents:
    sequences = {}
    for (name,) in connection.execute(_SEQUENCES).fetchall():
        ((value, is_called),) = connection.execute(f"SELECT last_value, is_called FROM {name}".encode()).fetchall()
        sequences[name] = (value, is_called)
    return Contents(
        tables={one.name: (one.rows, one.content) for one in tables(connection)},
        sequences=sequences,
        extensions=frozenset(name for (name,) in connection.execute("SELECT extname FROM pg_extension").fetchall()),
        objects={kind: count for kind, count in connection.execute(_OBJECTS.encode()).fetchall() if count},
    )


def differences(old: Mapping[str, Contents], new: Mapping[str, Contents]) -> tuple[str, ...]:
    """What is not the same on both sides, a sentence each; () when nothing is missing, added or changed."""
    return tuple(
        sentence for name in sorted({*old, *new}) for sentence in _of_database(name, old.get(name), new.get(name))
    )


def _of_database(name: str, old: Contents | None, new: Contents | None) -> Iterator[str]:
    if old is None or new is None:
        yield f"{name} is only on the {'new' if old is None else 'old'} side"
        return
    yield from _of_tables(name, old, new)
    for sequence in sorted({*old.sequences, *new.sequences}):
        before, after = old.sequences.get(sequence), new.sequences.get(sequence)
        if before != after:
            yield f"{name}: {sequence} stood at {before} and stands at {after}"
    for extension in sorted(old.extensions - new.extensions):
        yield f"{name}: the extension {extension} is missing"
    for kind in sorted({*old.objects, *new.objects}):
        count, now = old.objects.get(kind, 0), new.objects.get(kind, 0)
        if count != now:
            yield f"{name}: there were {count} {kind}, and there are {now}"


def _of_tables(name: str, old: Contents, new: Contents) -> Iterator[str]:
    for table in sorted({*old.tables, *new.tables}):
        before, after = old.tables.get(table), new.tables.get(table)
        if before is None or after is None:
            yield f"{name}: {table} is only on the {'new' if before is None else 'old'} side"
        elif before[0] != after[0]:
            yield f"{name}: {table} had {before[0]} rows and has {after[0]}"
        elif before[1] != after[1]:
            yield f"{name}: the contents of {table} differ"
