"""Health checks: exec form, quick while a container starts, slow afterwards, each with a limit of its own.

A check in shell form is killed with its shell when it takes too long, and what it had started stays behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

from stackyard.model.system import Probe
from stackyard.targets.compose.draft import Config
from stackyard.targets.compose.hardening import seconds
from stackyard.targets.compose.names import ETC

SOON = 0.2
"""Seconds between two looks at a container that starts: each is a process more."""

_GRACE = 3.0
"""Seconds that the engine waits longer than the check itself does."""


def check(command: Sequence[str], probe: Probe, *, soon: float = SOON) -> dict[str, Any]:
    """A health check that runs `command` in the container, without a shell."""
    return {
        "test": ["CMD", *command],
        "interval": seconds(probe.interval),
        "timeout": seconds(probe.timeout + _GRACE),
        "retries": probe.retries,
        "start_period": seconds(probe.start_timeout),
        "start_interval": seconds(soon),
    }


def python(port: int, path: str, timeout: float) -> tuple[str, ...]:
    """Ask a service by the Python that is in its image; without a path, that it accepts a connection is enough.

    Isolated and without site packages, which takes a third of the time that a plain start takes.
    """
    return ("python", "-I", "-S", f"{ETC}/probe.py", str(port), f"{timeout:g}", *([path] if path else []))


def shell(port: int, path: str, timeout: float) -> tuple[str, ...]:
    """Ask with whatever an image has; without a path, that it accepts a connection is enough."""
    return ("/bin/sh", f"{ETC}/probe.sh", str(port), f"{max(1, round(timeout))}", *([path] if path else []))


def script(name: str) -> Config:
    """The script of `python` ("probe.py") or `shell` ("probe.sh"); all containers share it."""
    text = (resources.files("stackyard.targets.compose") / "scripts" / name).read_text(encoding="utf-8")
    return Config(name.replace(".", "-"), f"config/{name}", f"{ETC}/{name}", text)
