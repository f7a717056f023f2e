"""A supervisor in a folder of its own for each test, and nothing left of it afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from stackyard.errors import StateError
from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor import aftermath, processes
from stackyard.targets.native.supervisor.client import Client, connect, launch
from stackyard.targets.native.supervisor.places import Places
from stackyard.targets.native.supervisor.status import Mode, ProgramStatus

T = TypeVar("T")


class Yard:
    """One environment folder, its supervisor, and words to ask about both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.places = Places(folder)

    def launch(self, mode: Mode = "detached") -> Client:
        return launch(self.folder, mode)

    def python(self, name: str, code: str, **more: Any) -> Program:
        argv = (sys.executable, "-S", "-E", "-u", "-c", code)
        return Program(**{"id": name, "part": name, "argv": argv, "cwd": "/tmp"} | more)

    def sh(self, name: str, script: str, **more: Any) -> Program:
        return Program(**{"id": name, "part": name, "argv": ("/bin/sh", "-c", script), "cwd": "/tmp"} | more)

    def one(self, client: Client, name: str) -> ProgramStatus:
        found = client.status().program(name)
        assert found is not None
        return found

    def ready(self, client: Client, *names: str) -> dict[str, int]:
        """The pids of these programs, once all are ready."""
        found = client.wait(names, timeout=10)
        assert [one.phase for one in found] == ["ready"] * len(names), [one.sentence for one in found]
        return {one.id: one.pid for one in found if one.pid}

    def log(self, part: str) -> str:
        files = sorted(self.places.log.glob(f"{part}.jsonl*"), reverse=True)
        return "".join(file.read_text() for file in files)

    def successor(self, killed: int) -> Client:
        def answering() -> Client | None:
            client = connect(self.folder)
            return client if client and client.status().pid != killed else None

        return self.until(answering)

    @staticmethod
    def until(condition: Callable[[], T | None], seconds: float = 10.0) -> T:
        """What the condition gives once it is true; the test fails when that takes too long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if found := condition():
                    return found
            except StateError:
                pass  # the supervisor is being replaced at this moment
            time.sleep(0.01)
        raise AssertionError("it did not happen in time")

    @staticmethod
    def is_alive(pid: int) -> bool:
        found = processes.read(pid)
        return found is not None and found.is_alive

    def clean(self) -> None:
        """End whatever the test left: the supervisor, its guardian, its programs."""
        # Twice nobody: a guardian, or a command that a test has killed, may be starting another while we look.
        quiet = 0
        while quiet < 2:
            found = self._of_ours()
            for process in found:
                processes.send(process, signal.SIGKILL)
            quiet = 0 if found else quiet + 1
            time.sleep(0.02)
        if self.places.run.exists():
            aftermath.end_everything(self.folder, grace=0)
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(f"/tmp/stackyard-{os.geteuid()}-{self.places.mark}", ignore_errors=True)

    def _of_ours(self) -> list[processes.Process]:
        words = str(self.folder).encode()
        found = [(one, _command(one.pid)) for one in processes.everybody()]
        return [one for one, command in found if words in command and b"native.supervisor" in command]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture
def yard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    place = Yard(Path(tempfile.mkdtemp(prefix="yard-")))
    place.folder.chmod(0o755)
    try:
        yield place
    finally:
        place.clean()
