"""The command line as a person meets it: a process in a folder with a small stack file, and no colour unless asked."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

FILE = """\
system: shop
services:
  api: {build: ./api, command: serve, secrets: [mail_key]}
secrets: {mail_key: {provided: true}}
"""


@dataclass(frozen=True)
class Run:
    """What a command ended with."""

    code: int
    out: str
    error: str


@dataclass(frozen=True)
class Terminal:
    """Runs `stackyard` in a folder."""

    folder: Path

    def environment(self, **more: str) -> dict[str, str]:
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "PYTHONPATH", "LANG") if key in os.environ}
        return kept | {"TERM": "xterm", "XDG_DATA_HOME": str(self.folder / "data")} | more

    def stackyard(self, *words: str, given: str | bytes = "", **more: str) -> Run:
        """Run it to its end with something on its standard input; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "stackyard.cli.main", *words],
            cwd=self.folder,
            env=self.environment(**more),
            input=given.encode() if isinstance(given, str) else given,
            capture_output=True,
            timeout=30,
        )
        return Run(done.returncode, done.stdout.decode(), done.stderr.decode())

    def typed(self, *words: str, answer: str, **more: str) -> Run:
        """Run it on a terminal of its own, and type the answer as soon as it asks; both outputs in one."""
        ours, theirs = pty.openpty()
        argv = [sys.executable, "-m", "stackyard.cli.main", *words]
        with subprocess.Popen(
            argv, cwd=self.folder, env=self.environment(**more), stdin=theirs, stdout=theirs, stderr=theirs
        ) as process:
            os.close(theirs)
            shown = _converse(ours, answer)
            os.close(ours)
        return Run(process.returncode, shown, "")

    def write(self, text: str) -> None:
        (self.folder / "stackyard.yaml").write_text(text)


def _converse(ours: int, answer: str) -> str:
    """Everything that a terminal shows; the answer is typed when a question stands there."""
    shown = b""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 0.05)[0]:
            continue
        try:
            data = os.read(ours, 4096)
        except OSError:  # the other end is closed: it has ended
            break
        shown += data
        if answer and shown.endswith(b": "):
            os.write(ours, answer.encode())
            answer = ""
    return shown.decode()


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    folder = tmp_path / "shop"
    (folder / "api").mkdir(parents=True)
    (folder / "api" / "requirements.txt").touch()
    made = Terminal(folder)
    made.write(FILE)
    return made
