"""Harm to what runs."""

from __future__ import annotations

import signal

from tests.e2e.conftest import eventually
from tests.verify.ground import Ground, Sabotage


def _freeze_the_api(ground: Ground) -> None:
    ground.kill("api-1", signal.SIGSTOP)
    # Three probes in a row must fail, ten seconds apart, until it counts as unhealthy.
    eventually(lambda: not ground.checkout.status()["is_up"], 60)


SABOTAGES = (
    Sabotage(
        "a replica hangs",
        frozenset({"topology.healthy", "topology.as-described"}),
        _freeze_the_api,
        system="everything",
    ),
)
