"""The system that a stack file describes, checked and complete: what should run, on any target.

Sizes are bytes, durations seconds, unless the name says otherwise. Paths are absolute. Everything is frozen and every
default is already filled in, so that nobody past the loader asks what the file looked like; positions are for messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from stackyard.model.values import Position, Rate, Value, Version


class Access(StrEnum):
    """What a service may do in a database: `own` includes changing the schema."""

    READ = "read"
    WRITE = "write"
    OWN = "own"


@dataclass(frozen=True)
class Need:
    """A part that must be healthy before a service starts. `access` applies to databases."""

    name: str
    access: Access = Access.WRITE


@dataclass(frozen=True)
class Probe:
    """How a service shows that it is healthy: an HTTP path, or a command that exits 0."""

    path: str = ""
    command: tuple[str, ...] = ()
    interval: float = 10.0
    timeout: float = 2.0
    start_timeout: float = 60.0
    retries: int = 3


@dataclass(frozen=True)
class Limits:
    """What a part may use. `cpu` in cores, `memory` in bytes, `pids` a count; None means no limit."""

    cpu: float | None = None
    memory: int | None = None
    pids: int | None = None


class Restart(StrEnum):
    ALWAYS = "always"
    ON_FAILURE = "on-failure"
    NEVER = "never"


@dataclass(frozen=True)
class PythonSource:
    """A Python project: a folder with a pyproject.toml or requirements.txt."""

    path: Path


@dataclass(frozen=True)
class DockerSource:
    """A folder with a Dockerfile."""

    path: Path
    dockerfile: str = "Dockerfile"


@dataclass(frozen=True)
class ImageSource:
    """A published image."""

    image: str


@dataclass(frozen=True)
class StaticSource:
    """A front end: built by the project's own npm script, served by the edge.

    With `script` empty the folder is served as it is. `output` is where the script writes, below `path`.
    `packages` are the folders (or archives) that its package.json depends on by path: they are sources of it, too.
    """

    path: Path
    script: str = "build"
    output: str = "dist"
    spa: bool = True
    packages: tuple[Path, ...] = ()

    @property
    def packages_beside(self) -> tuple[Path, ...]:
        """Those of `packages` that do not lie in its own folder."""
        return tuple(path for path in self.packages if not path.is_relative_to(self.path))


Source = PythonSource | DockerSource | ImageSource | StaticSource


@dataclass(frozen=True)
class Service:
    """What we run. A service with a port answers HTTP; without one it is a worker; with a schedule it is a cron job.

    `packages` are Debian's, and those of a Python project only: other images bring their own.
    """

    name: str
    source: Source
    position: Position
    packages: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    port: int | None = None
    health: Probe | None = None
    needs: tuple[Need, ...] = ()
    migrate: tuple[str, ...] = ()
    replicas: int = 1
    environment: Mapping[str, Value] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    schedule: str = ""
    stop_signal: str = "SIGTERM"
    stop_grace: float = 15.0
    restart: Restart = Restart.ALWAYS
    limits: Limits = Limits()
    watch: tuple[Path, ...] = ()
    profiles: tuple[str, ...] = ()

    @property
    def is_static(self) -> bool:
        return isinstance(self.source, StaticSource)


@dataclass(frozen=True)
class Upkeep:
    """When a database is kept up: daily, weekly or never, `at` HH:MM."""

    every: str = "weekly"
    at: str = "03:00"


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL: one cluster with one database. `memory` is what it may use and what its settings derive from."""

    name: str
    version: Version
    position: Position
    port: int | None = None
    memory: int = 512 * 1024**2
    disk: str = "ssd"
    extensions: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    init: Path | None = None
    pool: int = 20
    slow_query: float = 0.5
    tls: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    image: str = ""
    replicas: int = 0
    profiles: tuple[str, ...] = ()
    upkeep: Upkeep = Upkeep()

    @property
    def replica_names(self) -> tuple[str, ...]:
        """What its replicas are called, `db-replica-1` and so on."""
        return tuple(f"{self.name}-replica-{number}" for number in range(1, self.replicas + 1))


@dataclass(frozen=True)
class Redis:
    """A Redis (or Valkey). `persistence` holds any of "rdb" and "aof"; `eviction` is its maxmemory-policy."""

    name: str
    version: Version
    position: Position
    port: int | None = None
    memory: int = 128 * 1024**2
    eviction: str = "noeviction"
    persistence: frozenset[str] = frozenset({"rdb", "aof"})
    tls: bool = False
    image: str = ""
    replicas: int = 0
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Objects:
    """An S3-compatible store with one bucket, private but for the `public` prefixes. `expire` maps prefix to days."""

    name: str
    position: Position
    bucket: str
    port: int | None = None
    versioning: bool = False
    public: tuple[str, ...] = ()
    expire: Mapping[str, int] = field(default_factory=dict)
    encrypt: bool = False
    image: str = ""
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Queue:
    """A message queue with a dead-letter queue after `retries` deliveries. `engine` is rabbitmq or sqs."""

    name: str
    engine: str
    position: Position
    version: Version | None = None
    port: int | None = None
    retries: int = 5
    dead_letter: bool = True
    image: str = ""
    profiles: tuple[str, ...] = ()


