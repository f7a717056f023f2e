"""The desired catalogue of a database: its roles and what each may do, its schemas and its extensions.

Privileges belong to groups without a login, `<db>_reader` and `<db>_writer`; services are members. So a migration that
takes a right from a group (an audit trail nobody may rewrite) takes it from services that are yet to come, too.

A schema that bears a service's name is that service's own: `ledger` and `ledger-worker` share the schema `ledger`, with
groups of its own, and no other service sees it. All other services share the schemas that nobody owns, and `public`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stackyard.model.system import Access, Postgres, Service, System
from stackyard.model.values import Position, Ref
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.replication import REPLICA_ROLE, replicas_of
from stackyard.resources.postgres.sql import identifiers

BACKUP_ROLE = "stackyard_backup"
"""Who backups are made as: it replicates and reads everything, row security or not, and writes nothing."""

PRIVATE_SCHEMA = "stackyard"
"""Where we keep our own records inside the database; no service sees it."""

_IDENTIFIER_BYTES = 63
_USUAL_ROOM = 8
"""How many of a service a database has room for before it must be restarted."""
_TAKEN = re.compile(r"(.*_)?(owner|reader|writer|monitor)(_service)*")


@dataclass(frozen=True)
class Role:
    """A role, never a superuser. `connections` is its limit, -1 none; `purpose` says in a few words what it is for.

    `powers` are attributes that it has beyond a login ("REPLICATION").
    """

    name: str
    purpose: str
    login: bool = True
    connections: int = -1
    member_of: frozenset[str] = frozenset()
    settings: Mapping[str, str] = field(default_factory=dict)
    powers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Area:
    """Schemas that the same services share. `creators` make objects there, whose privileges readers and writers get."""

    schemas: tuple[str, ...]
    owner: str
    reader: str
    writer: str
    creators: tuple[str, ...]


@dataclass(frozen=True)
class Catalog:
    """All that a database should hold before the first migration. `resource` and `position` are for messages.

    `slots` are the replication slots of its replicas.
    """

    resource: str
    position: Position
    database: str
    owner: str
    roles: tuple[Role, ...]
    areas: tuple[Area, ...]
    extensions: tuple[str, ...]
    slots: tuple[str, ...] = ()

    @property
    def is_backed_up(self) -> bool:
        """True when backups are made of the database."""
        return any(role.name == BACKUP_ROLE for role in self.roles)

    @property
    def logins(self) -> tuple[str, ...]:
        """The roles that need a password, the superuser first."""
        return (SUPERUSER, *(role.name for role in self.roles if role.login))

    @property
    def connections(self) -> int:
        """What all roles together may open."""
        return sum(max(0, role.connections) for role in self.roles)


def database_name(system: System) -> str:
    """The database of a system: its name with underscores; `postgres` and the templates are the server's own."""
    name = _fit(system.name.replace("-", "_"))
    return f"{name}_db" if name in {"postgres", "template0", "template1"} else name


def owner_role(system: System) -> str:
    """Who owns the database, and runs migrations and init scripts."""
    return _fit(f"{database_name(system)}_owner")


def monitor_role(system: System) -> str:
    """Who reads statistics, for `stackyard db stats` and the exporter."""
    return _fit(f"{database_name(system)}_monitor")


def service_role(system: System, service: Service) -> str:
    """Whom a service logs in as. A name that would be one of ours is lengthened."""
    name = service.name.replace("-", "_")
    return _fit(f"{database_name(system)}_{name}{'_service' if _TAKEN.fullmatch(name) else ''}")


def clients(system: System, resource: Postgres) -> tuple[Service, ...]:
    """The services that use the database: they need it, or their environment refers to it."""
    return tuple(
        service
        for service in system.services
        if any(need.name == resource.name for need in service.needs)
        or any(
            isinstance(piece, Ref) and piece.part == resource.name
            for value in service.environment.values()
            for piece in value
        )
    )


def catalog(system: System, resource: Postgres) -> Catalog:
    """The catalogue that a system's database should have."""
    database, owner = database_name(system), owner_role(system)
    users = clients(system, resource)
    areas = _areas(database, owner, resource, users)
    untended = _is_untended(resource, users)
    services = [
        _service(system, resource, service, _area(service, areas), _access(resource, service, untended=untended))
        for service in users
    ]
    return Catalog(
        resource.name,
        resource.position,
        database,
        owner,
        (
            _owner(owner, areas),
            *_groups(areas, owner),
            _monitor(system),
            *_backup(system),
            *_replication(resource),
            *services,
        ),
        areas,
        tuple(dict.fromkeys((*resource.extensions, "pg_stat_statements"))),
        tuple(one.slot for one in replicas_of(resource)),
    )


def growth(system: System, resource: Postgres) -> int:
    """How many more connections there would be with as many of each service as there is to be room for.

    The sum of this and of `Catalog.connections` stays what it is while services grow into that room.
    """
    return sum(
        _limit(resource, _room(service.replicas)) - _limit(resource, service.replicas)
        for service in clients(system, resource)
        if not service.schedule
    )


def _room(replicas: int) -> int:
    """Eight of a service, or as many as the next power of two: a step that is taken seldom."""
    return max(_USUAL_ROOM, 1 << max(0, replicas - 1).bit_length())


