"""inventr on a real engine, to be sabotaged: reached as somebody with Docker at hand would."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from stackyard.spec.load import load
from stackyard.targets.compose.target import ComposeTarget
from stackyard.targets.local import secrets
from tests.e2e.conftest import Checkout, copy_system

NAME = "verify-inventr"
PROJECT = f"{NAME}-development"
PORTS = {"edge.http": 26180, "edge.https": 26143, "api-1": 26100, "web": 26101, "db": 26132, "cache": 26179}


@dataclass(frozen=True)
class Harm:
    """Harm done to a system on Compose. `breaks` are the ids of exactly the checks that must say so.

    `up` must put it right. Where it cannot by its nature, `undo` does what the check tells a person to do.
    """

    name: str
    breaks: frozenset[str]
    harm: Callable[[ComposeGround], None]
    undo: Callable[[ComposeGround], None] | None = None

    def __str__(self) -> str:
        return self.name


class ComposeGround:
    """The system, and the ways into it."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout

    @property
    def home(self) -> Path:
        return self.checkout.folder / ".stackyard/development"

    @property
    def rendered(self) -> Path:
        """The folder of the Compose project."""
        return self.home / "compose"

    @cached_property
    def target(self) -> ComposeTarget:
        return ComposeTarget(load(self.checkout.folder, "development"))

    def up(self) -> None:
        """`stackyard up --target compose`, which must succeed."""
        done = self.checkout.stackyard("up", "--detach", "--target", "compose", timeout=600)
        assert done.code == 0, f"{done.out}\n{done.error}"

    def verify(self, *words: str) -> dict[str, Any]:
        """The report of `stackyard verify --json`."""
        done = self.checkout.stackyard("verify", "--target", "compose", "--json", *words)
        assert done.code in (0, 4), f"{done.out}\n{done.error}"
        found: dict[str, Any] = json.loads(done.out)
        return found

    def redefine(self, service: str, **changes: Any) -> None:
        """Have Compose make the containers of a service anew from the document with these changes to it."""
        theirs = self.home / "theirs.yaml"
        theirs.write_text(yaml.safe_dump({"services": {service: changes}}).replace("'!reset'", "!reset null"))
        try:
            self.compose(theirs, "up", "--detach", "--no-deps", "--no-build", "--wait", service)
        finally:
            theirs.unlink()

    def compose(self, more: Path, *words: str) -> None:
        """`docker compose` with the documents of the project and one more."""
        files = [word for name in self.target.project.files for word in ("--file", str(self.rendered / name))]
        where = ("--project-name", PROJECT, "--project-directory", str(self.rendered))
        docker("compose", *where, *files, "--file", str(more), *words)

    def name(self, service: str) -> str:
        """The engine's name of the first container of a service."""
        return f"{PROJECT}-{service}-1"

    def pid(self, service: str) -> int:
        """The first process of it on this machine."""
        return int(docker("inspect", "--format", "{{.State.Pid}}", self.name(service)))

    def inside(self, service: str, *argv: str, user: str = "") -> str:
        return docker("exec", *(("--user", user) if user else ()), self.name(service), *argv)

    def sql(self, text: str) -> None:
        """Run SQL as the superuser, in the database of the system."""
        self.inside("db", "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", "verify_inventr", "-c", text, user="postgres")

    def secret(self, name: str) -> str:
        return secrets.read(self.home / "secrets", name)

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a rendered file in place, so that containers see it."""
        path = self.rendered / "config" / name
        text = path.read_text()
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new))


def make(place: Path) -> ComposeGround:
    """The system in a folder, up, under a name of its own: an engine has one system of each name."""
    checkout = copy_system("inventr", place)
    checkout.edit("stackyard.yaml", "system: inventr", f"system: {NAME}")
    ports = checkout.folder / ".stackyard/development/ports.json"
    ports.parent.mkdir(parents=True)
    ports.write_text(json.dumps(PORTS))
    ground = ComposeGround(checkout)
    ground.up()
    return ground


def docker(*argv: str, variables: Mapping[str, str] | None = None) -> str:
    """What Docker says, which must not be a complaint."""
    done = subprocess.run(("docker", *argv), capture_output=True, text=True, check=False, timeout=120, env=variables)
    assert done.returncode == 0, f"docker {' '.join(argv)}: {done.stderr}"
    return done.stdout.strip()
