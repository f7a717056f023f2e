"""For the tests of services: real parts, a clock, captured logs, signed-in callers. A pytest plugin, on request.

    pytest_plugins = ["stackyard_kit.testing"]

gives the fixtures `parts_folder`, `postgres`, `redis`, `objects` (each started once a session, private to the run, gone
afterwards; a test is skipped where the program is not installed), `clock` and `captured_logs`. A project that wants its
database prepared overrides `postgres` with a fixture of the same name that asks for it.
Extra: `stackyard-kit[testing]`.

PYTEST_DONT_REWRITE: it holds no assertions, and a conftest.py may import from it before pytest does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard_kit.testing.callers import bearer, client, signed_in, started
from stackyard_kit.testing.capture import CapturedLogs, metric
from stackyard_kit.testing.clock import Clock
from stackyard_kit.testing.parts import Objects, Postgres, Redis, start_objects, start_postgres, start_redis
from stackyard_kit.testing.processes import Running, free_port, wait_until

__all__ = [
    "CapturedLogs",
    "Clock",
    "Objects",
    "Postgres",
    "Redis",
    "Running",
    "bearer",
    "captured_logs",
    "client",
    "clock",
    "free_port",
    "metric",
    "objects",
    "parts_folder",
    "postgres",
    "redis",
    "signed_in",
    "started",
    "wait_until",
]


@pytest.fixture(scope="session")
def parts_folder() -> Iterator[Path]:
    """A folder for the parts; not pytest's own, which is closed to the unprivileged user who runs PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="stackyard-kit-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture(scope="session")
def postgres(parts_folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL of this session's own, with the roles `owner` and `app`."""
    started = start_postgres(parts_folder / "postgres")
    if started is None:
        pytest.skip("no PostgreSQL here: set PG_BIN to a folder with initdb and postgres")
    yield started
    started.running.stop(2)


@pytest.fixture(scope="session")
def redis(parts_folder: Path) -> Iterator[Redis]:
    """A Redis of this session's own, with a password."""
    started = start_redis(parts_folder / "redis")
    if started is None:
        pytest.skip("no Redis here: set REDIS_SERVER to redis-server or valkey-server")
    yield started
    started.running.stop()


@pytest.fixture(scope="session")
def objects(parts_folder: Path) -> Iterator[Objects]:
    """An S3-compatible store of this session's own, with one empty bucket."""
    started = start_objects(parts_folder / "objects")
    if started is None:
        pytest.skip("no rclone here: set RCLONE to it")
    yield started
    started.running.stop()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is moved."""
    return Clock()


@pytest.fixture
def captured_logs() -> Iterator[CapturedLogs]:
    """What is logged during the test, as the entries that the log would hold."""
    with CapturedLogs("test") as captured:
        yield captured
