"""Whose migrations change which database."""

from __future__ import annotations

from stackyard.model.system import Postgres, Service, System


def first_database(system: System, service: Service) -> str | None:
    """The first database that a service needs: its migration is for that one."""
    return next(
        (need.name for need in service.needs if isinstance(system.resources_by_name.get(need.name), Postgres)), None
    )


def migrators(system: System) -> dict[str, list[Service]]:
    """The services that migrate each database, in the order of the file: one after the other, in this order."""
    made: dict[str, list[Service]] = {}
    for service in system.services:
        database = first_database(system, service) if service.migrate else None
        if database is not None:
            made.setdefault(database, []).append(service)
    return made
