"""How far the replicas of a running system are behind, asked as the monitor role, which may do nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackyard.errors import StackyardError
from stackyard.model.system import Postgres, System
from stackyard.resources.postgres.catalog import database_name, monitor_role
from stackyard.resources.postgres.replication import replicas_of
from stackyard.resources.secrets import password_secret
from stackyard.targets.local import secrets


@dataclass(frozen=True)
class ReplicaStatus:
    """A replica as its primary sees it. `bytes` and `seconds` are what it has still to replay; None: nobody knows."""

    replica: str
    primary: str
    follows: bool
    bytes: int | None = None
    seconds: float | None = None

    @property
    def sentence(self) -> str:
        if not self.follows:
            return f"{self.replica} does not follow {self.primary}{self._behind(', at least ')}"
        return f"{self.replica} follows {self.primary}{self._behind(', ')}"

    def _behind(self, joint: str) -> str:
        seconds = "" if self.seconds is None else f" and {self.seconds:.1f} s"
        return "" if self.bytes is None else f"{joint}{_size(self.bytes)}{seconds} behind"


@dataclass(frozen=True)
class Group:
    """A primary with the names and slots of its replicas, and whom to ask: what `up` writes down for `status`."""

    primary: str
    replicas: tuple[tuple[str, str], ...]
    database: str
    monitor: str
    secret: str


def groups(system: System) -> list[dict[str, Any]]:
    """The groups of a system, in the form of the summary."""
    return [
        {
            "primary": one.name,
            "replicas": [[replica.name, replica.slot] for replica in replicas_of(one)],
            "database": database_name(system),
            "monitor": monitor_role(system),
            "secret": password_secret(one, monitor_role(system)),
        }
        for one in system.resources
        if isinstance(one, Postgres) and one.replicas
    ]


def groups_in(summary: Mapping[str, Any]) -> Iterator[Group]:
    """The groups that a summary names; what is none is passed over."""
    for one in summary.get("replication", ()):
        try:
            pairs = tuple((str(name), str(slot)) for name, slot in one["replicas"])
            yield Group(one["primary"], pairs, one["database"], one["monitor"], one["secret"])
        except (KeyError, TypeError, ValueError):
            continue


def standings(found: Iterable[Group], places: Mapping[str, tuple[Path, int]], keys: Path) -> tuple[ReplicaStatus, ...]:
    """How the replicas stand. `places` is where each primary answers: a socket folder and a port."""
    return tuple(status for group in found for status in _of(group, places.get(group.primary), keys))


def _of(group: Group, place: tuple[Path, int] | None, keys: Path) -> tuple[ReplicaStatus, ...]:
    from stackyard.targets.local.postgres_catalog import Server
    from stackyard.targets.local.replication import asking, standings

    unknown = tuple(ReplicaStatus(name, group.primary, follows=False) for name, _ in group.replicas)
    if place is None:
        return unknown
    try:
        server = Server(group.primary, *place, secrets.read(keys, group.secret))
        with asking(server, group.database, group.monitor) as connection:
            found = standings(connection, group.replicas)
    except StackyardError:
        return unknown
    return tuple(ReplicaStatus(one.replica, group.primary, one.follows, one.bytes, one.seconds) for one in found)


def _size(count: int) -> str:
    for size, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"
