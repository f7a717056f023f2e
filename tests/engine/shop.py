"""A small system on a real engine: a service, its database and its cache, in a folder of a test."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stackyard.model.system import System
from stackyard.operate.apply import Progress, apply
from stackyard.plan.step import Plan
from stackyard.runner import Processes
from stackyard.spec.load import load
from stackyard.targets.compose import releases
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.snapshot import Container, Eye
from stackyard.targets.compose.target import ComposeTarget
from stackyard.targets.local import ports
from stackyard.targets.local.state import operation

STACK = """
system: NAME
services:
  api:
    build: ./api
    command: python -I -S server.py
    port: 24500
    health: {path: /, start_timeout: 10s, interval: 2s, retries: 2}
    needs: [db, cache]
    migrate: python -I -S migrate.py
resources:
  db: {postgres: 17, port: 24501, init: ./database}
  cache: {redis: 7, port: 24502}
"""
SERVER = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"version 1")

assert os.environ["DATABASE_URL"].startswith("postgresql://")
HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Answer).serve_forever()
"""
PROJECT = """
[project]
name = "api"
version = "1"
requires-python = ">=3.11"
[tool.setuptools]
py-modules = []
"""


class Shop:
    """The system in its folder. Every method looks at the engine anew."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.project = f"{name}-testing"
        self.eye = Eye(Processes())
        for path, text in {
            "stackyard.yaml": STACK.replace("NAME", name),
            "api/pyproject.toml": PROJECT,
            "api/server.py": SERVER,
            "api/migrate.py": "print('migrated')\n",
            "database/10-tables.sql": "CREATE TABLE things (id int);\n",
            "database/20-things.sql": "\\set one 1\nINSERT INTO things VALUES (:one);\n",
        }.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    @property
    def layout(self) -> Layout:
        return Layout(self.folder, "testing")

    def edit(self, old: str, new: str, file: str = "stackyard.yaml") -> None:
        """Replace a piece of a file, which must be there."""
        path = self.folder / file
        assert old in path.read_text(), old
        path.write_text(path.read_text().replace(old, new))

    def load(self) -> System:
        return load(self.folder / "stackyard.yaml", "testing")

    def target(self) -> ComposeTarget:
        return ComposeTarget(self.load())

    def plan(self) -> Plan:
        return self.target().plan()

    def steps(self) -> list[str]:
        """What would be done, and why."""
        return [str(step) for step in self.plan().steps]

    def up(
        self, tell: Callable[[Progress], None] = lambda _: None, interrupted: threading.Event | None = None
    ) -> list[str]:
        """What `up` does, and what it did; raises what it raises, with everything taken back."""
        with operation(self.layout.lock_file, "up"):
            target = self.target()
            plan = target.plan()
            ports.save(self.layout.ports_file, target.ports)
            try:
                apply(plan, target.perform, tell, interrupted or threading.Event())
                target.confirm()
            except BaseException:
                target.take_back()
                raise
            target.record.save()
            releases.settle(target)
            target.close()
        return [str(step) for step in plan.steps]

    def containers(self) -> dict[str, Container]:
        return {f"{one.service}-{one.number}": one for one in self.eye.containers(self.project)}

    def running(self) -> list[str]:
        return sorted(name for name, one in self.containers().items() if one.is_running)

    def sql(self, text: str) -> str:
        """What the database answers to its superuser."""
        return self.inside("db", "psql", "-qtAX", "-d", self.name.replace("-", "_"), "-c", text)

    def inside(self, service: str, *argv: str) -> str:
        return docker("exec", self.containers()[f"{service}-1"].id, *argv)

    def remove(self) -> None:
        """Take away everything that bears the name of this project."""
        for kind, remove in (
            ("ps --all", "rm --force --volumes"),
            ("volume ls", "volume rm"),
            ("network ls", "network rm"),
        ):
            label = f"label=com.docker.compose.project={self.project}"
            found = docker(*kind.split(), "--quiet", "--filter", label).split()
            if found:
                docker(*remove.split(), *found)


@contextmanager
def shop(folder: Path, name: str) -> Iterator[Shop]:
    """A system that is gone afterwards, with its data."""
    made = Shop(folder, name)
    made.remove()
    try:
        yield made
    finally:
        made.remove()


def docker(*argv: str) -> str:
    """What Docker says, which must not be a complaint."""
    done = subprocess.run(("docker", *argv), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, f"docker {' '.join(argv)}: {done.stderr}"
    return done.stdout.strip()
