"""The edge on a real engine: whoever reads through it need not know which replica has just died, or just come."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.conftest import Checkout, ground

from .docker import docker, wait

__all__ = ["ground"]

pytestmark = pytest.mark.engine

AWAY = 2.2
"""Seconds that a replica stays dead: the edge has looked names up again by then."""
NAME = "stackyard-edge"
HTTP, HTTPS = 24080, 24443
STACK = f"""
system: {NAME}
services:
  api:
    build: ./api
    command: python -I -S server.py
    port: 24081
    replicas: 3
    health: {{path: /, start_timeout: 30s, interval: 2s, retries: 2}}
edge:
  host: edge.localhost
  http: {HTTP}
  https: {HTTPS}
  limits: {{/: 10000/s, connections: 1000}}
"""
# A head and a body in one piece: of an answer that has begun, nobody can take anything back.
SERVER = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *words):
        pass

ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Answer).serve_forever()
"""
PROJECT = """
[project]
name = "api"
version = "1"
requires-python = ">=3.11"
[tool.setuptools]
py-modules = []
"""


@dataclass
class Readers:
    """Some who read without an end, each on one connection, with a pause after each answer."""

    pause: float
    good: int = 0
    bad: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        connection = connect()
        while not self.over.is_set():
            try:
                status = ask(connection)
            except (OSError, http.client.HTTPException) as error:
                self.bad.append(repr(error))
                connection.close()
                continue
            if status == 200:
                self.good += 1
            else:
                self.bad.append(str(status))
            self.over.wait(self.pause)
        connection.close()


def connect() -> http.client.HTTPSConnection:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", HTTPS, timeout=30, context=context)


def ask(connection: http.client.HTTPSConnection) -> int:
    connection.request("GET", "/", headers={"Host": f"edge.localhost:{HTTPS}"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


@pytest.fixture(scope="module")
def first_answer(ground: Path) -> Iterator[int]:
    """The system by plain Docker Compose, from an ejected folder; what the edge said to the very first question."""
    folder = ground / "edge-on-compose"
    for path, text in {
        "stackyard.yaml": STACK,
        "api/pyproject.toml": PROJECT,
        "api/server.py": SERVER,
    }.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    ejected = json.loads(Checkout(folder).stackyard("render", "compose", "-o", "out", "--json").out)
    compose = ["docker", "compose", *(word for name in ejected["order"] for word in ("-f", name))]
    try:
        done = subprocess.run(
            [*compose, "up", "-d", "--build", "--wait"], cwd=folder / "out", capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        with contextlib.closing(connect()) as connection:
            status = ask(connection)
        yield status
    finally:
        down = [*compose, "down", "--volumes", "--rmi", "local"]
        subprocess.run(down, cwd=folder / "out", capture_output=True, timeout=120)


def test_an_edge_that_is_healthy_reaches_what_stands_behind_it(first_answer: int) -> None:
    """EDGE-07: it starts after those whose names it looks up, so neither a client nor its log meets a gap."""
    assert first_answer == 200
    assert "could not be resolved" not in docker("logs", f"{NAME}-development-edge-1")


def test_no_read_fails_while_replicas_die_and_come_back(first_answer: int) -> None:
    """EDGE-07: addresses vanish and come while requests are on their way to them.

    With pauses between the reads: whoever asks all the time notices a death at once, and has forgotten it by the time
    that the address is gone.
    """
    readers = Readers(pause=0.2)
    threads = [threading.Thread(target=readers.read) for _ in range(4)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 20.0
    deaths = 0
    while time.monotonic() < until or deaths < 3:
        container = f"{NAME}-development-api-{1 + deaths % 3}"
        docker("kill", container)
        time.sleep(AWAY)
        docker("start", container)
        wait(partial(is_healthy, container), "it did not come back")
        deaths += 1
    readers.over.set()
    for thread in threads:
        thread.join()
    assert (readers.bad, readers.good > 100) == ([], True)


def is_healthy(container: str) -> bool:
    return docker("inspect", "--format", "{{.State.Health.Status}}", container) == "healthy"
