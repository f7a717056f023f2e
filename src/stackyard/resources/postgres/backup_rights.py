"""What backups may do in a database beyond reading it: name a moment of it, and hold writers for that moment. Pure.

Nobody but the superuser may lock the tables of others. So one function of the superuser's does that and nothing else:
its search path is pinned, it takes no argument, and only the role of backups may call it. The lock ends with the
transaction of whoever called.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.resources.postgres.catalog import BACKUP_ROLE, Catalog
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.observed import Grant, ObservedDatabase
from stackyard.resources.postgres.statement import Statement

SCHEMA = "stackyard_backup"
FUNCTION = f"{SCHEMA}.hold_writers"
"""Takes a lock against writers on every table, within a tenth of a second or not at all; how many it holds."""

_SERVER_FUNCTIONS = ("pg_create_restore_point(text)", "pg_switch_wal()")
"""Functions of the server that only superusers may call unless they are granted."""

_BODY = """
DECLARE
    names text;
    number integer;
BEGIN
    SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ' ORDER BY c.oid), count(*) INTO names, number
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^(pg_|information_schema$)';
    IF number > 0 THEN
        EXECUTE 'LOCK TABLE ' || names || ' IN SHARE MODE';
    END IF;
    RETURN number;
END
"""

_PINNED = ("search_path=pg_catalog, pg_temp", "lock_timeout=100ms")

SEEN = f"""
SELECT concat_ws('|', p.prosrc, p.prosecdef, p.proconfig::text, pg_get_userbyid(p.proowner),
                 (SELECT string_agg(DISTINCT format('%s %s', CASE WHEN a.grantee = 0 THEN 'everybody'
                                    ELSE pg_get_userbyid(a.grantee)::text END, a.privilege_type), ',')
                  FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee <> p.proowner),
                 pg_get_userbyid(n.nspowner),
                 (SELECT string_agg(DISTINCT format('%s %s', CASE WHEN a.grantee = 0 THEN 'everybody'
                                    ELSE pg_get_userbyid(a.grantee)::text END, a.privilege_type), ',')
                  FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a WHERE a.grantee <> n.nspowner))
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = '{SCHEMA}' AND p.proname = 'hold_writers' AND p.pronargs = 0
"""
"""Reads the function as one text: its source, how it runs, whose it is, and who may call it."""

_WANTED = "|".join(
    (
        _BODY,
        "t",
        "{" + ",".join(f'"{setting}"' if " " in setting else setting for setting in _PINNED) + "}",
        SUPERUSER,
        f"{BACKUP_ROLE} EXECUTE",
        SUPERUSER,
        f"{BACKUP_ROLE} USAGE",
    )
)


def grants(desired: Catalog) -> frozenset[Grant]:
    """The privileges on the server's own functions that the role of backups has."""
    if not desired.is_backed_up:
        return frozenset()
    return frozenset(Grant("FUNCTION", name, BACKUP_ROLE, "EXECUTE", True) for name in _SERVER_FUNCTIONS)


def changes(desired: Catalog, database: ObservedDatabase) -> Iterator[Statement]:
    """The statements that let backups do what they must; none where no backups are made."""
    if not desired.is_backed_up:
        return
    for grant in sorted(grants(desired) - set(database.grants), key=lambda one: one.name):
        sql = f"GRANT EXECUTE ON FUNCTION pg_catalog.{grant.name} TO {BACKUP_ROLE}"
        yield Statement(sql, f"role {BACKUP_ROLE}", f"backups call {grant.name}")
    if database.holder == _WANTED:
        return
    subject = f"function {FUNCTION}"
    cause = "it is not as it should be" if database.holder else "backups hold writers for a moment"
    for sql in _creation():
        yield Statement(sql, subject, cause)


def _creation() -> Iterator[str]:
    # Made anew: what somebody else made under these names is not trusted with the superuser's rights.
    yield f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"
    yield f"CREATE SCHEMA {SCHEMA}"
    pinned = " ".join(f"SET {name} = {_value(value)}" for name, _, value in (one.partition("=") for one in _PINNED))
    yield (
        f"CREATE FUNCTION {FUNCTION}() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER {pinned}"
        f" AS $function${_BODY}$function$"
    )
    yield f"REVOKE ALL ON FUNCTION {FUNCTION}() FROM PUBLIC"
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {BACKUP_ROLE}"
    yield f"GRANT EXECUTE ON FUNCTION {FUNCTION}() TO {BACKUP_ROLE}"


def _value(text: str) -> str:
    return text if "," in text else f"'{text}'"
