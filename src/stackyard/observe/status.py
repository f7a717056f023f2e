"""What runs right now, in the words of the supervisor, with the addresses that `up` recorded. Reads no stack file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from stackyard.targets.local.folders import scale_file
from stackyard.targets.local.layout import Layout
from stackyard.targets.names import NATIVE
from stackyard.targets.native.layout import KEEPER
from stackyard.targets.native.supervisor.client import connect
from stackyard.targets.native.supervisor.status import ProgramStatus

if TYPE_CHECKING:
    from stackyard.backup.health import Health
    from stackyard.observe.replication import ReplicaStatus


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
    """All processes of one system, on the target `target`.

    `supervisor` is the pid of what watches them, None when none answers or the target has an engine for that. `scaled`
    are the replicas that `stackyard scale` was told, by service, where that is not left to the stack file. `replicas`
    says how far those of databases are behind, `backups` how backups stand; None where none are made.
    """

    system: str
    environment: str
    supervisor: int | None
    mode: str
    parts: tuple[PartStatus, ...]
    addresses: tuple[str, ...]
    target: str = NATIVE
    scaled: Mapping[str, int] = field(default_factory=dict)
    replicas: tuple[ReplicaStatus, ...] = ()
    backups: Health | None = None

    @property
    def is_up(self) -> bool:
        """True when there is something, and all of it is as it should be."""
        is_well = all(part.state in ("ready", "done", "waiting") for part in self.parts)
        return bool(self.parts) and is_well and all(one.follows for one in self.replicas)

    def to_json(self) -> dict[str, Any]:
        """The documented form of `stackyard status --json`."""
        return {**asdict(replace(self, backups=None)), "backups": self._told_of_backups(), "is_up": self.is_up}

    def _told_of_backups(self) -> dict[str, Any] | None:
        if self.backups is None:
            return None
        from stackyard.backup.health import to_data

        return to_data(self.backups)


def read(layout: Layout) -> SystemStatus:
    """Ask the supervisor; nothing runs where none answers."""
    summary = summary_of(layout)
    client = connect(layout.folder)
    name = str(summary.get("system", layout.root.name))
    addresses = tuple(summary.get("addresses", ()))
    told = scaled(layout)
    if client is None:
        return SystemStatus(name, layout.environment, None, "", (), addresses, scaled=told)
    status = client.status()
    places = summary.get("places", {})
    parts = tuple(of_program(one, places.get(one.id, "")) for one in status.programs)
    followers = _replicas(layout, summary)
    backups = _backups(layout) if any(one.part == KEEPER for one in status.programs) else None
    return SystemStatus(
        name, layout.environment, status.pid, status.mode, parts, addresses, NATIVE, told, followers, backups
    )


def _backups(layout: Layout) -> Health | None:
    from stackyard.backup.health import read as read_health
    from stackyard.backup.job import Places

    return read_health(Places(layout.backups).state)


def _replicas(layout: Layout, summary: Mapping[str, Any]) -> tuple[ReplicaStatus, ...]:
    if not summary.get("replication"):
        return ()
    from stackyard.observe import replication
    from stackyard.targets.native import layout as native

    sockets = native.Layout(layout.root, layout.environment).sockets
    ports = {name: int(place.rpartition(":")[2]) for name, place in places(layout).items() if name != "edge"}
    return replication.standings(
        replication.groups_in(summary), {name: (sockets, port) for name, port in ports.items()}, layout.secrets
    )


def of_program(one: ProgramStatus, address: str = "") -> PartStatus:
    """What the supervisor says of a program, in the form of every target."""
    return PartStatus(one.id, one.part, one.phase, one.pid, one.since, one.restarts, address, one.sentence)


def scaled(layout: Layout) -> dict[str, int]:
    """The replicas that `stackyard scale` was told, by service; what is no number of replicas is passed over."""
    try:
        data = json.loads(scale_file(layout.folder).read_text())
    except (OSError, ValueError):
        return {}
    found = data.items() if isinstance(data, dict) else ()
    return {name: count for name, count in found if type(count) is int and count > 0}


def summary_of(layout: Layout) -> dict[str, Any]:
    """What the last `up` wrote down for whoever only looks."""
    try:
        data = json.loads(layout.summary_file.read_text())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def places(layout: Layout) -> dict[str, str]:
    """Where each slot is reached, as the last `up` wrote it down; "edge" is a URL, the others are host and port."""
    found = summary_of(layout).get("places")
    return {slot: str(address) for slot, address in found.items()} if isinstance(found, dict) else {}
