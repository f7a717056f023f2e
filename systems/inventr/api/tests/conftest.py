from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from parts import Api, ShopPostgres, migrate, start_api

from stackyard_kit.testing import Postgres, Redis

pytest_plugins = ["stackyard_kit.testing"]


@pytest.fixture(scope="session")
def folder(parts_folder: Path) -> Path:
    return parts_folder


@pytest.fixture(scope="session")
def postgres(postgres: Postgres) -> ShopPostgres:
    shop = ShopPostgres(postgres.running)
    shop.create("inventr")
    done = migrate(shop.url(database="inventr"))
    assert done.returncode == 0, done.stdout + done.stderr
    return shop


@pytest.fixture(scope="session")
def api(postgres: ShopPostgres, redis: Redis, folder: Path) -> Iterator[Api]:
    started = start_api(postgres, redis, folder / "api.log")
    yield started
    started.running.stop()


@pytest.fixture
def clerk(api: Api) -> Iterator[httpx.Client]:
    with api.client("clerk@inventr.example") as client:
        yield client


@pytest.fixture
def manager(api: Api) -> Iterator[httpx.Client]:
    with api.client("manager@inventr.example") as client:
        yield client


@pytest.fixture
def product(manager: httpx.Client, request: pytest.FixtureRequest) -> dict[str, object]:
    """A product of this test's own, ten in stock, at 2.50 each."""
    sku = f"T-{abs(hash(request.node.nodeid)) % 10**8}"
    wanted = {"sku": sku, "name": f"Test {sku}", "category": "Testing", "price": "2.50", "stock": 10}
    answer = manager.post("/api/products", json=wanted)
    assert answer.status_code == 201, answer.text
    made: dict[str, object] = answer.json()
    return made
