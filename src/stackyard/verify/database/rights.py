"""DB-02, DB-05: who may do what in the database, tried as that role and undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stackyard.model.system import Access, Postgres, System
from stackyard.observe.view import View
from stackyard.resources.postgres.catalog import BACKUP_ROLE, PRIVATE_SCHEMA, Area, Catalog, Role, catalog
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.sql import identifier
from stackyard.verify.check import Check, Look, Seen, saw
from stackyard.verify.database.asking import attempt, databases, has_none, over_tcp, rows, silently, users

if TYPE_CHECKING:
    from stackyard.verify.database.asking import Connection

_POWERS = """
SELECT r.rolname::text, r.rolcanlogin, array_remove(ARRAY[
    CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
    CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolreplication THEN 'REPLICATION' END,
    CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END], NULL)
  || ARRAY(SELECT g.rolname::text FROM pg_roles g WHERE g.rolname ~ '^pg_' AND g.rolname NOT IN ('pg_database_owner')
           AND pg_has_role(r.oid, g.oid, 'MEMBER') AND NOT r.rolsuper)
FROM pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY 1
"""
_OF_MONITORS = {"pg_monitor", "pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables"}
"""To look at figures is no power over the server, but nothing that a service needs either."""

_TABLES = """
SELECT n.nspname::text, format('%I.%I', n.nspname, c.relname), pg_get_userbyid(c.relowner)::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^(pg_|information_schema$|stackyard$)'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 2
"""

_WRITABLE = """
SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname !~ '^(pg_|information_schema$)'
  AND (has_table_privilege(%s, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
       OR has_any_column_privilege(%s, c.oid, 'INSERT, UPDATE'))
ORDER BY 1
"""

_LIMITS = """
SELECT r.rolname::text, r.rolconnlimit, (SELECT count(*) FROM pg_stat_activity a WHERE a.usename = r.rolname)
FROM pg_roles r WHERE r.rolcanlogin
"""

_ROOM = "SELECT current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int"

_MOST = 40
"""Tables of a schema that are tried one by one."""


def _powers(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        services = {role for _, role, _ in users(view.system, resource)}
        wanted = {role.name: role.powers | role.member_of for role in catalog(view.system, resource).roles}
        with view.database(resource) as connection:
            found = rows(connection, _POWERS)
        for name, login, powers in found:
            allowed = set(powers) if name == SUPERUSER else set() if name in services else _OF_MONITORS
            allowed |= wanted.get(name, frozenset())
            more = [power for power in powers if power not in allowed]
            yield saw(
                f"powers of the role {name} in {resource.name}{'' if login else ' (no login)'}",
                ", ".join(powers) or "none",
                fault=f"{name} has {', '.join(more)}",
                unless=not more,
            )


def _least(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        wanted = catalog(view.system, resource)
        with silently(view, resource) as connection:
            owners = {owner: table for _, table, owner in rows(connection, _TABLES)}
            for role in (one for one in wanted.roles if one.login):
                yield from _refusals(connection, role.name, _forbidden(wanted, role))
                if role.name in owners and role.name != wanted.owner:
                    table = owners[role.name]
                    yield saw(f"owner of {table}", role.name, fault=f"{role.name} owns {table}")


def _area(groups: frozenset[str], areas: tuple[Area, ...]) -> Area | None:
    return next((area for area in areas if groups & {area.owner, area.reader, area.writer}), None)


def _forbidden(wanted: Catalog, role: Role) -> list[str]:
    """What a role may not do: first what concerns the machine and the server, then what concerns the schema."""
    common = [
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('PG_VERSION')",
        f"SET ROLE {identifier(SUPERUSER)}",
        "CREATE ROLE stackyard_verify",
    ]
    # Backups hold everything that can be read.
    if role.name != BACKUP_ROLE:
        common += ["SELECT rolpassword FROM pg_authid LIMIT 1", f"SELECT count(*) FROM {PRIVATE_SCHEMA}.init_scripts"]
    if wanted.owner in {role.name, *role.member_of}:
        return common
    others = [schema for area in wanted.areas if area.owner not in role.member_of for schema in area.schemas]
    tables = [f"CREATE TABLE {identifier(schema)}.stackyard_verify ()" for schema in others]
    return [*common, f"SET ROLE {identifier(wanted.owner)}", "CREATE SCHEMA stackyard_verify", *tables]


def _refusals(connection: Connection, role: str, forbidden: list[str]) -> Iterator[Seen]:
    for sql in forbidden:
        answer = attempt(connection, role, sql)
        yield saw(f"as {role}: {sql}", answer or "done (and undone)", fault=f"{role} may {sql}", unless=bool(answer))


def _isolation(view: View) -> Iterator[Seen]:
    for resource in _divided(view.system):
        wanted = catalog(view.system, resource)
        with silently(view, resource) as connection:
            tables = rows(connection, _TABLES)
            for role in wanted.roles:
                own = _area(role.member_of, wanted.areas)
                if not role.login or role.name == wanted.owner or own is None:
                    continue
                for other in (area for area in wanted.areas if area is not own):
                    for schema in other.schemas:
                        names = [table for place, table, _ in tables if place == schema][:_MOST]
                        yield from _apart(connection, role.name, schema, names)


def _apart(connection: Connection, role: str, schema: str, names: list[str]) -> Iterator[Seen]:
    # Extensions lie in public, and everybody calls their functions: only its tables are private.
    tried = names if schema == "public" else [*names, f"{identifier(schema)}.stackyard_verify"]
    for name in tried:
        sql = f"SELECT FROM {name} LIMIT 0"
        answer = attempt(connection, role, sql)
        yield saw(
            f"as {role}: {sql}", answer or "let in", fault=f"{role} may look into {schema}: {sql}", unless=bool(answer)
        )


def _read_only(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        database = catalog(view.system, resource).database
        for _, role, may in users(view.system, resource):
            if may is not Access.READ:
                continue
            with over_tcp(view, resource, role, database) as own:
                ((default,),) = rows(own, "SHOW default_transaction_read_only")
            fault = f"transactions of {role} may write"
            yield saw(f"as {role}: SHOW default_transaction_read_only", default, fault=fault, unless=default == "on")
            with silently(view, resource) as connection:
                yield from _cannot_write(connection, role)


def _cannot_write(connection: Connection, role: str) -> Iterator[Seen]:
    writable = [name for (name,) in rows(connection, _WRITABLE, (role, role))]
    yield saw(
        f"tables that {role} may write, by has_table_privilege",
        ", ".join(writable) or "none",
        fault=f"{role} may write {', '.join(writable)}",
        unless=not writable,
    )
    tables = [name for _, name, _ in rows(connection, _TABLES)][:1]
    for sql in ["CREATE TEMPORARY TABLE stackyard_verify ()", *(f"EXPLAIN DELETE FROM {name}" for name in tables)]:
        tried = f"SET LOCAL default_transaction_read_only = off; SET LOCAL transaction_read_only = off; {sql}"
        answer = attempt(connection, role, tried)
        fault = f"{role} may {sql.removeprefix('EXPLAIN ')}"
        yield saw(f"as {role}: {tried}", answer or "let in", fault=fault, unless=bool(answer))


def _connections(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        wanted = catalog(view.system, resource)
        with view.database(resource) as connection:
            found = {name: (limit, used) for name, limit, used in rows(connection, _LIMITS)}
            ((most, reserved),) = rows(connection, _ROOM)
        total = 0
        for role in (one for one in wanted.roles if one.login):
            limit, used = found.get(role.name, (0, 0))
            total += max(0, limit)
            fault = (
                f"{role.name} may open {limit if limit >= 0 else 'any number of'} connections, not {role.connections}"
            )
            yield saw(
                f"connections of {role.name}", f"{used} of {limit}", fault=fault, unless=limit == role.connections
            )
        yield saw(
            f"max_connections of {resource.name}, {reserved} of them for the superuser",
            f"{most}, for {total} of all roles together",
            fault=f"{resource.name} has room for {most - reserved} connections, and its roles may open {total}",
            unless=most - reserved >= total,
        )


def _divided(system: System) -> list[Postgres]:
    return [one for one in databases(system) if len(catalog(system, one).areas) > 1]


def _is_shared(system: System) -> str:
    return has_none(system) or ("" if _divided(system) else "no service has a schema of its own")


def _nobody_reads(system: System) -> str:
    modes = [may for resource in databases(system) for _, _, may in users(system, resource)]
    return has_none(system) or ("" if Access.READ in modes else "no service has `read` access only")


_RECONCILED = "`stackyard up` takes from our own roles what they should not have; a role of somebody else's is dropped "
_BY_HAND = "by hand, with `stackyard db shell`: DROP ROLE."

CHECKS = (
    Check(
        "database.powers",
        ("DB-02",),
        "no role but the superuser's own has power over the server",
        Look.INSIDE,
        _powers,
        has_none,
        next_step=_RECONCILED + _BY_HAND,
    ),
    Check(
        "database.least-privilege",
        ("DB-02",),
        "no service can reach the machine, the server, or the definition of what it works with",
        Look.INSIDE,
        _least,
        has_none,
    ),
    Check(
        "database.isolation",
        ("DB-02",),
        "a service with a schema of its own sees no other, and no other sees that",
        Look.INSIDE,
        _isolation,
        _is_shared,
    ),
    Check(
        "database.read-only",
        ("DB-02",),
        "a service that only reads cannot write, whatever it tries",
        Look.INSIDE,
        _read_only,
        _nobody_reads,
    ),
    Check(
        "database.connections",
        ("DB-05",),
        "each service has a limit of connections, and the server has room for all of them",
        Look.INSIDE,
        _connections,
        has_none,
    ),
)
