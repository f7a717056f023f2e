"""Where the native target keeps things: `.stackyard/<environment>/` beside the stack file, and a cache of the user.

data       what must never be lost, a folder a resource
secrets    0700, one 0600 file a secret
etc        rendered configuration
run, log   the supervisor's state and the logs
envs       installed Python environments, a folder a service
sites      built front ends: a folder a build, and the link `current` that the edge serves
work       scratch of the parts: nginx bodies, HOME of services
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from stackyard.targets.local import layout

WATCHER = "reload"
"""A part that no stack file names: what runs the edits of sources."""

KEEPER = "backups"
"""Another one: what makes backups when they are due, and receives changes of databases as they happen."""

OURS = frozenset({WATCHER, KEEPER})
"""Parts that nobody waits for, and that nothing stands on."""


@dataclass(frozen=True)
class Layout(layout.Layout):
    """The folders of one system in one environment."""

    @property
    def state_file(self) -> Path:
        return self.folder / "state.json"

    def data(self, part: str) -> Path:
        return self.folder / "data" / part

    def etc(self, part: str) -> Path:
        return self.folder / "etc" / part

    def work(self, part: str) -> Path:
        return self.folder / "work" / part

    def virtual_environment(self, service: str) -> Path:
        return self.folder / "envs" / service

    def site(self, service: str) -> Path:
        return self.folder / "sites" / service

    @property
    def sockets(self) -> Path:
        """A short folder for unix sockets: PostgreSQL and Redis refuse paths beyond 107 bytes (macOS: 103)."""
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:10]
        return Path("/tmp") / f"stackyard-{os.geteuid()}-{digest}-parts"
