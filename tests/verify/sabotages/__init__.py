"""Every sabotage, area by area."""

from __future__ import annotations

from tests.verify.sabotage import Sabotage
from tests.verify.sabotages import cache, database, edge, logs, objects, secrets, services, topology

SABOTAGES: tuple[Sabotage, ...] = (
    *topology.SABOTAGES,
    *edge.SABOTAGES,
    *database.SABOTAGES,
    *cache.SABOTAGES,
    *objects.SABOTAGES,
    *services.SABOTAGES,
    *logs.SABOTAGES,
    *secrets.SABOTAGES,
)
