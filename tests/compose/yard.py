"""Stack files as text, rendered: in a folder that holds whatever they may name."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from stackyard.model.system import System
from stackyard.spec.load import load
from stackyard.targets.compose import slots
from stackyard.targets.compose.render import render
from stackyard.targets.compose.rendering import Entrance, Inputs, Places, Rendered

ENVIRONMENTS = ("development", "testing", "production")
CASES = Path(__file__).with_name("cases")
MARK = "# ---- becomes\n"
_FILES = {
    "api/pyproject.toml": "[project]\nname = 'api'\nversion = '1'\n",
    "web/index.html": "<!doctype html>",
    "away.html": "<!doctype html>",
    "legacy/Dockerfile": "FROM scratch\nUSER 10001\n",
    "database/10-tables.sql": "CREATE TABLE things (id int);\n",
}


def stack(folder: Path, text: str) -> Path:
    """The stack file in the folder, beside everything that it may name."""
    for name, content in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    file = folder / "stackyard.yaml"
    file.write_text(text)
    return file


def systems(folder: Path, text: str) -> dict[str, System]:
    """The system in every environment."""
    file = stack(folder, text)
    return {name: load(file, name) for name in ENVIRONMENTS}


def inputs(system: System, *, ejected: bool = False, **more: Any) -> Inputs:
    """What is known of a machine of two cores on which nothing has been made yet."""
    folder = system.root / "out" if ejected else system.root / ".stackyard" / system.environment / "compose"
    given = {"entrances": {"legacy": Entrance(("/entry",), ("serve",))}, "cores": 2, **more}
    return Inputs(ports=slots.documented(system), places=Places(folder, ejected), **given)


def rendered(folder: Path, text: str, environment: str = "production", **more: Any) -> Rendered:
    """What one environment becomes by itself."""
    system = systems(folder, text)[environment]
    return render(system, inputs(system, **more))


def ejected(folder: Path, text: str, environment: str = "production") -> Rendered:
    """What all environments become, with one of them as our own."""
    every = systems(folder, text)
    own = every[environment]
    others = [one for one in every.values() if one is not own]
    return render(own, inputs(own, ejected=True), others)


def case(name: str) -> str:
    """The stack file of a case."""
    return (CASES / f"{name}.yaml").read_text().partition(MARK)[0]


def write(made: Rendered, folder: Path) -> None:
    """Put the files where they belong, and something where secrets would be."""
    for file in made.files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content)
    for secret in made.secret_files:
        path = folder / secret.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("made by a test\n")


@cache
def compose() -> bool:
    """Whether `docker compose` is on this machine; it needs no engine to read documents."""
    try:
        return subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
