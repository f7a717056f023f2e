from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from argon2 import PasswordHasher
from parts import PASSWORD, Api, Shop, ShopPostgres, made, migrate, start_api, store_environment

from stackyard_kit.testing import Objects, Postgres, Redis

pytest_plugins = ["stackyard_kit.testing"]


@pytest.fixture(scope="session")
def folder(parts_folder: Path) -> Path:
    return parts_folder


@pytest.fixture(scope="session")
def postgres(postgres: Postgres) -> ShopPostgres:
    """The server with the sample in it, and a copy of it that `grown` takes before anybody has changed anything."""
    shop = ShopPostgres(postgres.running)
    shop.create("goldshop")
    done = migrate(shop.url(database="goldshop"), SAMPLE_SALES="1500")
    assert done.returncode == 0, done.stdout + done.stderr
    with shop.connect() as owner:
        # Signing in is what tests do most, and an argon2 hash says itself what checking it costs.
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        owner.execute("update users set password_hash = %s", [cheap])
    with shop.connect("postgres") as owner:
        owner.execute("create database grown template goldshop")
    return shop


@pytest.fixture(scope="session")
def api(postgres: ShopPostgres, redis: Redis, objects: Objects, folder: Path) -> Iterator[Api]:
    started = start_api(postgres, redis, folder / "api.log", **store_environment(objects))
    yield started
    started.running.stop()


@pytest.fixture(scope="module")
def shop(api: Api) -> Iterator[Shop]:
    """A shop of this module's own within the sample's: two warehouses, a supplier, a customer, a category."""
    with ExitStack() as clients:
        clerk, manager, admin = (
            clients.enter_context(api.client(f"{role}@goldshop.example")) for role in ("clerk", "manager", "admin")
        )
        mark = uuid4().hex[:8].upper()
        warehouses = [
            made(manager.post("/api/warehouses", json={"code": f"{letter}-{mark}", "name": f"Vault {letter} {mark}"}))[
                "id"
            ]
            for letter in ("A", "B")
        ]
        supplier, customer = (
            made(clerk.post("/api/partners", json={"kind": kind, "name": f"{kind} {mark}"}))["id"]
            for kind in ("supplier", "customer")
        )
        category = made(manager.post("/api/categories", json={"name": f"Tests {mark}"}))["id"]
        yield Shop(api, clerk, manager, admin, *warehouses, supplier, customer, category)


@pytest.fixture
def clerk(api: Api) -> Iterator[httpx.Client]:
    with api.client("clerk@goldshop.example") as client:
        yield client


@pytest.fixture
def manager(api: Api) -> Iterator[httpx.Client]:
    with api.client("manager@goldshop.example") as client:
        yield client