Resource = Postgres | Redis | Objects | Queue


class Tls(StrEnum):
    OFF = "off"
    SELF_SIGNED = "self-signed"
    ACME = "acme"
    FILES = "files"


@dataclass(frozen=True)
class Route:
    """Requests whose path starts with `path` go to `service`. `body` in bytes; None means the limit of the edge."""

    path: str
    service: str
    position: Position
    timeout: float = 60.0
    body: int | None = None
    affinity: bool = False


@dataclass(frozen=True)
class Limit:
    """Each client address may make `rate` requests below `path`, with `burst` more at once."""

    path: str
    rate: Rate
    burst: int


@dataclass(frozen=True)
class Edge:
    """The one way in. `http` and `https` are ports, `body` is the largest request in bytes."""

    host: str
    position: Position
    routes: tuple[Route, ...]
    tls: Tls = Tls.SELF_SIGNED
    certificate: Path | None = None
    key: Path | None = None
    acme_email: str = ""
    http: int = 80
    https: int = 443
    limits: tuple[Limit, ...] = ()
    connections: int = 20
    cors: tuple[str, ...] = ()
    csp: str = ""
    hsts: int = 31_536_000
    body: int = 10 * 1024**2
    hidden: tuple[str, ...] = ()
    admin_paths: tuple[str, ...] = ()
    admin_allow: tuple[str, ...] = ()
    tenants: str = ""
    maintenance: Path | None = None


@dataclass(frozen=True)
class Secret:
    """A secret by name. A provided one comes from the user; the others are generated. `length` in characters."""

    name: str
    position: Position
    provided: bool = False
    length: int = 43


@dataclass(frozen=True)
class Backups:
    """When and what to back up. `at` is HH:MM, `keep` and the two objectives are seconds, `rate` bytes a second or 0.

    `to` is where the repository is, a folder or what restic calls one; "" is a folder of the environment. `offsite` is
    where a copy goes, or empty. `weekly` and `monthly` count sets that are kept beyond `keep`. `recipients` are the
    public keys (age, SSH) that secrets are encrypted to.
    """

    position: Position
    at: str = "02:00"
    keep: float = 30 * 86400.0
    encrypt: bool = True
    wal: bool = False
    to: str = ""
    offsite: str = ""
    recipients: tuple[str, ...] = ()
    weekly: int = 0
    monthly: int = 0
    rate: int = 0
    rpo: float = 3600.0
    rto: float = 4 * 3600.0
    drill: str = "weekly"


@dataclass(frozen=True)
class Monitoring:
    """What watches the system. `alerts` is an address for messages."""

    position: Position
    prometheus: bool = True
    grafana: bool = False
    alerts: str = ""
    retention: float = 15 * 86400.0


@dataclass(frozen=True)
class Logs:
    """How long logs are kept (seconds), how large one file may grow (bytes), and the level that services are given."""

    keep: float = 30 * 86400.0
    size: int = 20 * 1024**2
    level: str = "info"


@dataclass(frozen=True)
class System:
    """A whole system in one environment. `root` is the folder of the stack file."""

    name: str
    environment: str
    root: Path
    file: Path
    services: tuple[Service, ...]
    resources: tuple[Resource, ...] = ()
    edge: Edge | None = None
    secrets: tuple[Secret, ...] = ()
    backups: Backups | None = None
    monitoring: Monitoring | None = None
    logs: Logs = Logs()
    network: str = ""
    description: str = ""
    profiles: tuple[str, ...] = ()
    """The profiles that were asked for; what runs without any is always there."""
    welcome: str = ""
    """Text shown after `up`: how to sign in, where to begin."""
    accept_loss: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For each target, the dotted keys of the stack file that it may leave unkept."""

    @property
    def is_development(self) -> bool:
        return self.environment == "development"

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @cached_property
    def services_by_name(self) -> Mapping[str, Service]:
        """The services; what asks for one of each of its parts must not search them all each time."""
        return {service.name: service for service in self.services}

    @cached_property
    def resources_by_name(self) -> Mapping[str, Resource]:
        """The resources."""
        return {resource.name: resource for resource in self.resources}

    def service(self, name: str) -> Service:
        """The service of that name. Raises KeyError."""
        return self.services_by_name[name]

    def resource(self, name: str) -> Resource:
        """The resource of that name. Raises KeyError."""
        return self.resources_by_name[name]
