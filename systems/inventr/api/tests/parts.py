"""Real parts for tests: the kit's PostgreSQL and Redis as inventr finds them, and the service itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from stackyard_kit.testing import Postgres, Redis, Running, free_port

JWT_SECRET = "Jq4uT9xWb2LmZ7cRk5Vn8YpD3sGh6FaE"
ORIGIN = "https://inventr.localhost"
EXTENSIONS = ("pgcrypto", "pg_trgm", "uuid-ossp")


class ShopPostgres(Postgres):
    """The server, with the database `inventr` unless another is named, and inventr's extensions in every new one."""

    def connect(self, database: str = "inventr") -> psycopg.Connection[tuple[object, ...]]:
        return super().connect(database)

    def create(self, database: str, **more: Any) -> None:
        super().create(database, extensions=EXTENSIONS, **more)


def environment(postgres: Postgres, redis: Redis, port: int, **more: str) -> dict[str, str]:
    """What a runner gives the service."""
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": postgres.app_url("inventr"),
        "REDIS_URL": redis.url,
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


def start_api(postgres: Postgres, redis: Redis, log: Path, **more: str) -> Api:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "inventr.app:create_app", "--factory"]
    api = Api(Running(command, port, log, {"env": environment(postgres, redis, port, **more)}))
    api.running.start()
    return api
