"""The environment of a service: what it is told about itself, about what it needs, and what the stack file adds. Pure.

References are resolved here, and only here, into text and secret pieces. Where parts answer, a target says; how a
secret gets in its place is the target's, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stackyard.model.system import Objects, Postgres, Queue, Redis, Resource, Service, System
from stackyard.model.values import Ref, Value
from stackyard.resources import objects
from stackyard.resources.postgres.catalog import database_name, owner_role, service_role
from stackyard.resources.postgres.replication import reader_of
from stackyard.resources.secrets import objects_access_key, objects_secret_key, password_secret


@dataclass(frozen=True)
class SecretPiece:
    """The value of the secret `name`; with `quoted`, percent-encoded so that it can stand in a URL."""

    name: str
    quoted: bool = False


Piece = str | SecretPiece
Pieces = tuple[Piece, ...]
Environment = dict[str, Pieces]


@dataclass(frozen=True)
class Endpoint:
    """Where a part answers to those who need it. A port may be a text that somebody puts the number in place of."""

    host: str
    port: int | str


@dataclass(frozen=True)
class Addresses:
    """Where everything answers, as a service sees it.

    endpoint:   by name, of a resource or a service with a port
    public_url: what a browser uses, "" without an edge
    proxies:    whose word about a client a service may believe, as uvicorn writes it
    own_host:   the host of the service itself, which is for listening; "" where it is that of its endpoint
    """

    endpoint: Callable[[str], Endpoint]
    public_url: str
    proxies: str
    own_host: str = ""


def public_url(system: System, ports: Mapping[str, int]) -> str:
    """The address that a browser uses; `ports` are those of this machine, by slot."""
    edge = system.edge
    if edge is None:
        return ""
    secure = edge.tls != "off"
    port = ports["edge.https" if secure else "edge.http"]
    suffix = "" if port == (443 if secure else 80) else f":{port}"
    return f"{'https' if secure else 'http'}://{edge.host}{suffix}"


def of_service(system: System, service: Service, addresses: Addresses, *, migrating: bool = False) -> Environment:
    """Everything a service finds in its environment, but for PORT and its kin, which a target may vary by replica.

    With `migrating`, databases are reached as their owner, who may change the schema.
    """
    made: Environment = {
        "ENVIRONMENT": (system.environment,),
        "LOG_LEVEL": (system.logs.level,),
        "PUBLIC_URL": (addresses.public_url,),
        "FORWARDED_ALLOW_IPS": (addresses.proxies,),
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
            made[f"{_variable(other.name)}_URL"] = (_url(addresses.endpoint(other.name)),)
    for name in service.secrets:
        made[_variable(name)] = (SecretPiece(name),)
    for key, value in service.environment.items():
        made[key] = resolve(system, service, value, addresses, migrating=migrating)
    return made


def listening(host: str, port: int | str) -> dict[str, str]:
    """How a web process learns where to listen: PORT for everybody, and the variables that uvicorn itself reads."""
    return {"PORT": str(port), "HOST": host, "UVICORN_HOST": host, "UVICORN_PORT": str(port)}


def of_store(resource: Objects, addresses: Addresses) -> Environment:
    """What the server of a store itself is told: its keys."""
    return {key: _of_store_value(value, resource, addresses) for key, value in objects.environment(resource).items()}


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
        return (SecretPiece(ref.part.removeprefix("secret:")),)
    resource = system.resources_by_name.get(ref.part)
    if resource is not None:
        return _attributes(system, service, resource, addresses, migrating)[ref.attribute]
    place = addresses.endpoint(ref.part)
    host = (addresses.own_host if ref.part == service.name else "") or place.host
    return {"url": (_url(place),), "host": (host,), "port": (str(place.port),)}[ref.attribute]


def _attributes(
    system: System, service: Service, resource: Resource, addresses: Addresses, migrating: bool
) -> Environment:
    """What `${name.attribute}` may ask of a resource."""
    at = addresses.endpoint(resource.name)
    place: Environment = {"host": (at.host,), "port": (str(at.port),)}
    if isinstance(resource, Postgres):
        database = database_name(system)
        role = owner_role(system) if migrating else service_role(system, service)
        secret = password_secret(resource, role)
        mode = "?sslmode=require" if resource.tls else ""
        reader = addresses.endpoint(reader_of(resource, service.name))
        who = (f"postgresql://{role}:", SecretPiece(secret, True))
        return place | {
            "user": (role,),
            "database": (database,),
            "password": (SecretPiece(secret),),
            "url": (*who, f"@{at.host}:{at.port}/{database}{mode}"),
            # Reads that may be a moment old; without a replica it is the primary, so that no code need change.
            "read_url": (*who, f"@{reader.host}:{reader.port}/{database}{mode}"),
        }
    if isinstance(resource, Redis):
        secret = password_secret(resource)
        scheme = "rediss" if resource.tls else "redis"
        return place | {
            "user": ("default",),
            "password": (SecretPiece(secret),),
            "url": (f"{scheme}://:", SecretPiece(secret, True), f"@{at.host}:{at.port}/0"),
        }
    return place | (_of_store(resource, addresses) if isinstance(resource, Objects) else {})


def _of_store(resource: Objects, addresses: Addresses) -> Environment:
    endpoint = _url(addresses.endpoint(resource.name))
    return {
        "endpoint": (endpoint,),
        "bucket": (resource.bucket,),
        "access_key": (SecretPiece(objects_access_key(resource)),),
        "secret_key": (SecretPiece(objects_secret_key(resource)),),
        "url": (f"{endpoint}/{resource.bucket}",),
    }


def _of_store_value(value: Value, resource: Objects, addresses: Addresses) -> Pieces:
    """A value that speaks of one store only, resolved; it is the same for every service."""
    given = _of_store(resource, addresses)
    return tuple(piece for part in value for piece in ((part,) if isinstance(part, str) else given[part.attribute]))


def _of_resource(
    system: System, service: Service, resource: Resource, addresses: Addresses, *, first: bool, migrating: bool
) -> Environment:
    """The variables that a needed resource gives; the first of its kind under the name that libraries look for, too."""
    if isinstance(resource, Queue):
        return {}
    if isinstance(resource, Objects):
        told = objects.service_environment([resource])
        own = told if first else {key: value for key, value in told.items() if not key.startswith("AWS_")}
        return {key: _of_store_value(value, resource, addresses) for key, value in own.items()}
    given = _attributes(system, service, resource, addresses, migrating)
    made: Environment = {f"{_variable(resource.name)}_URL": given["url"]}
    if isinstance(resource, Postgres):
        made[f"{_variable(resource.name)}_READ_URL"] = given["read_url"]
    if isinstance(resource, Postgres) and first:
        made["DATABASE_URL"] = given["url"]
        made["DATABASE_READ_URL"] = given["read_url"]
        # What one process may open, however many there are of it: those that run stay as they are when more are added.
        made["DATABASE_POOL"] = (str(resource.pool),)
    if isinstance(resource, Redis) and first:
        made["REDIS_URL"] = given["url"]
    return made


def _url(place: Endpoint) -> str:
    return f"http://{place.host}:{place.port}"


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")
