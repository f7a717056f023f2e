"""Sign-in: signing keys, sessions that end everywhere, throttled guessing.

Who is signed in stays so, up and down: refresh tokens keep their rows. Access tokens of the other side are refused, and
a front end answers that with its refresh token, as it does four times an hour anyway.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add what sessions need and the three tables beside them; sessions that exist begin now."""
    op.add_column("refresh_tokens", sa.Column("began_at", _MOMENT, nullable=False, server_default=sa.func.now()))
    op.add_column("refresh_tokens", sa.Column("nonce", sa.LargeBinary))
    op.create_table(
        "ended_sessions",
        sa.Column("session", sa.Uuid, primary_key=True),
        sa.Column("ended_at", _MOMENT, nullable=False, server_default=sa.func.clock_timestamp(), index=True),
    )
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String, primary_key=True),
        sa.Column("public", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("signs_from", _MOMENT, nullable=False),
        sa.Column("signs_until", _MOMENT, nullable=False),
        sa.Column("good_until", _MOMENT, nullable=False),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("level", sa.Float, nullable=False),
        sa.Column("counted_at", _MOMENT, nullable=False),
        sa.Column("trusted_until", _MOMENT),
        sa.Column("forget_at", _MOMENT, nullable=False, index=True),
    )


def downgrade() -> None:
    """Take them away again; sessions go on."""
    for table in ("sign_in_attempts", "signing_keys", "ended_sessions"):
        op.drop_table(table)
    op.drop_column("refresh_tokens", "nonce")
    op.drop_column("refresh_tokens", "began_at")
