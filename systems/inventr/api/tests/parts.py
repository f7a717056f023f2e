"""Real parts for tests: a PostgreSQL, a Redis and the service itself, each private to the run."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg

OWNER_PASSWORD = "own/er%pass:word"
APP_PASSWORD = "k7Qp2mX9vRt4/%"
REDIS_PASSWORD = "w8Zn3bY6cLd1"
JWT_SECRET = "Jq4uT9xWb2LmZ7cRk5Vn8YpD3sGh6FaE"
ORIGIN = "https://inventr.localhost"
PORTS = range(21020, 21100)


def free_port() -> int:
    for port in PORTS:
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free port in {PORTS}")


def wait_until(holds: Callable[[], object], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come about in {seconds} s")
        time.sleep(0.02)


def answers(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def unprivileged() -> dict[str, object]:
    """How to start a process that refuses root: as nobody when we are root."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def find_postgres() -> Path | None:
    places = [os.environ.get("PG_BIN"), *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)]
    on_path = shutil.which("initdb")
    candidates = [Path(place) for place in places if place] + ([Path(on_path).parent] if on_path else [])
    return next((place for place in candidates if (place / "initdb").exists() and (place / "postgres").exists()), None)


def find_redis() -> str | None:
    return os.environ.get("REDIS_SERVER") or shutil.which("redis-server") or shutil.which("valkey-server")


@dataclass
class Running:
    """A process of ours, started again at will on the same port."""

    command: list[str]
    port: int
    log: Path
    options: dict[str, object] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(self.command, stdout=output, stderr=subprocess.STDOUT, **self.options)
        wait_until(lambda: answers(self.port), f"{self.command[0]} on port {self.port}")

    def stop(self, signal: int = 15) -> int:
        assert self.process is not None
        self.process.send_signal(signal)
        return self.process.wait(20)


@dataclass
class Postgres:
    running: Running

    def url(self, user: str = "owner", password: str = OWNER_PASSWORD, database: str = "postgres") -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.running.port}/{database}"

    def connect(self, database: str = "inventr") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url(database=database), autocommit=True)

    def create(self, database: str) -> None:
        """A database as whoever runs inventr leaves it: extensions, and an app role that may not change the schema."""
        with self.connect("postgres") as admin:
            admin.execute(f'create database "{database}"')
        with self.connect(database) as owner:
            for extension in ("pgcrypto", "pg_trgm", '"uuid-ossp"'):
                owner.execute(f"create extension {extension}")
            owner.execute("grant usage on schema public to app")
            owner.execute("alter default privileges grant select, insert, update, delete on tables to app")
            owner.execute("alter default privileges grant usage on sequences to app")


def start_postgres(binaries: Path, folder: Path) -> Postgres:
    port = free_port()
    who = unprivileged()
    (folder / "password").write_text(OWNER_PASSWORD)
    if who:
        for path in (folder, folder / "password"):
            os.chown(path, int(str(who["user"])), int(str(who["group"])))
    initdb = [binaries / "initdb", "-D", folder / "data", "-U", "owner", "--auth=scram-sha-256"]
    initdb += [f"--pwfile={folder / 'password'}", "-N", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **who)
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
    wait_until(lambda: "ready to accept" in postgres.running.log.read_text(), "PostgreSQL")
    with postgres.connect("postgres") as admin:
        admin.execute(f"create role app login password '{APP_PASSWORD}'")
    return postgres


def start_redis(binary: str, folder: Path) -> Running:
    port = free_port()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--requirepass", REDIS_PASSWORD, "--save", ""]
    redis = Running(command, port, folder / "redis.log", {"cwd": folder})
    redis.start()
    return redis


def environment(postgres: Postgres, redis: Running, port: int, **more: str) -> dict[str, str]:
    """What a runner gives the service."""
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": postgres.url("app", APP_PASSWORD, "inventr"),
        "REDIS_URL": f"redis://:{REDIS_PASSWORD}@127.0.0.1:{redis.port}/0",
        "JWT_SECRET": JWT_SECRET,
        "ENVIRONMENT": "testing",
        "LOG_LEVEL": "info",
        "PUBLIC_URL": ORIGIN,
        "UVICORN_HOST": "127.0.0.1",
        "UVICORN_PORT": str(port),
        **more,
    }


def migrate(url: str, *arguments: str, environment: str = "testing") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "inventr.migrate", *arguments]
    given = {"PATH": os.environ["PATH"], "DATABASE_URL": url, "ENVIRONMENT": environment}
    return subprocess.run(command, env=given, capture_output=True, text=True, timeout=60)


@dataclass
class Api:
    """The service, running."""

    running: Running

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.running.port}"

    def client(self, email: str = "") -> httpx.Client:
        """A client, signed in when `email` is given."""
        headers = {}
        if email:
            wanted = {"email": email, "password": "counter-demo-26"}
            answer = httpx.post(f"{self.url}/api/auth/login", json=wanted, timeout=20).raise_for_status()
            headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return httpx.Client(base_url=self.url, timeout=20, headers=headers)

    def log(self) -> list[dict[str, object]]:
        """All entries; a line that is not JSON fails the test that asks."""
        return [json.loads(line) for line in self.running.log.read_text().splitlines()]


def start_api(postgres: Postgres, redis: Running, log: Path, **more: str) -> Api:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "inventr.app:create_app", "--factory"]
    api = Api(Running(command, port, log, {"env": environment(postgres, redis, port, **more)}))
    api.running.start()
    return api
