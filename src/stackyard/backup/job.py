"""What a target tells of its parts, so that they can be backed up, restored and drilled. It names secrets by file only.

Sizes are bytes, durations seconds, paths absolute (as seen by whoever runs the job).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stackyard.backup import launches
from stackyard.backup.launches import Account as Account
from stackyard.backup.launches import ServiceCopy, StoreServer

BACKUP_ROLE = "stackyard_backup"
"""The role that backups are made with: it may replicate and read everything, and write nothing."""

SCHEMA = "stackyard_backup"
"""The schema, in the system's database, of the one function by which the role may hold writers for a moment."""


@dataclass(frozen=True)
class PostgresPart:
    """A PostgreSQL. `host` is a socket folder or an address; `user` is BACKUP_ROLE or a superuser.

    `programs` holds pg_basebackup, pg_receivewal, pg_dump, pg_restore, psql of this major version or a later one;
    `server` holds initdb, pg_ctl and postgres of exactly its version. `data` is the cluster, `config` its
    postgresql.conf. `superuser` names who may enter the recovered copy. `wal` wants every change archived as it
    happens.
    """

    name: str
    host: str
    port: int
    database: str
    user: str
    password_file: str
    programs: str
    server: str
    data: str
    config: str
    superuser: str = "postgres"
    wal: bool = False
    tls_ca: str = ""
    account: Account | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    """What the programs of `server` need beside the usual, such as LD_LIBRARY_PATH."""
    programs_environment: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    """The role that owns the database, and keeps it up (`backup.upkeep`); "" where nobody does."""
    owner_password_file: str = ""
    upkeep_every: str = "never"
    """daily, weekly or never, at `upkeep_at` (HH:MM of the local clock)."""
    upkeep_at: str = "03:00"
    roles: Mapping[str, str] = field(default_factory=dict)
    """Whom services log in as, each with the file of the password."""
    certificate: str = ""
    key: str = ""
    """What the server speaks TLS with, "" where it does not."""


@dataclass(frozen=True)
class RedisPart:
    """A Redis. `cli` and `server` are programs; `data` its folder; `user` may PSYNC (the admin of the cache)."""

    name: str
    host: str
    port: int
    user: str
    password_file: str
    cli: str
    server: str
    data: str
    tls_ca: str = ""
    persistence: tuple[str, ...] = ("rdb", "aof")
    account: Account | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    config: str = ""
    """Its redis.conf, with `acl`, the file of its users: "" where services cannot be let into a copy."""
    acl: str = ""


@dataclass(frozen=True)
class FilesPart:
    """A folder of files: an object store, uploads. `server` gives it to services, where one does."""

    name: str
    path: str
    account: Account | None = None
    server: StoreServer | None = None


@dataclass(frozen=True)
class Repository:
    """Where backups are kept: a folder, or what restic calls a repository ("s3:https://host/bucket/path").

    `environment` maps variables (AWS_ACCESS_KEY_ID) to the files that hold their values.
    """

    url: str
    password_file: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Policy:
    """When, how long, how well. `at` is HH:MM of the local clock; `weekly` and `monthly` count sets kept beyond `keep`.

    `rate` limits how fast a base backup reads, in bytes a second; 0 is no limit. `push` is how often WAL goes into the
    repository. `drill` is daily, weekly, monthly or never.
    """

    at: str = "02:00"
    keep: float = 30 * 86400.0
    weekly: int = 0
    monthly: int = 0
    rpo: float = 3600.0
    rto: float = 4 * 3600.0
    drill: str = "weekly"
    rate: int = 0
    push: float = 60.0


@dataclass(frozen=True)
class Job:
    """Everything that backups of one system in one environment need to know.

    `folder` keeps what is theirs: see `Places`. `config` maps a label to a file or a folder that describes the system
    (stack file, rendered configuration); `facts` are short texts for the manifest (release, versions). `secrets` is the
    store of secrets, backed up encrypted to `recipients` (age), "" where secrets are not backed up. `identity` is the
    file of the age identity that this machine may decrypt with, "" where it must not. `scratch` is where copies are
    restored for verification and drills. `services` are those that a drill starts over the copies; where that cannot
    be, `without_services` says why.
    """

    system: str
    environment: str
    folder: str
    scratch: str
    repository: Repository
    restic: str
    age: str
    secrets: str
    recipients: tuple[str, ...]
    policy: Policy = Policy()
    identity: str = ""
    offsite: Repository | None = None
    postgres: tuple[PostgresPart, ...] = ()
    redis: tuple[RedisPart, ...] = ()
    files: tuple[FilesPart, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    services: tuple[ServiceCopy, ...] = ()
    without_services: str = ""

    @property
    def places(self) -> Places:
        return Places(Path(self.folder))


@dataclass(frozen=True)
class Places:
    """What lies in the folder of the backups.

    sets     a JSON file a set, the copy of the manifest that the repository holds as well
    wal      WAL as it is received: a folder a part, in it one a cluster (its system identifier)
    drills   reports of drills: text, JSON, HTML
    cache    restic's, can be made again
    """

    folder: Path

    @property
    def sets(self) -> Path:
        return self.folder / "sets"

    def wal(self, part: str, cluster: str) -> Path:
        return self.folder / "wal" / part / cluster

    @property
    def drills(self) -> Path:
        return self.folder / "drills"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def marks(self) -> Path:
        return self.folder / "marks.json"

    @property
    def state(self) -> Path:
        """What the keeper knows: last runs, last errors, what is under way."""
        return self.folder / "state.json"

    @property
    def metrics(self) -> Path:
        """Figures in Prometheus's text format, written whole."""
        return self.folder / "metrics.prom"

    @property
    def lock(self) -> Path:
        """Held (flock) by whoever makes, verifies, prunes or drills: one at a time."""
        return self.folder / "lock"


def to_text(job: Job) -> str:
    """The job as JSON. It holds no secret, only the names of files that do."""
    return json.dumps(asdict(job), indent=2, sort_keys=True)


def from_text(text: str) -> Job:
    """The job that `to_text` wrote. Raises KeyError, TypeError or ValueError on anything else."""
    data: dict[str, Any] = json.loads(text)
    data["repository"] = Repository(**data["repository"])
    data["offsite"] = Repository(**data["offsite"]) if data["offsite"] else None
    data["policy"] = Policy(**data["policy"])
    data["postgres"] = tuple(PostgresPart(**_accounted(part)) for part in data["postgres"])
    data["redis"] = tuple(RedisPart(**_accounted(part)) for part in data["redis"])
    data["files"] = tuple(FilesPart(**_accounted(part)) for part in data["files"])
    data["services"] = tuple(launches.service(one) for one in data.get("services", ()))
    data["recipients"] = tuple(data["recipients"])
    return Job(**data)


def _accounted(part: dict[str, Any]) -> dict[str, Any]:
    values = dict(part)
    if values["account"] is not None:
        values["account"] = Account(**values["account"])
    if "persistence" in values:
        values["persistence"] = tuple(values["persistence"])
    if isinstance(values.get("server"), dict):
        values["server"] = launches.store(values["server"])
    return values
