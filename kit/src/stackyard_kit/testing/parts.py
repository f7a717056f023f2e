"""Real parts: PostgreSQL, Redis and an S3-compatible store, each private to the run and bound to loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from stackyard_kit.testing.processes import Running, free_port, unprivileged, wait_until

if TYPE_CHECKING:
    import psycopg

# Characters that a URL has to quote are in them on purpose.
OWNER_PASSWORD = "own/er%pass:word"
APP_PASSWORD = "k7Qp2mX9vRt4/%"
REDIS_PASSWORD = "w8Zn3bY6cLd1"
OBJECTS_KEY = "kit-tests"
OBJECTS_SECRET = "n5Vw2sKc8RtQ4yLm"
BUCKET = "test"


@dataclass(frozen=True)
class Postgres:
    """A running server with the roles `owner`, who may do everything, and `app`, who may only read and write."""

    running: Running

    def url(self, user: str = "owner", password: str = OWNER_PASSWORD, database: str = "postgres") -> str:
        """The libpq URL of a database."""
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.running.port}/{database}"

    def app_url(self, database: str) -> str:
        """The URL that a service is given."""
        return self.url("app", APP_PASSWORD, database)

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        """A connection of the owner, where each statement is its own transaction."""
        import psycopg

        return psycopg.connect(self.url(database=database), autocommit=True)

    def create(self, database: str, *, extensions: Sequence[str] = ()) -> None:
        """A database as a runner leaves it: extensions, and an app role that may not change the schema."""
        with self.connect("postgres") as admin:
            admin.execute(f'create database "{database}"'.encode())
        with self.connect(database) as owner:
            for extension in extensions:
                owner.execute(f'create extension "{extension}"'.encode())
            owner.execute("grant usage on schema public to app")
            owner.execute("alter default privileges grant select, insert, update, delete on tables to app")
            owner.execute("alter default privileges grant usage on sequences to app")

    def log(self) -> str:
        """The server's log, with every statement in it."""
        return self.running.log.read_text(errors="replace")


@dataclass(frozen=True)
class Redis:
    """A running Redis."""

    running: Running

    @property
    def url(self) -> str:
        return f"redis://:{REDIS_PASSWORD}@127.0.0.1:{self.running.port}/0"


@dataclass(frozen=True)
class Objects:
    """A running S3-compatible store with the bucket BUCKET."""

    running: Running
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a service which needs a store named `photos` is given."""
        endpoint = f"http://127.0.0.1:{self.running.port}"
        return {
            "PHOTOS_BUCKET": BUCKET,
            "PHOTOS_ENDPOINT": endpoint,
            "AWS_ENDPOINT_URL_S3": endpoint,
            "AWS_ACCESS_KEY_ID": OBJECTS_KEY,
            "AWS_SECRET_ACCESS_KEY": OBJECTS_SECRET,
            "AWS_REGION": "us-east-1",
        }


def find_postgres() -> Path | None:
    """The folder with initdb and postgres: PG_BIN, Debian's newest, or that of the search path."""
    places = [os.environ.get("PG_BIN"), *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)]
    on_path = shutil.which("initdb")
    candidates = [Path(place) for place in places if place] + ([Path(on_path).parent] if on_path else [])
    return next((place for place in candidates if (place / "initdb").exists() and (place / "postgres").exists()), None)


def find_redis() -> str | None:
    """REDIS_SERVER, or what the search path has."""
    return os.environ.get("REDIS_SERVER") or shutil.which("redis-server") or shutil.which("valkey-server")


def start_postgres(folder: Path) -> Postgres | None:
    """A new server with its data below `folder`, or None where PostgreSQL is not installed."""
    binaries = find_postgres()
    if binaries is None:
        return None
    folder.mkdir(parents=True)
    who = unprivileged()
    (folder / "password").write_text(OWNER_PASSWORD)
    if who:
        for path in (folder, folder / "password"):
            os.chown(path, who["user"], who["group"])
    initdb = [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "owner", "--auth=scram-sha-256"]
    initdb += [f"--pwfile={folder / 'password'}", "-N", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **who)
    port = free_port()
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
        "log_min_duration_statement": "0",
    }
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port)]
    command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    postgres = Postgres(Running(command, port, folder / "postgres.log", {"cwd": folder, **who}))
    postgres.running.start()
    wait_until(lambda: "ready to accept" in postgres.log(), "PostgreSQL")
    with postgres.connect("postgres") as admin:
        admin.execute(f"create role app login password '{APP_PASSWORD}'".encode())
    return postgres


def start_redis(folder: Path) -> Redis | None:
    """A new Redis that keeps nothing on disk, or None where Redis is not installed."""
    binary = find_redis()
    if binary is None:
        return None
    folder.mkdir(parents=True)
    port = free_port()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--requirepass", REDIS_PASSWORD, "--save", ""]
    redis = Redis(Running(command, port, folder / "redis.log", {"cwd": folder}))
    redis.running.start()
    return redis


def start_objects(folder: Path) -> Objects | None:
    """A new store with its objects below `folder`, or None where rclone is not installed."""
    binary = os.environ.get("RCLONE") or shutil.which("rclone")
    if binary is None:
        return None
    (folder / "data" / BUCKET).mkdir(parents=True)
    port = free_port()
    command = [binary, "serve", "s3", str(folder / "data"), "--addr", f"127.0.0.1:{port}"]
    command += ["--vfs-cache-mode", "off", "--config", "/dev/null"]
    # Not on the command line, where everybody could read it.
    environment = {"PATH": os.environ["PATH"], "RCLONE_AUTH_KEY": f'"{OBJECTS_KEY},{OBJECTS_SECRET}"'}
    environment |= {"HOME": str(folder), "RCLONE_CACHE_DIR": str(folder / "cache")}
    objects = Objects(Running(command, port, folder / "rclone.log", {"env": environment}), folder / "data")
    objects.running.start()
    return objects
