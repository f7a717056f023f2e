"""The catalogue of a running PostgreSQL: reading it, and running the statements that change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from stackyard.errors import PartError
from stackyard.resources.postgres import backup_rights
from stackyard.resources.postgres.catalog import PRIVATE_SCHEMA
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.observed import (
    Acl,
    Grant,
    ObservedCatalog,
    ObservedDatabase,
    ObservedRole,
    ObservedSchema,
)
from stackyard.resources.postgres.sql import literal
from stackyard.resources.postgres.statement import SECRET, Statement

if TYPE_CHECKING:
    from types import TracebackType

    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_ROLES = """
SELECT r.rolname, r.rolcanlogin, r.rolinherit, r.rolconnlimit, coalesce(r.rolvaliduntil < 'infinity', false),
       coalesce(a.rolpassword, ''), coalesce(r.rolconfig, '{}'), coalesce(shobj_description(r.oid, 'pg_authid'), ''),
       ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid),
       array_remove(ARRAY[CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
                          CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
                          CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,
                          CASE WHEN r.rolreplication THEN 'REPLICATION' END], NULL)
FROM pg_roles r JOIN pg_authid a ON a.oid = r.oid WHERE r.rolname !~ '^pg_'
"""

_GRANTEE = "CASE WHEN a.grantee = 0 THEN '' ELSE pg_get_userbyid(a.grantee)::text END, a.privilege_type"

_DATABASE_ACL = f"""
SELECT {_GRANTEE} FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
WHERE d.datname = %s AND a.grantee <> d.datdba
"""

_SCHEMAS = "SELECT nspname, pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname !~ '^pg_'"

_SCHEMA_ACLS = f"""
SELECT n.nspname, {_GRANTEE} FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
WHERE n.nspname !~ '^pg_' AND a.grantee <> n.nspowner
"""

_DEFAULTS = f"""
SELECT pg_get_userbyid(d.defaclrole)::text, n.nspname, d.defaclobjtype::text, {_GRANTEE}
FROM pg_default_acl d JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a
WHERE a.grantee <> d.defaclrole
"""

_RELATIONS = """
SELECT n.nspname, c.relname, c.relkind::text, c.relacl IS NULL
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname !~ '^(pg_|information_schema$|stackyard$)'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""


_SETTINGS = """
SELECT coalesce(r.rolname::text, ''), s.setconfig FROM pg_db_role_setting s
JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole
WHERE d.datname = current_database()
"""

_OURS = "n.nspname !~ '^(pg_|information_schema$|stackyard$)'"

_GRANTS = f"""
SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, format('%I.%I', n.nspname, c.relname), {_GRANTEE},
       false
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL (
    SELECT grantee, privilege_type FROM aclexplode(c.relacl) UNION
    SELECT e.grantee, e.privilege_type FROM pg_attribute t, aclexplode(t.attacl) e WHERE t.attrelid = c.oid
) a
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {_OURS}
  AND a.privilege_type <> 'SELECT' AND a.grantee <> c.relowner
UNION ALL
SELECT 'FUNCTION', p.oid::regprocedure::text, {_GRANTEE}, true FROM pg_proc p, aclexplode(p.proacl) a
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND a.grantee <> p.proowner AND NOT EXISTS (
    SELECT FROM aclexplode(coalesce(
        (SELECT i.initprivs FROM pg_init_privs i WHERE i.objoid = p.oid AND i.classoid = 'pg_proc'::regclass),
        acldefault('f', p.proowner))) b
    WHERE (b.grantee, b.privilege_type) = (a.grantee, a.privilege_type))
UNION ALL
SELECT 'TABLE', format('pg_catalog.%I', c.relname), {_GRANTEE}, true FROM pg_class c, aclexplode(c.relacl) a
WHERE c.relnamespace = 'pg_catalog'::regnamespace AND a.grantee <> c.relowner AND NOT EXISTS (
    SELECT FROM pg_init_privs i, aclexplode(i.initprivs) b
    WHERE i.objoid = c.oid AND i.classoid = 'pg_class'::regclass
      AND (b.grantee, b.privilege_type) = (a.grantee, a.privilege_type))
ORDER BY 1, 2, 3, 4
"""
"""Privileges on single objects; of the server's own objects only those that they did not come with."""

