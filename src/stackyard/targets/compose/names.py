"""The names that a system has in the engine, and the paths inside its containers."""

from __future__ import annotations

import os
import re
from pathlib import Path

from stackyard.model.system import System

ETC = "/etc/stackyard"
"""Where configuration is mounted, file by file."""

CRON = f"{ETC}/cron.sh"
"""The loop of a service with a schedule."""

SECRETS = "/run/secrets"
"""Where Compose mounts secrets."""

ENVIRONMENT = "environment"
"""The name of the secret file, inside a container, that its entrance reads."""

STATIC = "/srv/www"
"""Where the image of the edge holds built front ends, a folder each."""

MONITORING = "monitoring"
BACKUPS = "backups"
"""The container that makes them, and what belongs to it."""
RESTORE = "restore"
"""The overlay of a container that is run for a moment, with all data at hand: no `up` starts it."""
RESTORER = f"{BACKUPS}-restore"
"""That container."""
LOCAL_TAG = "local"


def project(system: System) -> str:
    """The name of the Compose project: what Compose allows, and nothing that another system could have."""
    return re.sub(r"[^a-z0-9_-]+", "-", f"{system.name}-{system.environment}".lower()).strip("-_")


def volume(project: str, key: str) -> str:
    """The name that a volume has by its key in the document of a project."""
    return f"{project}_{key}"


def image(system: System, service: str, tag: str) -> str:
    """The image that we build for a service."""
    return f"{re.sub(r'[^a-z0-9]+', '-', system.name.lower()).strip('-')}-{service}:{tag or LOCAL_TAG}"


def relative(path: Path, folder: Path) -> str:
    """The path as the documents write it: relative to the folder, and always recognisable as a path."""
    text = Path(os.path.relpath(path, folder)).as_posix()
    return text if text.startswith("..") else f"./{text}" if text != "." else "."


SERVICE_USER = "10001:10001"
"""Who Python services run as: nobody that a host is likely to have."""
