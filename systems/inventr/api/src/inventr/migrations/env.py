"""How Alembic reaches the database: over the connection that `inventr.migrate` hands in."""

from __future__ import annotations

from alembic import context

from inventr.tables import Table

context.configure(connection=context.config.attributes["connection"], target_metadata=Table.metadata)
with context.begin_transaction():
    context.run_migrations()
