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

from stackyard.targets.native.folders import HOME, environment_folder, lock_file

EDGE = "edge"
WATCHER = "reload"
"""Parts that no stack file names."""


@dataclass(frozen=True)
class Layout:
    """The folders of one system in one environment."""

    root: Path
    environment: str

    @property
    def home(self) -> Path:
        return self.root / HOME

    @property
    def folder(self) -> Path:
        return environment_folder(self.root, self.environment)

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def state_file(self) -> Path:
        return self.folder / "state.json"

    @property
    def ports_file(self) -> Path:
        return self.folder / "ports.json"

    @property
    def summary_file(self) -> Path:
        """What `status` shows beside the supervisor's word: addresses and the welcome text."""
        return self.folder / "summary.json"

    @property
    def lock_file(self) -> Path:
        return lock_file(self.folder)

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
    def tls(self) -> Path:
        return self.folder / "tls"

    def certificate(self, part: str) -> Path:
        return self.tls / part / "edge.pem"

    def key(self, part: str) -> Path:
        return self.tls / part / "edge.key"

    @property
    def sockets(self) -> Path:
        """A short folder for unix sockets: PostgreSQL and Redis refuse paths beyond 107 bytes (macOS: 103)."""
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:10]
        return Path("/tmp") / f"stackyard-{os.geteuid()}-{digest}-parts"


def user_cache() -> Path:
    """What checkouts share and can be made again. As root it must be readable by the user that parts run as."""
    if os.geteuid() == 0:
        return Path("/var/cache/stackyard")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stackyard"


def user_data() -> Path:
    """What checkouts share and must not be lost: the development authority that browsers were told to trust."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "stackyard"
