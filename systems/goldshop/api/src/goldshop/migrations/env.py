"""How Alembic reaches the database: over the connection that `goldshop.migrate` hands in."""

from __future__ import annotations

from goldshop.tables import Table
from stackyard_kit.migrating import run_environment

run_environment(Table.metadata)
