"""What runs right now, in the words of the supervisor, with the addresses that `up` recorded. Reads no stack file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from stackyard.targets.native.layout import Layout
from stackyard.targets.native.supervisor.client import connect


@dataclass(frozen=True)
class PartStatus:
    """One process. `since` is in seconds of the epoch, `address` where it answers, `sentence` the last decision."""

    id: str
    part: str
    state: str
    pid: int | None
    since: float
    restarts: int
    address: str
    sentence: str


@dataclass(frozen=True)
class SystemStatus:
    """All processes of one system. `supervisor` is its pid, None when none answers."""

    system: str
    environment: str
    supervisor: int | None
    mode: str
    parts: tuple[PartStatus, ...]
    addresses: tuple[str, ...]

    @property
    def is_up(self) -> bool:
        """True when there is something, and all of it is as it should be."""
        return bool(self.parts) and all(part.state in ("ready", "done", "waiting") for part in self.parts)

    def to_json(self) -> dict[str, Any]:
        """The documented form of `stackyard status --json`."""
        return {**asdict(self), "is_up": self.is_up}


def read(layout: Layout) -> SystemStatus:
    """Ask the supervisor; nothing runs where none answers."""
    summary = _summary(layout)
    client = connect(layout.folder)
    name = str(summary.get("system", layout.root.name))
    addresses = tuple(summary.get("addresses", ()))
    if client is None:
        return SystemStatus(name, layout.environment, None, "", (), addresses)
    status = client.status()
    places = summary.get("places", {})
    parts = tuple(
        PartStatus(one.id, one.part, one.phase, one.pid, one.since, one.restarts, places.get(one.id, ""), one.sentence)
        for one in status.programs
    )
    return SystemStatus(name, layout.environment, status.pid, status.mode, parts, addresses)


def _summary(layout: Layout) -> dict[str, Any]:
    try:
        data = json.loads(layout.summary_file.read_text())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def places(layout: Layout) -> dict[str, str]:
    """Where each slot is reached, as the last `up` wrote it down; "edge" is a URL, the others are host and port."""
    found = _summary(layout).get("places")
    return {slot: str(address) for slot, address in found.items()} if isinstance(found, dict) else {}
