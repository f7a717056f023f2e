"""Tenants kept apart by the database: row-level security, and who acts in a transaction.

Who acts stands in settings that end with the transaction, so nothing of it stays on a pooled connection. A statement
that forgets its WHERE sees the rows of its tenant, and none at all in a transaction that names no tenant.

    for statement in isolate("orders"):       # in a migration
        op.execute(statement)

    async with database.transaction(tenant=caller.tenant, actor=caller.id) as session: ...

Row-level security does not bind a superuser or a role with BYPASSRLS: `privileges.excess` finds such a role. It keeps
tenants apart against mistakes; SQL that an attacker writes can name another tenant, so it is no cure for an injection.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from stackyard_kit import correlation
from stackyard_kit.sql import identifier, literal, table

TENANT = "app.tenant"
ACTOR = "app.actor"
CORRELATION = "app.correlation"

_ACT = text(
    f"select set_config('{TENANT}', :tenant, true), set_config('{ACTOR}', :actor, true),"
    f" set_config('{CORRELATION}', :correlation, true)"
)


async def act_as(
    session: AsyncSession | AsyncConnection, *, tenant: uuid.UUID | str | None = None, actor: str = ""
) -> None:
    """Say for the rest of this transaction whose rows it sees, who acts, and for which request."""
    names = {"tenant": "" if tenant is None else str(tenant), "actor": actor, "correlation": correlation.current()}
    await session.execute(_ACT, names)


def current_tenant(kind: str = "uuid") -> str:
    """SQL for the tenant of the transaction as a `kind`, NULL when it has none."""
    # A setting that a transaction has had is "" afterwards, where it was NULL before.
    return f"nullif(current_setting({literal(TENANT)}, true), '')::{kind}"


def isolate(name: str, *, column: str = "tenant_id", kind: str = "uuid", all_for: Sequence[str] = ()) -> list[str]:
    """SQL that shows each transaction only its tenant's rows of the table `name`, also to the table's owner.

    `column` is filled with the transaction's tenant when an INSERT does not name it. The roles `all_for` see and change
    the rows of all tenants: what a report across tenants or a re-key signs in with.
    """
    on, own = table(name), f"{identifier(column)} = {current_tenant(kind)}"
    statements = [
        f"alter table {on} alter column {identifier(column)} set default {current_tenant(kind)}",
        f"create policy own_tenant on {on} using ({own}) with check ({own})",
    ]
    if all_for:
        roles = ", ".join(identifier(role) for role in all_for)
        statements.append(f"create policy all_tenants on {on} to {roles} using (true) with check (true)")
    return [
        *statements,
        f"alter table {on} enable row level security",
        f"alter table {on} force row level security",
    ]


def unite(name: str, *, column: str = "tenant_id") -> list[str]:
    """SQL that takes `isolate` back."""
    on = table(name)
    return [
        f"alter table {on} no force row level security",
        f"alter table {on} disable row level security",
        f"drop policy own_tenant on {on}",
        f"drop policy if exists all_tenants on {on}",
        f"alter table {on} alter column {identifier(column)} drop default",
    ]
