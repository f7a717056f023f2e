"""How the backups of a system on Compose stand, as their keeper wrote it down: read whether it runs or not."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path

from stackyard.backup import health
from stackyard.backup.health import Health
from stackyard.backup.job import Places
from stackyard.targets.compose import commands
from stackyard.targets.compose.dockerfiles.backups import BACKUPS as FOLDER
from stackyard.targets.compose.names import BACKUPS
from stackyard.targets.compose.snapshot import Container

_PATIENCE = 20.0


def health_of(containers: Iterable[Container]) -> Health | None:
    """The health of the backups; None where none are made, and before they were first looked at."""
    found = next((one for one in containers if one.service == BACKUPS and not one.is_one_off), None)
    if found is None:
        return None
    argv = commands.copy_out(found.id, str(Places(Path(FOLDER)).state))
    try:
        done = subprocess.run(argv, env=commands.environment(), capture_output=True, check=False, timeout=_PATIENCE)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            (member,) = archive.getmembers()
            content = archive.extractfile(member)
            return None if content is None else health.from_data(json.loads(content.read())["health"])
    except (OSError, ValueError, KeyError, TypeError, tarfile.TarError, subprocess.TimeoutExpired):
        return None
