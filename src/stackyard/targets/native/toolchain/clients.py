"""The programs that back up a server: those beside it, else of its own major version, else of the oldest later one."""

from __future__ import annotations

import os

from stackyard.errors import MachineError
from stackyard.model.values import Version
from stackyard.targets.local.identity import Identity, may_execute
from stackyard.targets.native.toolchain.catalogue import BINARIES, POSTGRES_CLIENTS
from stackyard.targets.native.toolchain.fetching import plan_fetch
from stackyard.targets.native.toolchain.finding import find
from stackyard.targets.native.toolchain.store import Store
from stackyard.targets.native.toolchain.tool import Fetch, Tool, Want

RESTIC = Want("restic", Version((0, 14), at_least=True))
"""The first version whose repositories are compressed."""

AGE = Want("age")
REDIS_CLI = Want("redis-cli")
REDIS_CHECK = Want("redis-check-rdb")


def postgres_clients(server: Tool | Fetch, *, store: Store | None = None, user: Identity | None = None) -> Tool | Fetch:
    """Where pg_basebackup and its companions for that server are, or the fetch that brings them. Nothing is fetched.

    `server` may be about to be fetched itself. Raises MachineError when no source has any that are new enough.
    """
    beside = _beside(server, user) if isinstance(server, Tool) else None
    if beside:
        return beside
    major = server.version[:1]
    same, later = Want("postgres-clients", Version(major)), Want("postgres-clients", Version(major, at_least=True))
    found = find(same, store=store, user=user)
    if found:
        return found
    try:
        return plan_fetch(same, store=store)
    except MachineError:
        return find(later, store=store, user=user) or plan_fetch(later, store=store)


def _beside(server: Tool, user: Identity | None) -> Tool | None:
    path = server.folder / POSTGRES_CLIENTS[0]
    programs = [server.folder / name for name in POSTGRES_CLIENTS]
    if not all(os.access(program, os.X_OK) for program in programs) or (user and not may_execute(path, user)):
        return None
    return Tool("postgres-clients", path, server.version, server.source, "beside the server", server.environment)


def redis_cli(server: Tool | Fetch) -> Tool | None:
    """The client beside that server, None where there is none."""
    for name in BINARIES["redis-cli"].names:
        if isinstance(server, Tool) and os.access(server.folder / name, os.X_OK):
            path = server.folder / name
            return Tool("redis-cli", path, server.version, server.source, "beside the server", server.environment)
    return None