_SLOTS = "SELECT slot_name::text, active FROM pg_replication_slots WHERE slot_type = 'physical' AND NOT temporary"

_OWNERS = f"""
SELECT format('%I.%I', n.nspname, c.relname), n.nspname::text, pg_get_userbyid(c.relowner)::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {_OURS}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                  AND d.deptype IN ('a', 'i', 'e'))
"""

_PATIENCE = 15
"""Seconds for a connection, at whose other end a target may have to start a process of its engine first."""
_OWN_DATABASES = ("postgres", "template1")
"""Databases of the server itself, which everybody could connect to."""


class PasswordError(PartError):
    """The server does not take the superuser's password that we have; with the server stopped it can be set anew."""


@dataclass(frozen=True)
class Server:
    """Where the superuser reaches a server: the folder of its unix socket, its port, and its password."""

    part: str
    sockets: Path
    port: int
    password: str = field(repr=False)

    def connect(
        self, database: str = "postgres", user: str = SUPERUSER, password: str = "", *, autocommit: bool = True
    ) -> Connection:
        """A connection over the private socket. Raises PasswordError, or PartError when there is no answer.

        Used with `with`, it raises PartError as well when the server goes away in between.
        """
        import psycopg

        try:
            connection: Any = _telling().connect(
                host=str(self.sockets),
                port=self.port,
                dbname=database,
                user=user,
                password=password or self.password,
                application_name="stackyard",
                connect_timeout=_PATIENCE,
                autocommit=autocommit,
            )
            connection.part = self.part
            return cast("Connection", connection)
        except psycopg.OperationalError as error:
            text = " ".join(str(error).split())
            if "password authentication failed" in text:
                what = f"{self.part} does not accept the password that we have for {user}"
                raise PasswordError(self.part, what, hint=_REFUSED, details=(text,)) from None
            raise PartError(self.part, f"{self.part} cannot be reached", details=(text,)) from None


@cache
def _telling() -> type[Any]:
    """The class of connections that say in a sentence that they were lost; made late, as psycopg is imported late."""
    import psycopg

    class Telling(psycopg.Connection[tuple[Any, ...]]):
        part = ""

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            is_lost = self.broken
            super().__exit__(kind, error, trace)
            if is_lost and isinstance(error, psycopg.OperationalError):
                what = f"{self.part} went away while it was being talked to"
                raise PartError(self.part, what, details=(" ".join(str(error).split()),)) from error

    return Telling


_REFUSED = "Its data was made with other secrets. `stackyard down` and `stackyard up` set it again; no data is touched."


def observe_catalog(server: Server, database: str) -> ObservedCatalog:
    """What the server has, read over the superuser's connection. Raises PartError."""
    with server.connect() as connection:
        names = dict(_rows(connection, "SELECT datname, pg_get_userbyid(datdba)::text FROM pg_database"))
        common = ObservedCatalog(
            major=connection.info.server_version // 10_000,
            roles={str(row[0]): _role(row) for row in _rows(connection, _ROLES)},
            available=dict(_rows(connection, "SELECT name, default_version FROM pg_available_extensions")),
            maintenance={name: frozenset(_rows(connection, _DATABASE_ACL, (name,))) for name in _OWN_DATABASES},
            slots=dict(_rows(connection, _SLOTS)),
        )
    if database not in names:
        return common
    with server.connect(database) as connection:
        found = _database(connection, database, names[database])
    return replace(common, database=found)


