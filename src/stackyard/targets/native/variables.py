"""The environment of a service: what it is told about itself, about what it needs, and what the stack file adds.

References are resolved here, and only here, into text and secret pieces; a secret is read by the supervisor in the
moment it starts the process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackyard.model.system import Objects, Postgres, Queue, Redis, Resource, Service, System
from stackyard.model.values import Ref, Value
from stackyard.resources import objects
from stackyard.resources.postgres.catalog import database_name, owner_role, service_role
from stackyard.resources.secrets import objects_access_key, objects_secret_key, password_secret
from stackyard.targets.native.program import Piece, SecretPiece

Pieces = tuple[Piece, ...]
Environment = dict[str, Pieces]
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Addresses:
    """Where parts answer: ports by slot ("db", "api-1", "edge.https"), and the folder of the system's secrets."""

    ports: Mapping[str, int]
    secrets: Path

    def secret(self, name: str, *, quoted: bool = False) -> SecretPiece:
        return SecretPiece(str(self.secrets / name), quoted)

    def public_url(self, system: System) -> str:
        """The address that a browser uses."""
        edge = system.edge
        if edge is None:
            return ""
        secure = edge.tls != "off"
        port = self.ports["edge.https" if secure else "edge.http"]
        suffix = "" if port == (443 if secure else 80) else f":{port}"
        return f"{'https' if secure else 'http'}://{edge.host}{suffix}"


def of_service(system: System, service: Service, addresses: Addresses, *, migrating: bool = False) -> Environment:
    """Everything a service finds in its environment, but for PORT and its kin, which differ from replica to replica.

    With `migrating`, databases are reached as their owner, who may change the schema.
    """
    made: dict[str, Pieces] = {
        "ENVIRONMENT": (system.environment,),
        "LOG_LEVEL": (system.logs.level,),
        "PUBLIC_URL": (addresses.public_url(system),),
        "FORWARDED_ALLOW_IPS": (LOOPBACK,),
        "PYTHONUNBUFFERED": ("1",),
    }
    needed = tuple(dict.fromkeys(need.name for need in service.needs))
    resources, services = system.resources_by_name, system.services_by_name
    kinds: set[type[Resource]] = set()
    # In the order of the needs: the first database that a service needs is the one that its migration is for, too.
    for resource in (resources[name] for name in needed if name in resources):
        first = type(resource) not in kinds
        kinds.add(type(resource))
        made |= _of_resource(system, service, resource, addresses, first=first, migrating=migrating)
    for other in (services[name] for name in needed if name in services):
        if other.port is not None and not other.is_static:
            made[f"{_variable(other.name)}_URL"] = (f"http://{LOOPBACK}:{addresses.ports[f'{other.name}-1']}",)
    for name in service.secrets:
        made[_variable(name)] = (addresses.secret(name),)
    for key, value in service.environment.items():
        made[key] = resolve(system, service, value, addresses, migrating=migrating)
    return made


def resolve(system: System, service: Service, value: Value, addresses: Addresses, *, migrating: bool = False) -> Pieces:
    """The value with its references resolved for this service."""
    pieces: list[Piece] = []
    for part in value:
        if isinstance(part, str):
            pieces.append(part)
        else:
            pieces += _reference(system, service, part, addresses, migrating)
    return tuple(pieces)


def _reference(system: System, service: Service, ref: Ref, addresses: Addresses, migrating: bool) -> Pieces:
    if ref.part.startswith("secret:"):
        return (addresses.secret(ref.part.removeprefix("secret:")),)
    resource = system.resources_by_name.get(ref.part)
    if resource is not None:
        return _attributes(system, service, resource, addresses, migrating)[ref.attribute]
    port = str(addresses.ports[f"{ref.part}-1"])
    return {"url": (f"http://{LOOPBACK}:{port}",), "host": (LOOPBACK,), "port": (port,)}[ref.attribute]


def _attributes(
    system: System, service: Service, resource: Resource, addresses: Addresses, migrating: bool
) -> dict[str, Pieces]:
    """What `${name.attribute}` may ask of a resource."""
    port = str(addresses.ports[resource.name])
    place: dict[str, Pieces] = {"host": (LOOPBACK,), "port": (port,)}
    if isinstance(resource, Postgres):
        database = database_name(system)
        role = owner_role(system) if migrating else service_role(system, service)
        secret = password_secret(resource, role)
        mode = "?sslmode=require" if resource.tls else ""
        return place | {
            "user": (role,),
            "database": (database,),
            "password": (addresses.secret(secret),),
            "url": (
                f"postgresql://{role}:",
                addresses.secret(secret, quoted=True),
                f"@{LOOPBACK}:{port}/{database}{mode}",
            ),
        }
    if isinstance(resource, Redis):
        secret = password_secret(resource)
        scheme = "rediss" if resource.tls else "redis"
        return place | {
            "user": ("default",),
            "password": (addresses.secret(secret),),
            "url": (f"{scheme}://:", addresses.secret(secret, quoted=True), f"@{LOOPBACK}:{port}/0"),
        }
    return place | (_of_store(resource, addresses) if isinstance(resource, Objects) else {})


def _of_store(resource: Objects, addresses: Addresses) -> dict[str, Pieces]:
    endpoint = f"http://{LOOPBACK}:{addresses.ports[resource.name]}"
    return {
        "endpoint": (endpoint,),
        "bucket": (resource.bucket,),
        "access_key": (addresses.secret(objects_access_key(resource)),),
        "secret_key": (addresses.secret(objects_secret_key(resource)),),
        "url": (f"{endpoint}/{resource.bucket}",),
    }


def of_resource_value(value: Value, resource: Objects, addresses: Addresses) -> Pieces:
    """A value that speaks of one store only, resolved; it is the same for every service."""
    given = _of_store(resource, addresses)
    return tuple(piece for part in value for piece in ((part,) if isinstance(part, str) else given[part.attribute]))


def _of_resource(
    system: System, service: Service, resource: Resource, addresses: Addresses, *, first: bool, migrating: bool
) -> dict[str, Pieces]:
    """The variables that a needed resource gives; the first of its kind under the name that libraries look for, too."""
    if isinstance(resource, Queue):
        return {}
    if isinstance(resource, Objects):
        told = objects.service_environment([resource])
        own = told if first else {key: value for key, value in told.items() if not key.startswith("AWS_")}
        return {key: of_resource_value(value, resource, addresses) for key, value in own.items()}
    given = _attributes(system, service, resource, addresses, migrating)
    made: dict[str, Pieces] = {f"{_variable(resource.name)}_URL": given["url"]}
    if isinstance(resource, Postgres) and first:
        made["DATABASE_URL"] = given["url"]
        # What one process may open: replicas share what the stack file gives the service.
        made["DATABASE_POOL"] = (str(max(1, resource.pool // max(1, service.replicas))),)
    if isinstance(resource, Redis) and first:
        made["REDIS_URL"] = given["url"]
    return made


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def listening(port: int) -> dict[str, Pieces]:
    """How a web process learns where to listen: PORT for everybody, and the variables that uvicorn itself reads."""
    return {"PORT": (str(port),), "HOST": (LOOPBACK,), "UVICORN_HOST": (LOOPBACK,), "UVICORN_PORT": (str(port),)}


def joined(*environments: Mapping[str, Sequence[Piece]]) -> Environment:
    """Several environments as one; later ones win."""
    return {key: tuple(pieces) for environment in environments for key, pieces in environment.items()}
