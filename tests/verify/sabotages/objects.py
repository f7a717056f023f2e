"""Harm to the object store: started by somebody else than `up`, with other keys, or with none."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.conftest import eventually
from tests.verify.sabotage import Ground, Sabotage

_PLANNED = "topology.as-described"


def _start_with(keys: str | None) -> Callable[[Ground], None]:
    """The store runs with these keys, without any when there are none."""

    def harm(ground: Ground) -> None:
        ground.tell("photos", "RCLONE_AUTH_KEY", keys)
        eventually(lambda: _is_ready(ground), 60)

    return harm


def _is_ready(ground: Ground) -> bool:
    (store,) = (part for part in ground.checkout.status()["parts"] if part["id"] == "photos")
    return bool(store["state"] == "ready")


SABOTAGES = (
    Sabotage(
        "the store lets everybody in",
        frozenset({"objects.private", "objects.keys", "objects.presigned", _PLANNED}),
        _start_with(None),
        system="everything",
    ),
    Sabotage(
        "the store has other keys",
        frozenset({"objects.keys", "objects.presigned", _PLANNED}),
        _start_with('"another-access-key,another-secret-key"'),
        system="everything",
    ),
)
