"""Corners of the Compose target: a PostgreSQL whose data lies elsewhere, a Redis that speaks TLS, a locked project."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from stackyard.targets.native.toolchain.uv import uv
from tests.engine.shop import SERVER, Shop, docker, shop
from tests.engine.standins import provide

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(600)]

STACK = """
system: stackyard-corners
services:
  api:
    build: ./api
    command: python server.py
    port: 26510
    health: {path: /, start_timeout: 20s, interval: 2s, retries: 2}
    needs: [db, cache]
resources:
  db: {postgres: 18, port: 26518}
  cache: {redis: 8, tls: true, port: 26579}
"""
PROJECT = """
[project]
name = "api"
version = "1"
requires-python = ">=3.11"
dependencies = ["idna<3.10"]
[tool.setuptools]
py-modules = []
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    provide(["postgres:18", "redis:8"])
    with shop(tmp_path_factory.mktemp("corners"), "stackyard-corners") as made:
        (made.folder / "stackyard.yaml").write_text(STACK)
        (made.folder / "api/pyproject.toml").write_text(PROJECT)
        environment = {**os.environ, "UV_SYSTEM_CERTS": "1"}
        subprocess.run([uv(), "lock", "--quiet"], cwd=made.folder / "api", env=environment, check=True, timeout=120)
        # What the project itself allows is more than what its lock says.
        made.edit("idna<3.10", "idna", "api/pyproject.toml")
        (made.folder / "api/server.py").write_text(f"import idna\n{SERVER}")
        made.up()
        yield made


def test_what_is_locked_is_installed(running: Shop) -> None:
    """TOP-10: by the project's own `uv.lock`, not by what is newest."""
    assert running.inside("api", "python", "-c", "import idna; print(idna.__version__)") == "3.9"


def test_the_data_of_postgresql_18_lies_in_its_volume_and_stays(running: Shop) -> None:
    """TOP-02: the image of 18 keeps each release in a folder of its own."""
    assert running.sql("SHOW data_directory") == "/var/lib/postgresql/18/docker"
    assert running.sql("SELECT current_setting('server_version_num')::int / 10000") == "18"
    running.sql("CREATE TABLE kept AS SELECT 7 AS seven")
    docker("rm", "--force", running.containers()["db-1"].id)
    running.up()
    assert running.sql("SELECT seven FROM kept") == "7"
    assert running.steps() == []


def test_the_settings_of_a_redis_that_speaks_tls_are_compared_and_put_right(running: Shop) -> None:
    """CACHE-02: over a relay that carries bytes and knows nothing of TLS."""
    secret = (running.layout.secrets / "cache.admin").read_text().strip()
    ask = ("redis-cli", "--tls", "--insecure", "--user", "admin", "--pass", secret, "--no-auth-warning")
    running.inside("cache", *ask, "CONFIG", "SET", "maxmemory", "12345678")
    assert running.steps() == ["reconcile the settings of cache: maxmemory is 12345678"]
    before = running.containers()["cache-1"].since
    running.up()
    assert running.steps() == []
    assert running.containers()["cache-1"].since == before
