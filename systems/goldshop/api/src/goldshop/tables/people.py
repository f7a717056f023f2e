"""Who signs in, and what the kit keeps beside the shop's own rows."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from goldshop.tables.common import Table
from stackyard_kit.idempotency import idempotency_table
from stackyard_kit.identity import identity_tables
from stackyard_kit.outbox import outbox_table


class User(Table):
    """Someone who works here. One who is not active cannot sign in."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


identity = identity_tables(Table.metadata)
idempotency = idempotency_table(Table.metadata)
outbox = outbox_table(Table.metadata)
