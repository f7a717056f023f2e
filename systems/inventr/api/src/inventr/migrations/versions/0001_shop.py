"""The shop: users, products with their ledger, orders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_MONEY = sa.Numeric(12, 2)


def upgrade() -> None:
    """Create the tables. The extensions exist already; whoever runs the database provides them."""
    _users()
    _products()
    _orders()
    _movements()


def downgrade() -> None:
    """Drop them, children first."""
    for table in ("stock_movements", "order_lines", "orders", "products", "refresh_tokens", "users"):
        op.drop_table(table)


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("email", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False, server_default=sa.func.now()),
        sa.CheckConstraint("role in ('clerk', 'manager', 'admin')", name="users_role"),
        sa.CheckConstraint("email = lower(email)", name="users_email_lower"),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("family", sa.Uuid, nullable=False, index=True),
        sa.Column("user_id", sa.Uuid, nullable=False, index=True),
        sa.Column("expires_at", _MOMENT, nullable=False, index=True),
        sa.Column("used_at", _MOMENT),
    )


def _products() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("sku", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("description", sa.String, nullable=False, server_default=""),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("price", _MONEY, nullable=False),
        sa.Column("stock", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reorder_level", sa.Integer, nullable=False, server_default="0"),
        sa.Column("updated_at", _MOMENT, nullable=False, server_default=sa.func.now()),
        sa.CheckConstraint("stock >= 0", name="products_stock_not_negative"),
        sa.CheckConstraint("price >= 0", name="products_price_not_negative"),
        sa.CheckConstraint("reorder_level >= 0", name="products_reorder_level_not_negative"),
    )
    op.create_index("products_by_name", "products", ["name", "id"])
    op.create_index("products_by_category", "products", ["category"])
    searched = ["name", "sku", "description"]
    op.create_index(
        "products_search",
        "products",
        searched,
        postgresql_using="gin",
        postgresql_ops=dict.fromkeys(searched, "gin_trgm_ops"),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.Integer, sa.Identity(always=True, start=1001), nullable=False, unique=True),
        sa.Column("status", sa.String, nullable=False, server_default="placed"),
        sa.Column("customer", sa.String),
        sa.Column("total", _MONEY, nullable=False, server_default="0"),
        sa.Column("created_at", _MOMENT, nullable=False, server_default=sa.func.now(), index=True),
        sa.Column("created_by", sa.Uuid, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("idempotency_key", sa.String),
        sa.Column("request_digest", sa.LargeBinary),
        sa.CheckConstraint("status in ('placed', 'cancelled')", name="orders_status"),
        sa.UniqueConstraint("created_by", "idempotency_key", name="orders_once"),
    )
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("product_id", sa.Uuid, sa.ForeignKey("products.id"), nullable=False, index=True),
        sa.Column("sku", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("unit_price", _MONEY, nullable=False),
        sa.CheckConstraint("quantity > 0", name="order_lines_quantity_positive"),
    )


def _movements() -> None:
    op.create_table(
        "stock_movements",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("product_id", sa.Uuid, sa.ForeignKey("products.id"), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("note", sa.String),
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.id")),
        sa.Column("created_at", _MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("created_by", sa.Uuid, sa.ForeignKey("users.id")),
        sa.CheckConstraint("quantity <> 0", name="stock_movements_quantity_not_zero"),
        sa.CheckConstraint(
            "reason in ('received', 'adjusted', 'returned', 'damaged', 'sold', 'cancelled')",
            name="stock_movements_reason",
        ),
    )
    op.create_index("stock_movements_by_product", "stock_movements", ["product_id", "created_at"])
