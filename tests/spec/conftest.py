"""A project folder such as the cases describe: sources of every kind, ready to be named by a stack file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stackyard.errors import SpecError
from stackyard.finding import Finding
from stackyard.spec.load import load

FILES = (
    "api/pyproject.toml",
    "worker/requirements.txt",
    "docker/Dockerfile",
    "both/pyproject.toml",
    "both/Dockerfile",
    "web/package.json",
    "site/index.html",
    "database/001-tables.sql",
    "empty/notes.txt",
    "tls/shop.pem",
    "tls/shop.key",
    "maintenance.html",
)


def make_project(root: Path) -> Path:
    """Write the folders that the cases name below `root`, a git repository."""
    (root / ".git").mkdir(parents=True)
    for name in FILES:
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder without a stack file."""
    return make_project(tmp_path / "project")


@pytest.fixture
def findings_of(project: Path) -> Callable[[str | bytes], list[Finding]]:
    """Load a stack file with this content, which must be refused, and give the findings."""

    def read(content: str | bytes) -> list[Finding]:
        path = project / "stackyard.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with pytest.raises(SpecError) as caught:
            load(path)
        return list(caught.value.findings)

    return read
