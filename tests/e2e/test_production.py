"""Production on this machine: strict ports, no watcher, only the edge in sight, and proven by `stackyard verify`."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Checkout

pytestmark = pytest.mark.real

_FILE = """\
system: guestbook
services:
  app: {{build: ., command: uvicorn main:app, port: {app}, health: /healthz, needs: [db]}}
resources: {{db: {{postgres: ">=15", port: {db}}}}}
edge: {{host: guestbook.localhost, http: {http}, https: {https}}}
environments: {{production: {{}}}}
"""


def free_ports(*names: str) -> dict[str, int]:
    """Ports that nobody has, all below those that the kernel hands out by itself."""
    found: dict[str, int] = {}
    for port in range(24_100, 24_400):
        if len(found) == len(names):
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                found[names[len(found)]] = port
    return found


@pytest.fixture
def production(guestbook: Checkout) -> Iterator[Checkout]:
    (guestbook.folder / "stackyard.yaml").write_text(_FILE.format(**free_ports("app", "db", "http", "https")))
    yield guestbook
    guestbook.stackyard("down", "--env", "production")


def test_production_comes_up_and_shows_the_edge_alone(production: Checkout) -> None:
    """TOP-03, TOP-06: nothing but the edge can be reached from outside, and nobody watches the sources."""
    production.up("--env", "production")
    report = json.loads(production.stackyard("verify", "--json", "--env", "production", "--only", "topology").out)
    verdicts = {check["id"]: check for check in report["checks"]}
    assert [one["sentence"] for one in verdicts.values() if one["verdict"] in ("broken", "unknown")] == []
    seen = {one["sent"]: one["came_back"] for one in verdicts["topology.loopback"]["evidence"]}
    reached = {sent.split()[2] for sent, who in seen.items() if who == "everybody"}
    assert reached == {"edge"}
    assert verdicts["topology.watcher"]["evidence"][0]["came_back"] == "nobody watches"
