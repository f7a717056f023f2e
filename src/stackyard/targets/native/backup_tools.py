"""The programs that backups are made with on this machine, by keys that no part can have: names have no dots."""

from __future__ import annotations

from collections.abc import Mapping

from stackyard.model.system import Postgres, Redis, System
from stackyard.targets.native.toolchain import Fetch, Tool, Want, resolve
from stackyard.targets.native.toolchain.clients import AGE, REDIS_CLI, RESTIC, postgres_clients, redis_cli

RESTIC_KEY = "backups.restic"
AGE_KEY = "backups.age"


def client_key(part: Postgres | Redis) -> str:
    """The key of the programs that back up that resource."""
    return f"backups.{part.name}"


def wants(system: System) -> dict[str, Want]:
    """What does not depend on the servers of the system; nothing without backups."""
    return {} if system.backups is None else {RESTIC_KEY: RESTIC, AGE_KEY: AGE}


def beside(system: System, tools: Mapping[str, Tool | Fetch]) -> dict[str, Tool | Fetch]:
    """The clients that go with the servers in `tools`. Raises MachineError when none are new enough."""
    made: dict[str, Tool | Fetch] = {}
    for part in system.resources:
        if isinstance(part, Postgres) and (system.backups is not None or part.replicas):
            # A replica begins as a base backup, too.
            made[client_key(part)] = postgres_clients(tools[part.name])
        elif isinstance(part, Redis) and system.backups is not None:
            found = redis_cli(tools[part.name])
            made[client_key(part)] = found or resolve((REDIS_CLI,))[0]
    return made
