"""Where the parts of a system are reached, for people after `up` and for `status`, on any target."""

from __future__ import annotations

import json
from collections.abc import Mapping

from stackyard.model.system import System
from stackyard.observe import replication
from stackyard.resources.postgres.replication import replicas
from stackyard.targets.local.layout import Layout
from stackyard.targets.local.state import write_whole


def addresses_of(system: System, ports: Mapping[str, int], url: str) -> tuple[tuple[str, str], ...]:
    """Where people and tools reach the parts: the edge first at `url`, then what listens on this machine only.

    `ports` are those of this machine, by slot; what has none is not reached from here.
    """
    made: list[tuple[str, str]] = []
    if system.edge is not None:
        made.append((system.name, url))
    for service in system.services:
        slot = service.name if service.is_static else f"{service.name}-1"
        if slot in ports:
            made.append((service.name, f"http://localhost:{ports[slot]}"))
    made += [
        (resource.name, f"localhost:{ports[resource.name]}") for resource in system.resources if resource.name in ports
    ]
    watching = ("prometheus", "grafana") if system.monitoring is not None else ()
    made += [(name, f"http://localhost:{ports[name]}") for name in watching if name in ports]
    return tuple(made)


def record(layout: Layout, system: System, ports: Mapping[str, int], url: str) -> None:
    """Write down what `status` shows beside the word of what watches the processes."""
    places = {slot: f"localhost:{port}" for slot, port in ports.items()}
    if system.edge is not None:
        places["edge"] = url
    summary = {
        "system": system.name,
        "addresses": [address for _, address in addresses_of(system, ports, url)],
        "places": places,
        "resources": [*(resource.name for resource in system.resources), *replicas(system)],
        "replication": replication.groups(system),
    }
    write_whole(layout.summary_file, json.dumps(summary, indent=1) + "\n")
