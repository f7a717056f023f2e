"""Real parts for tests: the kit's PostgreSQL and Redis as goldshop finds them, and the service itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from stackyard_kit.testing import Objects, Postgres, Redis, Running, free_port

JWT_SECRET = "Jq4uT9xWb2LmZ7cRk5Vn8YpD3sGh6FaE"
ORIGIN = "https://goldshop.localhost"
PASSWORD = "vitrine-demo-26"
EXTENSIONS = ("ltree", "pg_trgm", "pgcrypto", "uuid-ossp")

# One process for several revisions: most of what a migration takes is to begin.
_MIGRATE = """
import os, sys
from goldshop.migrate import MIGRATIONS, SAMPLES
from stackyard_kit.migrations import run_command
for revision in sys.argv[1:]:
    if code := run_command(MIGRATIONS, [revision], os.environ, samples=SAMPLES):
        sys.exit(code)
"""


class ShopPostgres(Postgres):
    """The server, with the database `goldshop` unless another is named, and its extensions in every new one."""

    def connect(self, database: str = "goldshop") -> psycopg.Connection[tuple[object, ...]]:
        return super().connect(database)

    def connect_app(self, database: str = "goldshop") -> psycopg.Connection[tuple[object, ...]]:
        """A connection of the application's role, where each statement is its own transaction."""
        return psycopg.connect(self.app_url(database), autocommit=True)

    def create(self, database: str, **more: Any) -> None:
        super().create(database, extensions=EXTENSIONS, **more)


def environment(postgres: Postgres, redis: Redis, port: int, **more: str) -> dict[str, str]:
    """What a runner gives the service."""
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": postgres.app_url("goldshop"),
        "REDIS_URL": redis.url,
        "JWT_SECRET": JWT_SECRET,
        "ENVIRONMENT": "testing",
        "LOG_LEVEL": "info",
        "PUBLIC_URL": ORIGIN,
        "UVICORN_HOST": "127.0.0.1",
        "UVICORN_PORT": str(port),
        **more,
    }


def store_environment(objects: Objects) -> dict[str, str]:
    """The variables of the store `files`."""
    given = objects.environment
    files = {"FILES_BUCKET": given["PHOTOS_BUCKET"], "FILES_ENDPOINT": given["PHOTOS_ENDPOINT"]}
    return files | {name: value for name, value in given.items() if name.startswith("AWS_")}


def migrate(url: str, *revisions: str, environment: str = "testing", **more: str) -> subprocess.CompletedProcess[str]:
    """Bring the schema to one revision after the other ("head" when none is named), as the command does."""
    how = ("-c", _MIGRATE) if len(revisions) > 1 else ("-m", "goldshop.migrate")
    command = [sys.executable, *how, *revisions]
    given = {"PATH": os.environ["PATH"], "DATABASE_URL": url, "ENVIRONMENT": environment, **more}
    return subprocess.run(command, env=given, capture_output=True, text=True, timeout=100)


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
            wanted = {"email": email, "password": PASSWORD}
            answer = httpx.post(f"{self.url}/api/auth/login", json=wanted, timeout=20).raise_for_status()
            headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return httpx.Client(base_url=self.url, timeout=20, headers=headers)

    def log(self) -> list[dict[str, object]]:
        """All entries; a line that is not JSON fails the test that asks."""
        return [json.loads(line) for line in self.running.log.read_text().splitlines()]


def start_api(postgres: Postgres, redis: Redis, log: Path, **more: str) -> Api:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "goldshop.app:create_app", "--factory"]
    api = Api(Running(command, port, log, {"env": environment(postgres, redis, port, **more)}))
    api.running.start()
    return api


@dataclass
class Shop:
    """What tests trade with: clients of three roles, and a few rows of their own."""

    api: Api
    clerk: httpx.Client
    manager: httpx.Client
    admin: httpx.Client
    warehouse: str
    other_warehouse: str
    supplier: str
    customer: str
    category: str

    def item(self, *, price: str = "121.00", unit: str = "pc", tax_rate: str = "0.21", stocked: bool = True) -> Any:
        """A new item with one variant and nothing in stock."""
        sku = f"T-{uuid4().hex[:10]}"
        wanted = {
            "sku": sku,
            "name": f"Test {sku}",
            "category_id": self.category,
            "unit": unit,
            "tax_rate": tax_rate,
            "stocked": stocked,
            "variants": [{"sku": f"{sku}-A", "price": price}],
        }
        return made(self.manager.post("/api/items", json=wanted))

    def variant(self, stock: str = "10", *, cost: str = "40", **more: Any) -> str:
        """A new variant with so much in stock, by an opening."""
        identifier: str = self.item(**more)["variants"][0]["id"]
        if stock != "0":
            self.open(identifier, stock, cost)
        return identifier

    def open(self, variant: str, quantity: str, cost: str) -> Any:
        """Put something into stock that the shop began with."""
        wanted = {
            "variant_id": variant,
            "warehouse_id": self.warehouse,
            "quantity": quantity,
            "reason": "opening",
            "unit_cost": cost,
        }
        return made(self.manager.post("/api/movements", json=wanted))

    def sale(self, variant: str, quantity: str = "1", **more: Any) -> dict[str, Any]:
        """The body of a sale of one variant."""
        line = {"variant_id": variant, "quantity": quantity}
        return {"warehouse_id": self.warehouse, "payment": "cash", "lines": [line], **more}

    def level(self, variant: str) -> str:
        """How much is in the warehouse."""
        lookup = self.clerk.get("/api/movements", params={"variant": variant, "limit": 200}).json()["items"]
        item = self.clerk.get(f"/api/items/{lookup[0]['item_id']}").json()
        found = next(one for one in item["variants"] if one["id"] == variant)
        level = [one["quantity"] for one in found["stock_by_warehouse"] if one["warehouse_id"] == self.warehouse]
        return str(level[0]) if level else "0"


def made(answer: httpx.Response) -> Any:
    """What was made. Fails with what the service said."""
    assert answer.status_code == 201, answer.text
    return answer.json()


def start_worker(postgres: Postgres, redis: Redis, log: Path, **more: str) -> Running:
    """The worker, running."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "goldshop.worker:create_app", "--factory"]
    worker = Running(command, port, log, {"env": environment(postgres, redis, port, **more)})
    worker.start()
    return worker
