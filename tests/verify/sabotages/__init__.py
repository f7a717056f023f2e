"""Every sabotage, area by area."""

from __future__ import annotations

from typing import Any

from tests.verify.sabotage import Sabotage, verdicts
from tests.verify.sabotages import (
    backups,
    cache,
    containers,
    database,
    edge,
    logs,
    objects,
    secrets,
    services,
    topology,
)

SABOTAGES: tuple[Sabotage, ...] = (
    *topology.SABOTAGES,
    *containers.SABOTAGES,
    *edge.SABOTAGES,
    *database.SABOTAGES,
    *cache.SABOTAGES,
    *objects.SABOTAGES,
    *backups.SABOTAGES,
    *services.SABOTAGES,
    *logs.SABOTAGES,
    *secrets.SABOTAGES,
)


def breakable(target: str) -> set[str]:
    """The checks that something here breaks on a target."""
    return {name for one in SABOTAGES for name in one.breaks_on(target)}


def can_break(report: dict[str, Any]) -> None:
    """Whatever a system keeps on a target, some sabotage breaks there: a check that nothing can break shows nothing."""
    assert set(verdicts(report, "kept")) <= breakable(report["target"])
