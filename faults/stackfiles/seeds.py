"""The stack files that are mutated, each in a project folder of its own with what it names."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_LEFT_OUT = shutil.ignore_patterns(
    "node_modules", ".stackyard", ".venv", ".venvs", "dist", "__pycache__", ".pytest_cache", "*.egg-info"
)
_WHOLE = (
    "api/pyproject.toml",
    "worker/requirements.txt",
    "both/pyproject.toml",
    "both/Dockerfile",
    "web/package.json",
    "database/001-tables.sql",
    "tls/shop.pem",
    "tls/shop.key",
    "maintenance.html",
)
"""What tests/spec/whole.yaml, the file with almost every key, names."""


@dataclass(frozen=True)
class Seed:
    """A right stack file, as text, and its project folder, in which `path` is where a mutation of it is written."""

    name: str
    text: str
    path: Path


def seeds(place: Path) -> list[Seed]:
    """Every stack file of the repository in a copy of its project below `place`."""
    systems = sorted((REPOSITORY / "systems").glob("*/stackyard.yaml"))
    examples = sorted((REPOSITORY / "examples").glob("*/stackyard.yaml"))
    found = [*systems, *examples, REPOSITORY / "tests" / "e2e" / "every_part" / "stackyard.yaml"]
    # Front ends of the systems depend on it, by its path.
    shutil.copytree(REPOSITORY / "web-kit", place / "web-kit", ignore=_LEFT_OUT)
    return [*(_copied(path, place) for path in found), _whole(place)]


def _copied(path: Path, place: Path) -> Seed:
    folder = place / path.parent.relative_to(REPOSITORY)
    shutil.copytree(path.parent, folder, ignore=_LEFT_OUT)
    return _seed(folder, path.read_text(encoding="utf-8"))


def _whole(place: Path) -> Seed:
    folder = place / "whole"
    for name in _WHOLE:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}\n" if path.suffix == ".json" else "")
    return _seed(folder, (REPOSITORY / "tests" / "spec" / "whole.yaml").read_text(encoding="utf-8"))


def _seed(folder: Path, text: str) -> Seed:
    # A repository of its own: else "../.." would still be inside the project.
    (folder / ".git").mkdir(exist_ok=True)
    return Seed(folder.name, text, folder / "stackyard.yaml")
