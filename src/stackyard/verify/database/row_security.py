"""DB-03: the database itself keeps tenants apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stackyard.model.system import Access
from stackyard.observe.view import View
from stackyard.resources.postgres.catalog import catalog
from stackyard.verify.check import Check, DoesNotApplyError, Look, Seen, saw
from stackyard.verify.database.asking import databases, has_none, rows, users

_TABLES = """
SELECT format('%%I.%%I', n.nspname, c.relname), c.relrowsecurity, c.relforcerowsecurity,
       pg_get_userbyid(c.relowner)::text,
       ARRAY(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid ORDER BY 1),
       ARRAY(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive
             AND (0 = ANY(p.polroles) OR EXISTS (
                  SELECT FROM pg_roles r WHERE r.oid = ANY(p.polroles) AND r.rolname = ANY(%s)))
             AND (pg_get_expr(p.polqual, p.polrelid) = 'true'
                  OR p.polcmd = 'a' AND pg_get_expr(p.polwithcheck, p.polrelid) = 'true'))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema$|stackyard$)'
  AND (c.relrowsecurity OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
ORDER BY 1
"""


@dataclass(frozen=True)
class Guarded:
    """A table with policies, or with row-level security.

    `idle` are those policies that let everybody, or a role that services work as, see every row or add any.
    """

    name: str
    is_on: bool
    is_forced: bool
    owner: str
    policies: Sequence[str]
    idle: Sequence[str]

    def __str__(self) -> str:
        words = f"{'enabled' if self.is_on else 'disabled'}, {'forced' if self.is_forced else 'not forced'}"
        return f"row-level security {words}, owner {self.owner}, policies {', '.join(self.policies) or 'none'}"


def fault_of(table: Guarded, working: frozenset[str]) -> str:
    """What lets rows of one tenant be seen by another, or ""; `working` are the roles that services work as."""
    if not table.is_on:
        return f"{table.name} has policies, and row-level security is off: every row is seen"
    if not table.is_forced:
        return f"row-level security of {table.name} is not forced: its owner sees every row"
    if table.owner in working:
        return f"{table.name} belongs to {table.owner}, as which a service works: it could switch its policies off"
    if not table.policies:
        return f"{table.name} has no policy any more: nobody sees a row"
    if table.idle:
        return f"the policy {table.idle[0]} of {table.name} lets everybody see every row"
    return ""


def _guarded(view: View) -> Iterator[Seen]:
    count = 0
    for resource in databases(view.system):
        wanted = catalog(view.system, resource)
        roles = {role.name: role for role in wanted.roles}
        own = {role for _, role, _ in users(view.system, resource)}
        groups = {
            group
            for _, role, may in users(view.system, resource)
            if may is Access.OWN and role in roles
            for group in roles[role].member_of
        }
        working = frozenset(own | groups)
        with view.database(resource) as connection:
            found = [Guarded(*row) for row in rows(connection, _TABLES, (sorted(working),))]
        for table in found:
            fault = fault_of(table, working)
            yield saw(f"{table.name} of {resource.name}", table, fault=fault)
        count += len(found)
    if count:
        return
    if view.system.edge is None or not view.system.edge.tenants:
        raise DoesNotApplyError("no table has a policy, and the edge knows no tenants")
    what = "the edge serves tenants, and no table of the database has a policy that keeps them apart"
    yield saw("tables with row-level security", "none", fault=what)


CHECKS = (
    Check(
        "database.row-security",
        ("DB-03",),
        "tables with tenants' rows show each tenant its own, to the owner of the table as well",
        Look.INSIDE,
        _guarded,
        has_none,
        next_step="Policies are made by migrations: write one that ENABLEs and FORCEs ROW LEVEL SECURITY again, and "
        "run `stackyard up`.",
    ),
)
