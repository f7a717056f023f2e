"""A shop with an API and a table of orders, whose backups are made, spoiled and brought back on a real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from tests.e2e.conftest import Checkout, eventually

from .docker import docker
from .shop import PROJECT, SERVER

TABLE = """
CREATE TABLE orders (id int PRIMARY KEY, what text);
INSERT INTO orders SELECT n, 'ring ' || n FROM generate_series(1, 500) n;
"""


class Yard(Checkout):
    """The system in its folder, and the ways into its containers."""

    def write(self, stack: str) -> None:
        """Its files, around a stack file."""
        for name, text in {
            "stackyard.yaml": stack,
            "api/pyproject.toml": PROJECT,
            "api/server.py": SERVER,
            "database/10-orders.sql": TABLE,
        }.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    @property
    def name(self) -> str:
        """What the stack file calls the system."""
        return str(yaml.safe_load((self.folder / "stackyard.yaml").read_text())["system"])

    def container(self, service: str) -> str:
        return f"{self.name}-development-{service}-1"

    def inside(self, service: str, *argv: str) -> str:
        return docker("exec", self.container(service), *argv)

    def sql(self, text: str) -> str:
        return self.inside("db", "psql", "-U", "postgres", "-d", self.name.replace("-", "_"), "-qtAX", "-c", text)

    def rest(self) -> None:
        """Until nothing is under way: the keeper makes a set of its own when changes were not received for a while."""
        eventually(lambda: not self.status()["backups"]["under_way"], 180)

    def told(self, *words: str) -> Any:
        done = self.stackyard(*words, "--json", timeout=400)
        assert done.code == 0, f"{done.out}\n{done.error}"
        return json.loads(done.out)

    def restored(self, *words: str) -> str:
        done = self.stackyard("restore", *words, "--yes", timeout=500)
        assert done.code == 0, f"{done.out}\n{done.error}"
        return done.out


@contextmanager
def running(made: Checkout) -> Iterator[None]:
    """The system on Compose; in the end it is gone, with its data and its backups."""
    done = made.stackyard("up", "--detach", "--target", "compose", timeout=600)
    try:
        assert done.code == 0, f"{done.out}\n{done.error}"
        yield
    finally:
        made.stackyard("down")
        made.stackyard("clean", "--data", "--backups", "--yes")
