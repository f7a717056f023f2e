"""What a service waits for before it starts: what it needs by name, and what must have been done to that first."""

from __future__ import annotations

from stackyard.model.system import Service, System
from stackyard.plan.element import Kind
from stackyard.resources.migrations import migrators
from stackyard.resources.postgres.replication import replicas


class Waiting:
    """The elements that a service of the system waits for."""

    def __init__(self, system: System) -> None:
        self.migrators = migrators(system)
        self._system = system
        self._services = {service.name: service for service in system.services}

    def for_all(self, service: Service) -> tuple[str, ...]:
        """Everything, before the service itself may run."""
        return (
            *self.for_resources(service),
            *self._replicas(service),
            *self._migrations(service),
            *self._others(service),
        )

    def for_resources(self, service: Service) -> tuple[str, ...]:
        """The elements of the resources that a service needs."""
        names = [need.name for need in service.needs if need.name not in self._services]
        return tuple(f"{kind}:{name}" for name in names for kind in (Kind.PROCESS, Kind.CATALOG, Kind.INIT))

    def _replicas(self, service: Service) -> tuple[str, ...]:
        """The processes that a service may read from beside those that it needs by name."""
        names = {need.name for need in service.needs}
        found = (one for one in replicas(self._system).values() if one.primary.name in names)
        return tuple(f"{Kind.PROCESS}:{one.name}" for one in found)

    def _migrations(self, service: Service) -> tuple[str, ...]:
        """Whoever uses a database waits for everybody's migrations of it: for the last, which waits for the others."""
        users = [self.migrators[need.name][-1] for need in service.needs if need.name in self.migrators]
        return tuple(f"{Kind.MIGRATION}:{user.name}" for user in users)

    def _others(self, service: Service) -> tuple[str, ...]:
        """The processes of the services that a service needs."""
        needed = [self._services[need.name] for need in service.needs if need.name in self._services]
        return tuple(
            f"{Kind.PROCESS}:{other.name}-{number}" for other in needed for number in range(1, other.replicas + 1)
        )
