"""What this target does not run yet. The stack file may say it all the same: other targets and later releases do."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.model.system import Limits, Objects, Postgres, Redis, System
from stackyard.model.values import Position
from stackyard.resources.objects import unsupported
from stackyard.resources.postgres.catalog import catalog
from stackyard.resources.postgres.extensions import extension_notes
from stackyard.targets.native.machine import Machine
from stackyard.targets.native.postgres import available_extensions
from stackyard.targets.native.toolchain import Tool


def notices(system: System) -> tuple[str, ...]:
    """A sentence with its line for each part of the file that the native target leaves out."""
    stores = (part for part in system.resources if isinstance(part, Objects))
    return (
        *(f"{position}: {what}" for position, what in _left_out(system)),
        *(sentence for store in stores for sentence in unsupported(store)),
    )


def extension_notices(system: System, machine: Machine) -> tuple[str, ...]:
    """A sentence for each extension that the servers here do not have and that can be done without (DB-01)."""
    made: list[str] = []
    for part in system.resources:
        tool = machine.tools.get(part.name)
        if isinstance(part, Postgres) and isinstance(tool, Tool):
            notes = extension_notes(catalog(system, part), dict.fromkeys(available_extensions(tool), ""))
            made += [f"{part.position}: {note}" for note in notes]
    return tuple(made)


def _left_out(system: System) -> Iterator[tuple[Position, str]]:
    if system.monitoring is not None:
        yield system.monitoring.position, "monitoring is not run by the native target yet"
    for service in system.services:
        if service.limits != Limits():
            yield service.position, f"the limits of {service.name} are not enforced by the native target yet"
    for resource in system.resources:
        if isinstance(resource, Redis) and resource.replicas:
            yield resource.position, f"the native target runs one {resource.name}, without replicas, yet"
