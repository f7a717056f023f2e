"""Every sabotage, area by area."""

from __future__ import annotations

from tests.verify.ground import Sabotage
from tests.verify.sabotages import topology

SABOTAGES: tuple[Sabotage, ...] = (*topology.SABOTAGES,)
