"""What needs a Docker engine: skipped with the reason where none is reachable. `scripts/engine` brings one up.

The longest of them take half an hour together, and run where STACKYARD_ENGINE_TESTS=whole asks for them.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache

import pytest

OLDEST = 25


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    marked = [item for item in items if item.get_closest_marker("engine")]
    reason = why_no_engine() if marked else ""
    for item in marked if reason else ():
        item.add_marker(pytest.mark.skip(reason=reason))
    if os.environ.get("STACKYARD_ENGINE_TESTS") != "whole":
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="takes minutes: STACKYARD_ENGINE_TESTS=whole runs it"))


@cache
def why_no_engine() -> str:
    """Why the engine tests cannot run here; "" when they can."""
    try:
        answer = _ask("docker", "version", "--format", "{{json .}}")
        plugins = [_ask("docker", plugin, "version") for plugin in ("compose", "buildx")]
    except FileNotFoundError:
        return "no Docker engine: there is no docker on this machine (scripts/engine brings one)"
    server = (json.loads(answer.stdout or "{}") or {}).get("Server")
    if answer.returncode != 0 or not server:
        return f"no Docker engine: {answer.stderr.strip()[-200:]} (scripts/engine starts one)"
    if int(server["Version"].split(".")[0]) < OLDEST:
        return f"the Docker engine is {server['Version']}, and {OLDEST} is needed"
    if any(plugin.returncode != 0 for plugin in plugins):
        return "Docker has no Compose v2 or no buildx here (scripts/engine brings them)"
    return ""


def _ask(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
