"""Who may do what: a role that owns the tables and changes them, a role that only reads and writes their rows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from stackyard_kit.sql import identifier, literal, table

_EXCESS = text(
    """
    select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
        exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
            and pg_has_role(current_user, c.relowner, 'member')) as owns
    from pg_roles where rolname = current_user
    """
)

_CLAUSES = {
    "rolsuper": "is a superuser",
    "rolbypassrls": "may bypass row-level security",
    "rolcreaterole": "may create roles",
    "rolcreatedb": "may create databases",
    "owns": "owns tables or belongs to a role that does",
}


async def excess(session: AsyncSession | AsyncConnection) -> list[str]:
    """What the role of this connection may do beyond reading and writing rows, one clause each; good is none."""
    row = (await session.execute(_EXCESS)).one()._mapping
    return [clause for name, clause in _CLAUSES.items() if row[name]]


def application_role(owner: str, application: str, *, schemas: Sequence[str] = ("public",)) -> list[str]:
    """SQL that lets `application` read and write the rows of what `owner` creates in `schemas`, and no more.

    Both roles exist already; whoever runs the database makes them. To be run once, by `owner` or a superuser, before
    the first table.
    """
    statements = []
    for name in map(identifier, schemas):
        defaults = f"alter default privileges for role {identifier(owner)} in schema {name}"
        statements += [
            f"revoke create on schema {name} from public",
            f"grant usage on schema {name} to {identifier(application)}",
            f"{defaults} grant select, insert, update, delete on tables to {identifier(application)}",
            f"{defaults} grant usage, select on sequences to {identifier(application)}",
        ]
    return statements


def withhold(name: str) -> str:
    """SQL that leaves the table `name` to its owner alone, whatever default privileges gave."""
    return _each_grantee(
        f"select a.grantee from pg_class c, aclexplode(c.relacl) a"
        f" where c.oid = {literal(table(name))}::regclass and a.grantee <> c.relowner",
        f"revoke all on {table(name)} from ",
    )


def withhold_function(signature: str) -> str:
    """SQL that leaves the function `signature`, such as `audit.record()`, to its owner alone."""
    return _each_grantee(
        f"select a.grantee from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a"
        f" where p.oid = {literal(signature)}::regprocedure and a.grantee <> p.proowner",
        f"revoke all on function {signature} from ",
    )


def readable(schema: str, name: str) -> list[str]:
    """SQL that lets all who may read by default what the current role creates read the table `name` of `schema`.

    So a migration grants without knowing what the application's role is called.
    """
    readers = (
        "select a.grantee from pg_default_acl d, aclexplode(d.defaclacl) a where d.defaclobjtype = 'r'"
        " and d.defaclrole = current_user::regrole and a.grantee <> d.defaclrole and a.privilege_type = 'SELECT'"
    )
    grants = (f"usage on schema {identifier(schema)}", f"select on {table(f'{schema}.{name}')}")
    return [_each_grantee(readers, f"grant {grant} to ") for grant in grants]


def _each_grantee(grantees: str, statement: str) -> str:
    return f"""
        do $do$ declare who oid; begin
            for who in select distinct grantee from ({grantees}) found loop
                execute {literal(statement)}
                    || case who when 0 then 'public' else quote_ident(pg_get_userbyid(who)) end;
            end loop;
        end $do$
    """
