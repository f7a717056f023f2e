"""A machine, tools and parts as literals: what the tests of this folder are told about."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from stackyard.model.system import (
    Edge,
    Need,
    Postgres,
    PythonSource,
    Redis,
    Resource,
    Route,
    Service,
    StaticSource,
    System,
)
from stackyard.model.values import Position, Version
from stackyard.targets.local.identity import Identity
from stackyard.targets.native.backup_tools import client_key
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.machine import Machine, Sources, wants, wishes
from stackyard.targets.native.toolchain import Fetch, Tool, Want

ROOT = Path("/srv/shop")
ME = Identity(os.geteuid(), os.getegid(), "me", drop=False)
_PATHS = {"postgres": "/usr/lib/postgresql/15/bin/postgres", "npm": "/usr/bin/npm"}
_VERSIONS = {"postgres": (15, 18), "redis": (7, 0, 15), "nginx": (1, 22, 1), "python": (3, 11, 2)}


def here(line: int = 1) -> Position:
    return Position("stackyard.yaml", line)


def tool(name: str) -> Tool:
    path = Path(_PATHS.get(name, f"/usr/bin/{name}"))
    return Tool(name, path, _VERSIONS.get(name, (1, 0)), "system", f"found at {path}")


def fetch(name: str) -> Fetch:
    return Fetch(Want(name), "distribution", name, (1, 0), (f"{name}=1.0",), 1_000, 2_000, "not on this machine")


def service(name: str, *needs: str, **more: Any) -> Service:
    given = {"command": ("serve",), "source": PythonSource(ROOT / name), "needs": tuple(Need(one) for one in needs)}
    return Service(**{"name": name, "position": here(), **given, **more})


def site(name: str, folder: Path | None = None, **more: Any) -> Service:
    return Service(name, StaticSource(folder or ROOT / name, **more), here())


def postgres(name: str = "db", **more: Any) -> Postgres:
    return Postgres(name, Version((15,)), here(), **more)


def edge(*routes: tuple[str, str], **more: Any) -> Edge:
    made = tuple(Route(path, target, here()) for path, target in routes)
    return Edge("shop.localhost", here(), made, **more)


def system(
    *services: Service, resources: Iterable[Resource] = (), root: Path = ROOT, environment: str = "testing", **more: Any
) -> System:
    return System("shop", environment, root, root / "stackyard.yaml", services, tuple(resources), **more)


def machine(one: System, **more: Any) -> Machine:
    """A machine that has everything a system wants, with the ports that the file names or 20000 and up."""
    slots = wishes(one)
    made = Machine(
        layout=Layout(one.root, one.environment),
        identity=ME,
        tools={key: tool(want.name) for key, want in wants(one).items()}
        | {client_key(part): tool("clients") for part in _copied(one)},
        ports={wish.slot: wish.port or 20_000 + number for number, wish in enumerate(slots)},
        notes=(),
        sources={each.name: Sources(f"{each.name}-1", "p" * 16, tool("python")) for each in one.services},
        marks={},
        cores=2,
        memory=4 * 1024**3,
        open_files=1024,
        cache_passwords={
            f"{each.name}.{user}": "pw-of-cache" for each in one.resources for user in ("default", "admin")
        },
    )
    return replace(made, **more)


def _copied(one: System) -> Iterator[Postgres | Redis]:
    """What needs clients beside its server."""
    for part in one.resources:
        is_copied = one.backups is not None or (isinstance(part, Postgres) and part.replicas)
        if isinstance(part, Postgres | Redis) and is_copied:
            yield part


def with_source(there: Machine, name: str, source: str) -> Machine:
    """The same machine after somebody edited the source of a service."""
    edited: Mapping[str, Sources] = {**there.sources, name: replace(there.sources[name], source=source)}
    return replace(there, sources=edited)
