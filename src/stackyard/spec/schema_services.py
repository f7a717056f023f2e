"""The words of the stack file: services."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Tag

from stackyard.spec import shapes
from stackyard.spec.schema_types import (
    BY_SHAPE,
    LIST,
    MAPPING,
    TEXT,
    Command,
    Duration,
    FilePath,
    Image,
    Name,
    Package,
    Plain,
    Port,
    Profiles,
    SecretName,
    Section,
    Size,
    key,
)

AccessWord = Literal["read", "write", "own"]
EnvName = Annotated[str, Field(pattern=shapes.ENV_NAME)]


class Build(Section):
    """A folder to build from, with the Dockerfile named."""

    path: FilePath = key("The folder, relative to the stack file.", "./api", required=True)
    dockerfile: FilePath | None = key(
        "The Dockerfile below that folder. Naming one builds from it even where a Python project stands beside it.",
        "Dockerfile.slim",
    )


class Static(Section):
    """A front end in detail."""

    path: FilePath = key("The folder, relative to the stack file.", "./web", required=True)
    script: Annotated[str, Field(pattern=shapes.SCRIPT)] | None = key(
        'The npm script that builds it. An empty text ("") serves the folder as it is; '
        "so does a folder without a package.json.",
        "build:production",
        default="build",
    )
    output: Annotated[str, Field(pattern=shapes.RELATIVE)] | None = key(
        "Where the script writes, below the folder.", "build", default="dist"
    )
    spa: bool | None = key(
        "Answer a path that is no file with index.html, as a single-page application needs.", False, default=True
    )


class Health(Section):
    """How a service shows that it is healthy, in detail. Give exactly one of `path` and `command`."""

    path: Annotated[str, Field(pattern=shapes.PROBE_PATH)] | None = key(
        "A path on the service's port that answers with a status from 200 to 399.", "/api/health/readiness"
    )
    command: Command | None = key("A command that exits 0.", "python -m shop.healthy")
    interval: Duration | None = key("Time between two probes of a running service.", "30s", default="10s")
    timeout: Duration | None = key("How long one probe may take.", "5s", default="2s")
    start_timeout: Duration | None = key(
        "How long the service may take to become healthy for the first time.", "3m", default="60s"
    )
    retries: Annotated[int, Field(ge=1, le=100)] | None = key(
        "Failed probes in a row that make a running service unhealthy.", 5, default=3
    )


class NeedDetail(Section):
    """A need in detail."""

    access: AccessWord | None = key(
        "What the service may do in a database: `read` it, `write` rows, or `own` the schema.", "read", default="write"
    )


class ServiceLimits(Section):
    """What a service may use. What is left out is not limited."""

    cpu: Annotated[float, Field(gt=0, le=1024)] | None = key("Cores.", 0.5)
    memory: Size | None = key("Memory; a service that takes more is stopped and started again.", "256MB")
    pids: Annotated[int, Field(ge=1, le=1_000_000)] | None = key("Processes and threads.", 200)


BuildValue = Annotated[Annotated[FilePath, Tag(TEXT)] | Annotated[Build, Tag(MAPPING)], BY_SHAPE]
StaticValue = Annotated[Annotated[FilePath, Tag(TEXT)] | Annotated[Static, Tag(MAPPING)], BY_SHAPE]
HealthPath = Annotated[str, Field(pattern=shapes.PROBE_PATH)]
HealthValue = Annotated[Annotated[HealthPath, Tag(TEXT)] | Annotated[Health, Tag(MAPPING)], BY_SHAPE]
NeedValue = Annotated[Annotated[AccessWord, Tag(TEXT)] | Annotated[NeedDetail, Tag(MAPPING)], BY_SHAPE]
Needs = Annotated[Annotated[list[Name], Tag(LIST)] | Annotated[dict[Name, NeedValue], Tag(MAPPING)], BY_SHAPE]


class Service(Section):
    """What we run. With a port it answers HTTP; without one it is a worker; with a schedule it is a cron job.

    Give exactly one of `build`, `image` and `static`.
    """

    build: BuildValue | None = key(
        "A folder to build: a Python project (pyproject.toml or requirements.txt), or one with a Dockerfile. "
        "A folder with both is taken as a Python project, unless a `dockerfile` is named. It lies in the folder of the "
        "stack file or in the same git repository.",
        "./api",
        {"path": "./api", "dockerfile": "Dockerfile.slim"},
    )
    image: Image | None = key("A published image.", "registry.example.org/shop:1.4")
    static: StaticValue | None = key(
        "A front end, built once by its own npm script and served by the edge. Such a service takes only `static`, "
        "`port` (for direct access in development; 3000 when it is the only one), `environment` (for the build), "
        "`watch` and `profiles`. Packages that its package.json names by a path (`file:../ui`) are sources of it, too.",
        "./web",
        {"path": "./web", "script": "build", "output": "dist", "spa": True},
    )
    packages: Annotated[list[Package], Field(max_length=200)] | None = key(
        "The Debian packages that a Python project needs while it runs: programs and shared libraries. A container has "
        "them in its image; natively they must be installed on the machine, and `up` says how when one is not.",
        ["ffmpeg", "libmagic1"],
    )
    command: Command | None = key(
        "What to run, as text that is split like a shell does it (but runs in no shell), or as a list. "
        "A Python project needs one; an image brings its own.",
        "uvicorn shop.app:create_app --factory",
        ["python", "-m", "shop.worker"],
    )
    port: Port | None = key("The TCP port that the service listens on. Each port belongs to one part.", 8000)
    health: HealthValue | None = key(
        "How the service shows that it is healthy: a path on its port, or a mapping. Without it, a service with a port "
        "is ready when the port accepts connections, a worker when it runs.",
        "/api/health",
        {"command": "python -m shop.healthy", "interval": "30s"},
    )
    needs: Needs | None = key(
        "The parts that must be healthy first: a list, or a mapping that also says what the service may do in a "
        "database. A service is given the addresses and credentials of what it needs: `db` as DB_URL, the first "
        "database also as DATABASE_URL, the first Redis as REDIS_URL.",
        ["db", "cache"],
        {"db": "read", "cache": {}},
    )
    migrate: Command | None = key(
        "Run before new code takes traffic; when it fails, the deploy stops. It needs a postgres in `needs`.",
        "alembic upgrade head",
    )
    replicas: Annotated[int, Field(ge=1, le=1000)] | None = key("How many of it run.", 2, default=1)
    environment: dict[EnvName, Plain] | None = key(
        "Environment variables. `${db.url}` is an attribute of a needed resource (url, host, port, user, password, "
        "database, bucket, endpoint, access_key, secret_key, as the kind has them), `${api.url}` "
        "of a service (url, host, port), `${secret.NAME}` "
        "a secret. `$${` is a plain `${`. Numbers, "
        "true and false become text as they are written.",
        {"CURRENCY": "EUR", "PAGE_SIZE": 50, "SEARCH_URL": "${api.url}/search"},
    )
    secrets: Annotated[list[SecretName], Field(max_length=1000)] | None = key(
        "The secrets that the service is given, by the names declared in the top-level `secrets`.", ["JWT_KEY"]
    )
    schedule: Annotated[str, Field(pattern=shapes.CRON)] | None = key(
        "Run the command at these times instead of always: five fields of cron (minute, hour, day, month, weekday).",
        "0 3 * * *",
    )
    stop_signal: (
        Literal["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGKILL"] | None
    ) = key("The signal that asks the service to stop.", "SIGINT", default="SIGTERM")
    stop_grace_period: Duration | None = key(
        "How long it may take to finish its work before it is killed.", "1m", default="15s"
    )
    restart: Literal["always", "on-failure", "never"] | None = key(
        "When to start it again after it ended. A service with a schedule is not started again unless this says so.",
        "on-failure",
        default="always",
    )
    limits: ServiceLimits | None = key("What the service may use.", {"cpu": 0.5, "memory": "256MB"})
    watch: Annotated[list[FilePath], Field(max_length=100)] | None = key(
        "Files and folders whose change restarts the service in development. A Python project is watched without this.",
        ["./api", "./shared"],
    )
    profiles: Profiles | None = key(
        "Run it only when one of these profiles is asked for. The name of the environment counts as a profile. "
        "An empty list means always.",
        ["debug", "testing"],
    )
