from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from parts import Api, Postgres, Running, find_postgres, find_redis, migrate, start_api, start_postgres, start_redis


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    # Not pytest's own: that one is closed to the unprivileged user who runs PostgreSQL.
    with tempfile.TemporaryDirectory(prefix="inventr-test-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture(scope="session")
def postgres(folder: Path) -> Iterator[Postgres]:
    binaries = find_postgres()
    if binaries is None:
        pytest.skip("no PostgreSQL here: set PG_BIN to a folder with initdb and postgres")
    (folder / "postgres").mkdir()
    started = start_postgres(binaries, folder / "postgres")
    started.create("inventr")
    done = migrate(started.url(database="inventr"))
    assert done.returncode == 0, done.stdout + done.stderr
    yield started
    started.running.stop(2)


@pytest.fixture(scope="session")
def redis(folder: Path) -> Iterator[Running]:
    binary = find_redis()
    if binary is None:
        pytest.skip("no Redis here: set REDIS_SERVER to redis-server or valkey-server")
    (folder / "redis").mkdir()
    started = start_redis(binary, folder / "redis")
    yield started
    started.stop()


@pytest.fixture(scope="session")
def api(postgres: Postgres, redis: Running, folder: Path) -> Iterator[Api]:
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