def access(system: System, resource: Postgres, service: Service) -> Access:
    """What a service may do.

    Where nobody migrates the database and nothing initialises it, services that write make their own tables, and own.
    """
    return _access(resource, service, untended=_is_untended(resource, clients(system, resource)))


def _is_untended(resource: Postgres, users: Iterable[Service]) -> bool:
    return resource.init is None and not any(user.migrate for user in users)


def _access(resource: Postgres, service: Service, *, untended: bool) -> Access:
    asked = next((need.access for need in service.needs if need.name == resource.name), Access.WRITE)
    return Access.OWN if asked is Access.WRITE and untended else asked


def _areas(database: str, owner: str, resource: Postgres, users: Iterable[Service]) -> tuple[Area, ...]:
    """The shared area first, then one for each schema that a service owns."""
    own = {schema for service in users if (schema := _own_schema(service, resource.schemas))}
    free = tuple(schema for schema in resource.schemas if schema not in own and schema != "public")
    shared = Area(("public", *free), owner, _fit(f"{database}_reader"), _fit(f"{database}_writer"), (owner,))
    return (shared, *(_own_area(database, owner, schema) for schema in resource.schemas if schema in own))


def _own_area(database: str, owner: str, schema: str) -> Area:
    name = f"{database}_{schema.replace('-', '_')}"
    schema_owner = _fit(f"{name}_owner")
    return Area((schema,), schema_owner, _fit(f"{name}_reader"), _fit(f"{name}_writer"), (schema_owner, owner))


def _own_schema(service: Service, schemas: Iterable[str]) -> str:
    """The longest schema whose name the service's begins with, or "" ("ledger" for ledger and ledger-worker)."""
    name = service.name.replace("-", "_")
    mine = [schema for schema in schemas if f"{name}_".startswith(f"{schema.replace('-', '_')}_")]
    return max(mine, key=len, default="")


def _area(service: Service, areas: tuple[Area, ...]) -> Area:
    own = _own_schema(service, [schema for area in areas[1:] for schema in area.schemas])
    return next((area for area in areas[1:] if own in area.schemas), areas[0])


def _owner(owner: str, areas: tuple[Area, ...]) -> Role:
    schemas = [schema for area in areas for schema in area.schemas]
    # A migration that waits for a lock makes everybody behind it wait as well: better that it fails and is tried again.
    settings = {"search_path": identifiers(schemas), "lock_timeout": "10s"}
    groups = frozenset(area.owner for area in areas if area.owner != owner)
    return Role(owner, "owner of the database", connections=10, member_of=groups, settings=settings)


def _groups(areas: tuple[Area, ...], owner: str) -> tuple[Role, ...]:
    groups: list[Role] = []
    for area in areas:
        shown = ", ".join(area.schemas)
        if area.owner != owner:
            groups.append(Role(area.owner, f"owns {shown}", login=False))
        groups.append(Role(area.reader, f"reads {shown}", login=False))
        groups.append(Role(area.writer, f"reads and writes {shown}", login=False))
    return tuple(groups)


def _monitor(system: System) -> Role:
    settings = {"statement_timeout": "10s", "default_transaction_read_only": "on"}
    return Role(
        monitor_role(system), "statistics", connections=5, member_of=frozenset({"pg_monitor"}), settings=settings
    )


def _backup(system: System) -> tuple[Role, ...]:
    """The role of backups, where there are any. A dump takes as long as it takes."""
    if system.backups is None:
        return ()
    settings = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
    powers = frozenset({"REPLICATION", "BYPASSRLS"})
    return (Role(BACKUP_ROLE, "backups", True, 10, frozenset({"pg_read_all_data"}), settings, powers),)


def _replication(resource: Postgres) -> tuple[Role, ...]:
    """Whom replicas follow as; none without replicas."""
    role = Role(REPLICA_ROLE, "replicas", powers=frozenset({"REPLICATION"}))
    return (role,) if resource.replicas else ()


def _service(system: System, resource: Postgres, service: Service, area: Area, may: Access) -> Role:
    group = {Access.READ: area.reader, Access.WRITE: area.writer, Access.OWN: area.owner}[may]
    settings = {
        "search_path": identifiers(dict.fromkeys((*area.schemas, "public"))),
        # An answer that takes longer helps nobody on the web; a worker or a cron job may take its time.
        "statement_timeout": "30s" if service.port is not None else "15min",
        "idle_in_transaction_session_timeout": "1min",
        "lock_timeout": "10s",
    }
    if may is Access.OWN:
        # What the service creates then belongs to the owner, and everybody else's privileges follow.
        settings["role"] = area.owner
    if may is Access.READ:
        settings["default_transaction_read_only"] = "on"
    limit = _limit(resource, service.replicas)
    return Role(service_role(system, service), f"service {service.name}", True, limit, frozenset({group}), settings)


def _limit(resource: Postgres, replicas: int) -> int:
    """What so many of a service may open: a pool each, and twice that, for a deploy runs the old beside the new."""
    return resource.pool * max(1, replicas) * 2


def _fit(name: str) -> str:
    """The name, or one that fits into an identifier and is still its own."""
    if len(name.encode()) <= _IDENTIFIER_BYTES:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name.encode()[: _IDENTIFIER_BYTES - 9].decode(errors='ignore')}_{digest}"
