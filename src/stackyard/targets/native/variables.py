"""The environment of a service on this machine: everything answers on loopback, secrets are files.

A secret is read by the supervisor in the moment it starts the process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackyard.model.system import Objects, Service, System
from stackyard.resources import environment
from stackyard.resources.environment import Endpoint
from stackyard.targets.names import LOOPBACK
from stackyard.targets.native.program import Piece, SecretPiece

Pieces = tuple[Piece, ...]
Environment = dict[str, Pieces]


@dataclass(frozen=True)
class Addresses:
    """Where parts answer: ports by slot ("db", "api-1", "edge.https"), and the folder of the system's secrets."""

    ports: Mapping[str, int]
    secrets: Path

    def public_url(self, system: System) -> str:
        """The address that a browser uses."""
        return environment.public_url(system, self.ports)

    def seen_by(self, system: System) -> environment.Addresses:
        """The same, as parts see it."""
        return environment.Addresses(self.endpoint, self.public_url(system), LOOPBACK)

    def endpoint(self, part: str) -> Endpoint:
        """Where a part answers. A service is reached at its first replica."""
        port = self.ports.get(part)
        return Endpoint(LOOPBACK, self.ports[f"{part}-1"] if port is None else port)


def of_service(system: System, service: Service, addresses: Addresses, *, migrating: bool = False) -> Environment:
    """Everything a service finds in its environment, but for PORT and its kin, which differ from replica to replica.

    With `migrating`, databases are reached as their owner, who may change the schema.
    """
    given = environment.of_service(system, service, addresses.seen_by(system), migrating=migrating)
    return _as_files(given, addresses)


def of_store(system: System, resource: Objects, addresses: Addresses) -> Environment:
    """What the server of a store itself is told."""
    return _as_files(environment.of_store(resource, addresses.seen_by(system)), addresses)


def listening(port: int) -> Environment:
    """How a web process learns where to listen."""
    return {key: (value,) for key, value in environment.listening(LOOPBACK, port).items()}


def joined(*environments: Mapping[str, Sequence[Piece]]) -> Environment:
    """Several environments as one; later ones win."""
    return {key: tuple(pieces) for each in environments for key, pieces in each.items()}


def _as_files(given: environment.Environment, addresses: Addresses) -> Environment:
    """The same with each secret as the file that holds it."""
    return {
        key: tuple(
            piece if isinstance(piece, str) else SecretPiece(str(addresses.secrets / piece.name), piece.quoted)
            for piece in pieces
        )
        for key, pieces in given.items()
    }
