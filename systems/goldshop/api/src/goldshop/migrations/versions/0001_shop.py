"""The shop: people, catalogue, stock, books and trade, with what keeps them right."""

from __future__ import annotations

from alembic import op
from goldshop.migrations import script
from goldshop.tables import AUDIT_MONTHS, MOVEMENT_MONTHS
from sqlalchemy import Connection, MetaData, text

from stackyard_kit import audit, job_tables, partitions
from stackyard_kit.idempotency import idempotency_table
from stackyard_kit.identity import identity_tables
from stackyard_kit.outbox import outbox_table
from stackyard_kit.privileges import readable, withhold, withhold_function

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_AUDITED = ("categories", "warehouses", "partners", "purchases", "sales", "transactions", "variants")
_SUMS = ("ledger_days", "sales_days", "sales_months")
_SUM_FUNCTIONS = ("ledger_shard()", "ledger_sum()", "sales_sum()", "returns_sum()")

_APPEND_ONLY = """
    do $do$ declare who text; begin
        for who in select distinct case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end
            from pg_class c, aclexplode(c.relacl) a where c.oid = '{table}'::regclass and a.grantee <> c.relowner
        loop
            execute 'revoke update, delete, truncate on {table} from ' || who;
        end loop;
    end $do$
"""


def upgrade() -> None:
    """Create the tables. The extensions exist already; whoever runs the database provides them."""
    connection = op.get_bind()
    for name in ("people", "catalogue", "stock"):
        script.run(connection, name)
    _kit_tables(connection)
    script.run(connection, "ledger")
    _movements(connection)
    for name in ("trade", "sums"):
        script.run(connection, name)
    _privileges()
    _audit(connection)


def downgrade() -> None:
    """Drop everything, and with it all data."""
    connection = op.get_bind()
    for name in ("items", "users", *_AUDITED):
        for statement in audit.detach(name):
            op.execute(statement)
    for statement in audit.drop():
        op.execute(statement)
    script.run(connection, "drop")
    job_tables.drop(connection)
    metadata = MetaData()
    identity_tables(metadata)
    outbox_table(metadata)
    idempotency_table(metadata)
    metadata.drop_all(connection)


def _kit_tables(connection: Connection) -> None:
    metadata = MetaData()
    identity_tables(metadata)
    outbox_table(metadata)
    idempotency_table(metadata)
    metadata.create_all(connection)
    job_tables.create(connection)


def _movements(connection: Connection) -> None:
    hypertable = connection.scalar(text("select exists (select from pg_extension where extname = 'timescaledb')"))
    script.run(connection, "movements", partitioning="" if hypertable else "partition by range (at)")
    if hypertable:
        op.execute("select create_hypertable('movements', 'at', chunk_time_interval => interval '1 month')")
    else:
        op.execute("create table movements_default partition of movements default")
        op.execute(withhold("movements_default"))
        partitions.ensure(connection, MOVEMENT_MONTHS)
    op.execute(
        "create trigger no_change before update or delete on movements for each row execute function refuse_change()"
    )


def _privileges() -> None:
    for name in _SUMS:
        op.execute(withhold(name))
        for statement in readable("public", name):
            op.execute(statement)
    for signature in _SUM_FUNCTIONS:
        op.execute(withhold_function(signature))
    for name in ("transactions", "postings", "sale_lines", "movements"):
        op.execute(_APPEND_ONLY.format(table=name))


def _audit(connection: Connection) -> None:
    statements = [*audit.create(), *audit.attach("items", key=("id",), leave_out=("search",))]
    statements += audit.attach("users", key=("id",), leave_out=("password_hash",))
    for name in _AUDITED:
        statements += audit.attach(name, key=("id",))
    for statement in statements:
        op.execute(statement)
    partitions.ensure(connection, AUDIT_MONTHS)
