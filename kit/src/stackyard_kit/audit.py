"""The audit trail: who changed what and when, before and after, written by the database itself.

A trigger writes it in the transaction of the change, whichever program makes it. The application's role may read it and
can neither write nor change it: only the role that owns it can, which is the one that migrates.

    for statement in [*create(), *attach("users", key=("id",), leave_out=("password_hash",))]:   # in a migration
        op.execute(statement)

Who acts is what `database.transaction(actor=...)` says; the trail also holds the database role, which nobody can claim.
The trail is partitioned by month: call `partitions.ensure` for `audit.changes` right after `create` and then regularly.
"""

from __future__ import annotations

from collections.abc import Sequence

from stackyard_kit.privileges import readable, withhold, withhold_function
from stackyard_kit.sql import identifier, literal, table
from stackyard_kit.tenancy import ACTOR, CORRELATION, current_tenant

TABLE = "audit.changes"

_CREATE_TABLE = """
    create table audit.changes (
        id bigint generated always as identity,
        at timestamptz not null,
        action text not null,
        table_name text not null,
        row_key jsonb,
        actor text,
        tenant text,
        correlation text,
        role text not null,
        transaction_id xid8 not null,
        before jsonb,
        after jsonb,
        left_out text[] not null,
        primary key (at, id)
    ) partition by range (at)
"""

# Arguments: the table's name, the columns of its key, the columns to leave out, the column of the tenant or "".
# `left_out` names the columns whose values stay out of the trail and which this change has set or changed.
_CREATE_FUNCTION = f"""
    create function audit.record() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $body$
    declare
        hidden text[] := TG_ARGV[2]::text[];
        old_row jsonb := case when TG_OP in ('UPDATE', 'DELETE') then to_jsonb(old) end;
        new_row jsonb := case when TG_OP in ('INSERT', 'UPDATE') then to_jsonb(new) end;
        one_row jsonb := coalesce(new_row, old_row);
    begin
        insert into audit.changes (at, action, table_name, row_key, actor, tenant, correlation, role, transaction_id,
            before, after, left_out)
        values (
            clock_timestamp(), TG_OP, TG_ARGV[0],
            (select jsonb_object_agg(name, one_row -> name) from unnest(TG_ARGV[1]::text[]) name
                where one_row is not null),
            nullif(current_setting('{ACTOR}', true), ''),
            coalesce(one_row ->> nullif(TG_ARGV[3], ''), {current_tenant("text")}),
            nullif(current_setting('{CORRELATION}', true), ''),
            session_user, pg_current_xact_id(),
            old_row - hidden, new_row - hidden,
            coalesce((select array_agg(name) from unnest(hidden) name
                where old_row -> name is distinct from new_row -> name), '{{}}'));
        return null;
    end $body$
"""

_TRIGGERS = ("audit_rows", "audit_updates", "audit_truncate")


def create() -> list[str]:
    """SQL for the schema `audit`. A transaction of a tenant reads the changes of that tenant's rows, and no others.

    That holds for the owner of the trail, too, who besides may add rows and neither change nor delete one.
    """
    return [
        "create schema audit",
        _CREATE_TABLE,
        withhold(TABLE),
        "create table audit.changes_default partition of audit.changes default",
        withhold("audit.changes_default"),
        "create index changes_of_row on audit.changes (table_name, row_key, at desc)",
        "alter table audit.changes enable row level security",
        "alter table audit.changes force row level security",
        # The trigger writes with the owner's rights, whose rows they are.
        "create policy recorded on audit.changes for insert to current_user with check (true)",
        "create policy own_tenant on audit.changes for select"
        f" using (tenant is not distinct from {current_tenant('text')})",
        _CREATE_FUNCTION,
        # Else anybody who may create a temporary table could put the trigger on it and write what he likes.
        withhold_function("audit.record()"),
        *readable("audit", "changes"),
    ]


def drop() -> list[str]:
    """SQL that takes `create` back, with all that was recorded; the tables have to be detached before."""
    return ["drop function audit.record()", "drop table audit.changes", "drop schema audit"]


def attach(name: str, *, key: Sequence[str], leave_out: Sequence[str] = (), tenant: str = "") -> list[str]:
    """SQL that records every change of the table `name`, whose rows are known by the columns `key`.

    The values of `leave_out` (digests of passwords, secrets) never reach the trail; that they changed does. `tenant` is
    the column that says whose row it is, for a table that has one. An UPDATE that changes nothing is not recorded.
    """
    on = table(name)
    arguments = ", ".join(map(literal, (name, _array(key), _array(leave_out), tenant)))
    calls = f"execute function audit.record({arguments})"
    rows, updates, truncate = _TRIGGERS
    return [
        f"create trigger {rows} after insert or delete on {on} for each row {calls}",
        f"create trigger {updates} after update on {on} for each row when (old.* is distinct from new.*) {calls}",
        f"create trigger {truncate} after truncate on {on} for each statement {calls}",
    ]


def detach(name: str) -> list[str]:
    """SQL that ends recording the changes of the table `name`."""
    return [f"drop trigger {trigger} on {table(name)}" for trigger in _TRIGGERS]


def _array(names: Sequence[str]) -> str:
    return "{" + ",".join(identifier(name) for name in names) + "}"
