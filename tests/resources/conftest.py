"""Fixtures: a folder that the unprivileged user may enter, and the oldest and the newest PostgreSQL that is here."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.model.values import Version

from .servers import MAJORS, Running, need, postgres


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder that the unprivileged user may enter, on a path short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="sy-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session", params=MAJORS)
def cluster(request: pytest.FixtureRequest, place: Path) -> Iterator[Running]:
    """The oldest and the newest PostgreSQL that is here; every test uses a system of its own name on it."""
    tool = need("postgres", Version((request.param,)))
    with postgres(place, tool, f"pg{request.param}") as found:
        yield found
