"""What a drill is told of services and stores, so that it can start them over copies: where parts answer is left open.

It comes from where the programs themselves come from, so that a service in a drill has the environment it always has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stackyard.backup.launches import DATA_SLOT, WORK_SLOT, Account, Pieces, SecretPiece, ServiceCopy, Slot, StoreServer
from stackyard.model.system import Objects, Postgres, PythonSource, Service, System
from stackyard.resources import environment, objects
from stackyard.resources.environment import Endpoint
from stackyard.resources.postgres.catalog import owner_role, service_role
from stackyard.resources.postgres.replication import replicas
from stackyard.resources.secrets import password_secret
from stackyard.targets.names import LOOPBACK
from stackyard.targets.native import program, service_programs, variables
from stackyard.targets.native.machine import Machine

_EDGE = "\0"
"""Stands before and after the name of a slot while texts are composed: no variable and no path can hold it."""


@dataclass(frozen=True)
class _Copies(variables.Addresses):
    """Where copies answer: nobody knows yet. `primaries` maps replicas to what stands for them in a drill."""

    primaries: Mapping[str, str] = field(default_factory=dict)

    def endpoint(self, part: str) -> Endpoint:
        return Endpoint(LOOPBACK, _open(self.primaries.get(part, part)))


def account(machine: Machine) -> Account | None:
    """Who servers and services run as, None when that is whoever starts them."""
    return Account(machine.identity.uid, machine.identity.gid) if machine.identity.drop else None


def services(system: System, machine: Machine) -> tuple[ServiceCopy, ...]:
    """Those that answer requests, and those that only change the schema."""
    return tuple(
        _service(system, one, machine)
        for one in system.services
        if isinstance(one.source, PythonSource) and (one.port is not None or one.migrate)
    )


def roles(system: System, part: Postgres, machine: Machine) -> dict[str, str]:
    """Whom services and migrations log in to a database as, each with the file of the password."""
    users = (one for one in system.services if part.name in {need.name for need in one.needs})
    names = {owner_role(system), *(service_role(system, one) for one in users)}
    return {name: str(machine.layout.secrets / password_secret(part, name)) for name in sorted(names)}


def store(system: System, part: Objects, machine: Machine) -> StoreServer:
    """The server of a store, over any folder and at any port."""
    tool = machine.tool(part.name)
    argv = objects.command(str(tool.path), Path(_open(DATA_SLOT)), Path(_open(WORK_SLOT)), _open(part.name))
    env = variables.of_store(system, part, _addresses(system, machine))
    libraries = {key: (value,) for key, value in tool.environment.items()}
    return StoreServer(part.bucket, tuple(_pieces((word,)) for word in argv), _left_open({**libraries, **env}))


def _service(system: System, service: Service, machine: Machine) -> ServiceCopy:
    addresses = _addresses(system, machine)
    own = {key: (value,) for key, value in environment.listening(LOOPBACK, _open(service.name)).items()}
    running = service_programs.environment(system, service, machine, addresses=addresses)
    migrating = service_programs.environment(system, service, machine, addresses=addresses, migrating=True)
    answering = {one.name for one in system.services if one.port is not None and not one.is_static}
    assert isinstance(service.source, PythonSource)
    return ServiceCopy(
        name=service.name,
        cwd=str(service.source.path),
        argv=service.command if service.port is not None else (),
        env=_left_open({**own, **running}) if service.port is not None else {},
        health=service.health.path if service.health else "",
        start_timeout=service.health.start_timeout if service.health else ServiceCopy.start_timeout,
        migrate=service.migrate,
        migrate_env=_left_open(migrating) if service.migrate else {},
        needs=tuple(need.name for need in service.needs if need.name in answering),
        account=account(machine),
    )


def _addresses(system: System, machine: Machine) -> _Copies:
    return _Copies(
        machine.ports,
        machine.layout.secrets,
        {name: one.primary.name for name, one in replicas(system).items()},
    )


def _open(slot: str) -> str:
    return f"{_EDGE}{slot}{_EDGE}"


def _left_open(given: variables.Environment) -> dict[str, Pieces]:
    return {key: _pieces(pieces) for key, pieces in given.items()}


def _pieces(given: variables.Pieces) -> Pieces:
    """The same with what was left open as slots."""
    made: list[str | SecretPiece | Slot] = []
    for piece in given:
        if isinstance(piece, program.SecretPiece):
            made.append(SecretPiece(piece.path, piece.quoted))
            continue
        for number, text in enumerate(piece.split(_EDGE)):
            made += [Slot(text) if number % 2 else text] if text else []
    return tuple(made)
