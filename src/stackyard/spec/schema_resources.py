"""The words of the stack file: resources, a section for each kind."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from stackyard.spec import shapes
from stackyard.spec.schema_types import (
    BY_SHAPE,
    FLAG,
    MAPPING,
    Duration,
    FilePath,
    Image,
    Plain,
    Port,
    Profiles,
    Section,
    Size,
    Version,
    key,
)

Replicas = Annotated[int, Field(ge=0, le=15)]
Eviction = Literal[
    "noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random",
    "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
]  # fmt: skip


class Common(Section):
    """What every resource takes."""

    port: Port | None = key(
        "The TCP port for direct access. The first of its kind has the usual one: PostgreSQL 5432, Redis 6379, "
        "RabbitMQ 5672, objects 9000.",
        15432,
    )
    image: Image | None = key(
        "The image to run where parts run as containers, instead of the usual one.", "example/part:1"
    )
    profiles: Profiles | None = key("Run it only with one of these profiles, as for services.", ["debug"])


class Upkeep(Section):
    """What a database needs beyond autovacuum: VACUUM and ANALYZE of what needs it, bloated indexes built anew."""

    every: Literal["daily", "weekly", "never"] | None = key("How often.", "daily", default="weekly")
    at: Annotated[str, Field(pattern=shapes.CLOCK)] | None = key(
        "The time of day, after the backup of the night.", "04:30", default="03:00"
    )


class Postgres(Common):
    """A PostgreSQL: one cluster with one database. Its settings are derived from the memory it is given."""

    postgres: Version = key(
        'The version. 16 and "16.3" mean that release line, ">=16" the best that can be had.', 16, ">=16", required=True
    )
    memory: Size | None = key("What it may use, at least 64MB.", "2GB", default="512MB")
    disk: Literal["ssd", "hdd"] | None = key("The kind of disk below it.", "hdd", default="ssd")
    extensions: list[Annotated[str, Field(pattern=shapes.EXTENSION)]] | None = key(
        "Extensions to create in the database.", ["pg_trgm", "pgcrypto"]
    )
    schemas: list[Annotated[str, Field(pattern=shapes.SQL_NAME)]] | None = key(
        "Schemas to create, one for each bounded context.", ["ledger", "treasury"]
    )
    init: FilePath | None = key(
        "A folder of *.sql and *.sh files, run once when the database is first created, in alphabetical order.",
        "./database",
    )
    pool: Annotated[int, Field(ge=1, le=10_000)] | None = key(
        "Connections for each replica of a service.", 40, default=20
    )
    slow_query: Duration | None = key("Log statements that take longer than this.", "200ms", default="500ms")
    tls: bool | None = key("Encrypt connections to it.", True, default=False)
    settings: dict[Annotated[str, Field(pattern=shapes.SETTING)], Plain] | None = key(
        "Settings of postgresql.conf that replace the derived ones.", {"work_mem": "32MB"}
    )
    replicas: Replicas | None = key("Read replicas beside the primary.", 1, default=0)
    upkeep: Upkeep | None = key(
        "When it is kept up. Where there are `backups`, what makes them does it; anywhere `stackyard db upkeep`.",
        {"every": "daily", "at": "04:30"},
    )


class Redis(Common):
    """A Redis (or Valkey), always with a password."""

    redis: Version = key("The version, as for postgres.", 7, ">=7", required=True)
    memory: Size | None = key("Its memory limit, at least 1MB.", "256MB", default="128MB")
    eviction: Eviction | None = key("What it does when that memory is full.", "allkeys-lru", default="noeviction")
    persistence: Annotated[str, Field(pattern=shapes.PERSISTENCE)] | None = key(
        "What it writes to disk: snapshots (rdb), every change (aof), both (rdb+aof) or none.", "rdb", default="rdb+aof"
    )
    tls: bool | None = key("Encrypt connections to it.", True, default=False)
    replicas: Replicas | None = key("Replicas beside the primary.", 1, default=0)


class ObjectOptions(Section):
    """The options of an object store; they stand here or beside `objects`, whichever reads better."""

    bucket: Annotated[str, Field(pattern=shapes.BUCKET)] | None = key(
        "The name of its bucket: by default the system and the resource, joined with a hyphen.", "shop-photos"
    )
    versioning: bool | None = key("Keep older versions of an object.", True, default=False)
    public: list[Annotated[str, Field(min_length=1, max_length=200)]] | None = key(
        "Prefixes that anybody may read; everything else is private.", ["logos/"]
    )
    expire: dict[str, Duration] | None = key("Delete objects below a prefix after this many days.", {"exports/": "30d"})
    encrypt: bool | None = key("Encrypt objects at rest.", True, default=False)


ObjectsValue = Annotated[Annotated[Literal[True], Tag(FLAG)] | Annotated[ObjectOptions, Tag(MAPPING)], BY_SHAPE]


class Objects(Common, ObjectOptions):
    """An S3-compatible store with one bucket, private but for its public prefixes."""

    objects: ObjectsValue = key("true, or a mapping of the options below.", True, {"versioning": True}, required=True)


class Queue(Common):
    """A message queue with a dead-letter queue."""

    queue: Literal["rabbitmq", "sqs"] = key("What runs it.", "rabbitmq", required=True)
    version: Version | None = key("The version of RabbitMQ, as for postgres; without it the best that can be had.", 4)
    retries: Annotated[int, Field(ge=0, le=1000)] | None = key(
        "Deliveries before a message goes to the dead-letter queue.", 3, default=5
    )
    dead_letter: bool | None = key("Keep messages that could not be handled.", False, default=True)


KINDS: dict[str, type[Section]] = {"postgres": Postgres, "redis": Redis, "objects": Objects, "queue": Queue}


def kind_of(value: Any) -> str | None:
    """The tag of the one kind that a resource names; None when it names none or several."""
    named = [kind for kind in KINDS if isinstance(value, dict) and kind in value]
    return f"<{named[0]}>" if len(named) == 1 else None


Resource = Annotated[
    Annotated[Postgres, Tag("<postgres>")]
    | Annotated[Redis, Tag("<redis>")]
    | Annotated[Objects, Tag("<objects>")]
    | Annotated[Queue, Tag("<queue>")],
    Discriminator(kind_of),
]
