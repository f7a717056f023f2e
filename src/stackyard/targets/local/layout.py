"""Where the targets of one machine keep what they have in common: `.stackyard/<environment>/` beside the stack file.

secrets    0700, one 0600 file a secret
tls        certificates of the development authority, a folder a part
log        what builds and migrations said
backups    0700, backups and what is known of them, unless they are kept elsewhere
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from stackyard.targets.local.folders import HOME, environment_folder, lock_file


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
    def backups(self) -> Path:
        return self.folder / "backups"

    @property
    def scratch(self) -> Path:
        """Where copies are restored on trial."""
        return self.folder / "scratch"

    @property
    def ports_file(self) -> Path:
        return self.folder / "ports.json"

    @property
    def summary_file(self) -> Path:
        """What `status` shows beside the word of what watches the processes: addresses and the welcome text."""
        return self.folder / "summary.json"

    @property
    def lock_file(self) -> Path:
        return lock_file(self.folder)

    @property
    def tls(self) -> Path:
        return self.folder / "tls"

    def certificate(self, part: str) -> Path:
        return self.tls / part / "edge.pem"

    def key(self, part: str) -> Path:
        return self.tls / part / "edge.key"


def user_cache() -> Path:
    """What checkouts share and can be made again. As root it must be readable by the user that parts run as."""
    if os.geteuid() == 0:
        return Path("/var/cache/stackyard")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stackyard"


def user_data() -> Path:
    """What checkouts share and must not be lost: the development authority that browsers were told to trust."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "stackyard"
