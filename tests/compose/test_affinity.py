"""Which replica a client stays with, where replicas are many addresses of one name."""

from __future__ import annotations

from pathlib import Path

from .yard import rendered

TEXT = """
system: loyal
services:
  api: {build: ./api, command: serve, port: 7000, replicas: 2}
edge: {host: loyal.localhost, routes: {/: {service: api, affinity: true}}}
"""


def test_a_client_stays_by_a_hash_of_addresses(tmp_path: Path) -> None:
    """EDGE-07: on a consistent ring all addresses of one name are one point, and clients wander between them."""
    files = {file.path.name: file.content for file in rendered(tmp_path, TEXT, "development").files}
    assert "hash $edge_affinity;" in files["nginx.conf"]
    assert "consistent;" not in files["nginx.conf"]
