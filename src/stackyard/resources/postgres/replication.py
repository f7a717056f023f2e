"""Streaming replicas of a PostgreSQL: what they are called, what they and their primary run with. Pure.

A replica is a server of its own that follows its primary through a slot, so that the primary keeps what it still lacks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from zlib import crc32

from stackyard.model.system import Postgres, System

REPLICA_ROLE = "stackyard_replica"
"""The role that replicas follow with: it may replicate, and nothing else."""

MARK = "stackyard.cluster"
"""A file in the data of a primary, which its base backups copy: data with another mark is no replica of it."""

STANDBY_SIGNAL = "standby.signal"
"""The file in its data folder with which a server starts as a replica, and never as a primary."""

_USUAL_SLOTS = 10
"""Senders and slots that a server has room for by itself, and that others than replicas may use."""


@dataclass(frozen=True)
class Replica:
    """One replica: `number` counts from 1, `primary` is the resource that it follows."""

    primary: Postgres
    number: int

    @property
    def name(self) -> str:
        return self.primary.replica_names[self.number - 1]

    @property
    def slot(self) -> str:
        return slot_of(self.name)

    @property
    def server(self) -> Postgres:
        """The replica as a server by itself, under its own name."""
        return replace(self.primary, name=self.name, port=None, replicas=0)


@dataclass(frozen=True)
class Source:
    """Where a replica reaches its primary: a socket folder or a host, and whether it must be encrypted."""

    host: str
    port: int
    encrypted: bool = False


def replicas_of(resource: Postgres) -> tuple[Replica, ...]:
    """The replicas that the stack file asks for."""
    return tuple(Replica(resource, number) for number in range(1, resource.replicas + 1))


def replicas(system: System) -> dict[str, Replica]:
    """All replicas of a system, by name."""
    databases = (resource for resource in system.resources if isinstance(resource, Postgres))
    return {one.name: one for resource in databases for one in replicas_of(resource)}


def slot_of(replica: str) -> str:
    """The slot on its primary that a replica of this name follows through."""
    return f"stackyard_{replica.replace('-', '_')}"


def is_slot_of(resource: str, slot: str) -> bool:
    """Whether a slot was made for a replica of that resource, wanted still or not."""
    return re.fullmatch(rf"stackyard_{re.escape(resource.replace('-', '_'))}_replica_\d+", slot) is not None


def reader_of(resource: Postgres, service: str) -> str:
    """The server that a service reads from, always the same one; the primary where there is no replica."""
    found = replicas_of(resource)
    return found[crc32(service.encode()) % len(found)].name if found else resource.name


def primary_settings(resource: Postgres) -> dict[str, str]:
    """What a server with replicas needs beside the usual; every server of the group has it, for each may be primary."""
    if not resource.replicas:
        return {}
    room = str(_USUAL_SLOTS + resource.replicas)
    # Changing these takes a restart of the primary, which the first few replicas can do without.
    senders = {"max_wal_senders": room, "max_replication_slots": room} if resource.replicas > _USUAL_SLOTS // 2 else {}
    return {
        **senders,
        # A replica that is not there must not fill the disk of its primary; it is made anew then.
        "max_slot_wal_keep_size": "4GB",
        # The default of five seconds would be the longest part of a promotion.
        "wal_retrieve_retry_interval": "500ms",
    }


def standby_settings(replica: Replica, source: Source) -> dict[str, str]:
    """What makes a server follow. The password comes from the environment (PGPASSWORD), never from a file of ours."""
    words: Mapping[str, str] = {
        "host": source.host,
        "port": str(source.port),
        "user": REPLICA_ROLE,
        "application_name": replica.name,
        "sslmode": "require" if source.encrypted else "disable",
    }
    return {
        "primary_conninfo": " ".join(f"{name}={value}" for name, value in words.items()),
        "primary_slot_name": replica.slot,
        "cluster_name": replica.name,
        "recovery_target_timeline": "latest",
        # A long report on the replica waits, instead of being cancelled by what its primary cleans up.
        "hot_standby_feedback": "on",
        "wal_receiver_status_interval": "1s",
    }