def apply(server: Server, database: str, statements: Iterable[Statement]) -> None:
    """Run what `reconcile` decided: what must run alone first, everything else in one transaction or not at all.

    The server is told to log none of it, for verifiers stand in it. Raises PartError naming the statement that failed.
    """
    ordered = tuple(statements)
    alone = [statement for statement in ordered if statement.alone]
    together = [statement for statement in ordered if not statement.alone]
    if alone:
        with server.connect() as connection:
            for statement in alone:
                _execute(server, connection, statement)
    if together:
        with server.connect(database) as connection, connection.transaction():
            connection.execute(_QUIET)
            for statement in together:
                _execute(server, connection, statement)


_QUIET = (
    "SET LOCAL log_statement = 'none'; SET LOCAL log_min_duration_statement = -1;"
    " SET LOCAL log_min_error_statement = 'panic'"
)


def _execute(server: Server, connection: Connection, statement: Statement) -> None:
    import psycopg

    text = statement.sql.replace(SECRET, literal(statement.secret)) if statement.secret else statement.sql
    try:
        # Names come from the stack file and are quoted where the statement is made.
        connection.execute(text)
    except psycopg.Error as error:
        evidence = error.diag.message_primary or type(error).__name__
        what = f"{server.part}: {statement.subject} could not be changed: {evidence}"
        raise PartError(server.part, what, details=(statement.sql,)) from None


def _database(connection: Connection, name: str, owner: str) -> ObservedDatabase:
    relations = _rows(connection, _RELATIONS)
    schemas = dict(_rows(connection, _SCHEMAS))
    acls = _grouped(_rows(connection, _SCHEMA_ACLS), 1)
    defaults = _grouped(_rows(connection, _DEFAULTS), 3)
    return ObservedDatabase(
        owner=owner,
        acl=frozenset(_rows(connection, _DATABASE_ACL, (name,))),
        schemas={
            schema: ObservedSchema(
                schema_owner,
                acls.get((schema,), frozenset()),
                tuple(row[1] for row in relations if row[0] == schema and row[2] != "S" and row[3]),
                tuple(row[1] for row in relations if row[0] == schema and row[2] == "S" and row[3]),
            )
            for schema, schema_owner in schemas.items()
        },
        extensions=dict(_rows(connection, "SELECT extname, extversion FROM pg_extension")),
        defaults={(key[0], key[1], key[2]): acl for key, acl in defaults.items()},
        is_recorded=PRIVATE_SCHEMA in schemas,
        is_used=any(row[2] in "rp" for row in relations),
        settings={role: _settings(given) for role, given in _rows(connection, _SETTINGS)},
        grants=tuple(Grant(*row) for row in _rows(connection, _GRANTS)),
        owned={row[0]: (row[1], row[2]) for row in _rows(connection, _OWNERS)},
        holder=next((str(row[0]) for row in _rows(connection, backup_rights.SEEN)), ""),
    )


def _role(row: tuple[Any, ...]) -> ObservedRole:
    _, login, inherits, limit, expires, verifier, settings, mark, groups, powers = row
    return ObservedRole(
        login=login,
        powers=frozenset(powers),
        inherits=inherits,
        connections=limit,
        expires=expires,
        verifier=verifier,
        member_of=frozenset(groups),
        settings=_settings(settings),
        mark=mark,
    )


def _settings(given: Iterable[str]) -> dict[str, str]:
    return dict(setting.split("=", 1) for setting in given)


def _grouped(rows: Iterable[tuple[Any, ...]], width: int) -> Mapping[tuple[str, ...], Acl]:
    """Rows of key columns, grantee and privilege, as a privilege list by key."""
    grouped: dict[tuple[str, ...], set[tuple[str, str]]] = {}
    for row in rows:
        grouped.setdefault(row[:width], set()).add((row[width], row[width + 1]))
    return {key: frozenset(entries) for key, entries in grouped.items()}


def _rows(connection: Connection, sql: str, parameters: tuple[str, ...] | None = None) -> list[Any]:
    return connection.execute(sql, parameters).fetchall()
