"""Checkouts to run: copies of the reference system and the examples, in folders that any user may enter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

REPOSITORY = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(
    "node_modules", ".stackyard", ".venv", ".venvs", "dist", "__pycache__", ".pytest_cache", "*.egg-info"
)


@dataclass(frozen=True)
class Run:
    """What a command ended with."""

    code: int
    out: str
    error: str


@dataclass(frozen=True)
class Checkout:
    """A folder with a stack file, and the command line in it, as the user who owns it."""

    folder: Path
    uid: int | None = None
    home: Path | None = None

    def stackyard(self, *words: str, timeout: float = 300.0) -> Run:
        """Run `stackyard WORDS` in this folder to its end."""
        done = subprocess.run(self.command(*words), **self.process(), capture_output=True, text=True, timeout=timeout)
        return Run(done.returncode, done.stdout, done.stderr)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "stackyard.cli.main", *words]

    def process(self) -> dict[str, Any]:
        """How a process of this checkout is started."""
        environment = {**os.environ, "NO_COLOR": "1"}
        environment.pop("XDG_RUNTIME_DIR", None)
        if self.uid is None:
            return {"cwd": self.folder, "env": environment, "check": False}
        environment["HOME"] = str(self.home)
        user = {"user": self.uid, "group": self.uid, "extra_groups": []}
        return {"cwd": self.folder, "env": environment, "check": False, **user}

    def up(self, *words: str) -> Run:
        """`stackyard up --detach`, which must succeed."""
        done = self.stackyard("up", "--detach", *words)
        assert done.code == 0, f"{done.out}\n{done.error}"
        return done

    def up_in_turn(self) -> Run:
        """`stackyard up --detach` after an edit of what runs: the watcher has seen it, too, and may be at work."""
        return self.stackyard("up", "--detach", "--brief")

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.stackyard("status", "--json").out)
        return found

    def pids(self) -> dict[str, int]:
        return {part["id"]: part["pid"] for part in self.status()["parts"]}

    def ports(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.folder / ".stackyard/development/ports.json").read_text())
        return found

    def client(self, name: str) -> httpx.Client:
        """A client of the edge of the system `name` that resolves nothing: the host goes into the header."""
        port = self.ports()["edge.https"]
        host = {"Host": f"{name}.localhost:{port}"}
        return httpx.Client(base_url=f"https://127.0.0.1:{port}", headers=host, verify=False, timeout=10)

    def processes(self) -> list[psutil.Process]:
        """Every process that runs out of this folder or for it."""
        found = []
        for process in psutil.process_iter():
            try:
                words = " ".join([*process.cmdline(), process.cwd()])
            except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                continue
            if str(self.folder) in words and process.pid != os.getpid():
                found.append(process)
        return found

    def is_gone(self, seconds: float = 5.0) -> bool:
        """True when no process of this checkout is left within so many seconds."""
        deadline = time.monotonic() + seconds
        while self.processes():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file of the project, as a person would."""
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


def eventually(claim: Callable[[], object], seconds: float = 10.0) -> None:
    """The claim holds within so many seconds."""
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def ground() -> Iterator[Path]:
    """A folder for checkouts that any user may enter: pytest's own are closed to the user that parts run as."""
    folder = Path(tempfile.mkdtemp(prefix="stackyard-e2e-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def copy_system(name: str, place: Path) -> Checkout:
    """A copy of a reference system with the kits that it uses, as in the repository."""
    for kit in ("kit", "web-kit"):
        shutil.copytree(REPOSITORY / kit, place / kit, ignore=LEFT_OUT)
    shutil.copytree(REPOSITORY / "systems" / name, place / "systems" / name, ignore=LEFT_OUT)
    return Checkout(place / "systems" / name)


def copy_example(name: str, place: Path) -> Checkout:
    """A copy of an example."""
    shutil.copytree(REPOSITORY / "examples" / name, place, ignore=LEFT_OUT)
    return Checkout(place)


@pytest.fixture(scope="session")
def inventr(ground: Path) -> Iterator[Checkout]:
    """The inventr system, up."""
    checkout = copy_system("inventr", ground / "inventr")
    checkout.up()
    yield checkout
    checkout.stackyard("down")


@pytest.fixture(scope="session")
def goldshop(ground: Path) -> Iterator[Checkout]:
    """The goldshop system, up."""
    checkout = copy_system("goldshop", ground / "goldshop")
    checkout.up()
    yield checkout
    checkout.stackyard("down")


@pytest.fixture
def guestbook(ground: Path) -> Iterator[Checkout]:
    """A fresh copy of the guest book, not up."""
    place = Path(tempfile.mkdtemp(prefix="guestbook-", dir=ground)) / "guestbook"
    place.parent.chmod(0o755)
    checkout = copy_example("guestbook", place)
    yield checkout
    checkout.stackyard("down")
    shutil.rmtree(place, ignore_errors=True)
