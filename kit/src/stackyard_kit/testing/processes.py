"""Processes of a test run: started on a free port, waited for, stopped, started again."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PORTS = range(21000, 32000)
"""Below the ports that outgoing connections take, so that none of them can be in the way."""


def free_port() -> int:
    """A port of PORTS on which nobody listens. Runs at the same time begin their search at different places."""
    first = os.getpid() * 97 + time.monotonic_ns() // 1000
    for step in range(len(PORTS)):
        port = PORTS[(first + step) % len(PORTS)]
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free port in {PORTS}")


def wait_until(holds: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Return as soon as `holds()` is true. Raises TimeoutError that names `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come about in {seconds} s")
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Whether somebody listens on the port of this machine."""
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def unprivileged() -> dict[str, Any]:
    """How to start a process that refuses root: as nobody when we are root."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@dataclass
class Running:
    """A process of ours, started again at will on the same port (0 when it listens on none)."""

    command: list[str]
    port: int
    log: Path
    options: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it listens. Raises RuntimeError with its output when it ends instead."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(self.command, stdout=output, stderr=subprocess.STDOUT, **self.options)
        if self.port:
            wait_until(self._listens, f"{self.command[0]} on port {self.port}", 60)

    def stop(self, signal: int = 15) -> int:
        """Send `signal` and return the exit code."""
        assert self.process is not None
        self.process.send_signal(signal)
        return self.process.wait(20)

    def _listens(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.command} ended with {self.process.returncode}\n{self.log.read_text()[-4000:]}")
        return answers(self.port)
