"""Sales of a day in one sum, what was told of low stock, and months that the worker may make ahead."""

from __future__ import annotations

from alembic import op
from goldshop.migrations import script
from goldshop.tables import AUDIT_MONTHS, MOVEMENT_MONTHS

from stackyard_kit.privileges import readable, withhold, withhold_function

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the sums, filled with what was sold so far, and what keeps them."""
    connection = op.get_bind()
    script.run(connection, "totals")
    op.execute(withhold("sales_totals"))
    for statement in readable("public", "sales_totals"):
        op.execute(statement)
    for signature in ("sales_total()", "returns_total()"):
        op.execute(withhold_function(signature))
    months = (MOVEMENT_MONTHS, AUDIT_MONTHS)
    tables = ", ".join(f"'{one.table}'" for one in months)
    script.run(connection, "upkeep", tables=tables, ahead=str(max(one.ahead for one in months)))


def downgrade() -> None:
    """Drop them; the sums by variant stay."""
    op.execute("drop trigger sum_up_totals on sale_lines")
    op.execute("drop trigger sum_up_returned on sales")
    for name in ("function sales_total()", "function returns_total()", "function keep_partitions()"):
        op.execute(f"drop {name}")
    for name in ("sales_totals", "low_stock_told"):
        op.drop_table(name)
