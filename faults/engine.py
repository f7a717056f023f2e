"""The small system on Docker Compose: how its containers are found, ended and reached."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from faults.breakable import NAME, Breakable, breakable, seconds_until
from faults.load import Load
from stackyard.errors import StackyardError
from stackyard.runner import Processes
from stackyard.targets.compose.snapshot import Container, Eye

GROUP = "compose"
PROJECT = f"{NAME}-development"
AFTER = "the next `up` makes all ready and `plan` then finds nothing to do; no traceback; nothing lost"
"""What must hold when people mend it."""
END_LIMIT = 400.0
"""Seconds within which a command must end."""
SERVICES = {"db": 1, "cache": 1, "photos": 1, "api": 2, "worker": 1, "edge": 1}
"""The Compose services of the system, and how many containers each has."""
LABEL = f"org.stackyard.system={NAME}"
_ENTERED = re.compile(r"(?<=[@/])(db|cache|photos):\d+")
_PAUSES = (0.005, 0.2, 0.2, 0.2)
"""Seconds between two reads of each visitor: the edge hears of a death at once from one who asks all the time, and
only from others that an address is gone."""
_ANSWER = 10.0
"""Seconds within which a write must be acknowledged once `up` has said that all is ready."""


class OnCompose(Breakable):
    """A copy of the system whose parts run in containers."""

    @cached_property
    def variables(self) -> dict[str, str]:
        """What the API is given, with the addresses as they are on this machine instead of inside."""
        rows = self.stackyard("run", "api", "--", "env").out.splitlines()
        ports = self.ports()
        found = dict(row.split("=", 1) for row in rows if "=" in row)
        return {
            name: _ENTERED.sub(lambda match: f"127.0.0.1:{ports[match[1]]}", value) for name, value in found.items()
        }

    def containers(self) -> tuple[Container, ...]:
        """All containers of the system but its jobs."""
        return tuple(one for one in Eye(Processes()).containers(PROJECT) if not one.is_one_off)

    def container(self, service: str) -> Container:
        """The first container of a service. Raises LookupError when there is none."""
        found = [one for one in self.containers() if one.service == service]
        if not found:
            raise LookupError(f"there is no container of {service}")
        return found[0]

    def is_ready(self) -> bool:
        """Whether every container is there and healthy."""
        try:
            ready = [one.service for one in self.containers() if one.is_ready]
        except StackyardError:
            return False
        return all(ready.count(name) >= count for name, count in SERVICES.items())

    def is_well(self) -> bool:
        """Whether everything is ready, and a write through the edge is acknowledged."""
        return self.is_ready() and self.is_answering()

    def kill(self, service: str) -> str:
        """End the first process of a container from outside, as a crash would; the container's id.

        Not with `docker kill`: the engine takes that for somebody's wish, and leaves it ended.
        """
        one = self.container(service)
        os.kill(one.pid, signal.SIGKILL)
        return one.id

    def left(self) -> list[str]:
        """Containers and networks of the system that are there."""
        ask = (("ps", "--all", "--format", "{{.Names}}"), ("network", "ls", "--format", "{{.Name}}"))
        return [name for words in ask for name in docker(*words, "--filter", f"label={LABEL}")]

    def data(self) -> list[str]:
        """Volumes of the system."""
        return docker("volume", "ls", "--quiet", "--filter", f"label={LABEL}")

    def images(self) -> list[str]:
        """Images that were built for the system."""
        return docker("image", "ls", "--quiet", "--filter", f"label={LABEL}")


def recover(checkout: OnCompose) -> list[str]:
    """Bring it up again, as a person would; what was wrong with that, [] when it is as well as before."""
    done = checkout.stackyard("up", "--detach", "--quiet", "--target", "compose", timeout=END_LIMIT)
    reasons = [] if done.code == 0 else [f"`up` ended with {done.code}: {' / '.join(done.error.splitlines())[:400]}"]
    if done.code != 0:
        checkout.stackyard("down", "--target", "compose", timeout=END_LIMIT)
        checkout.up("--quiet", "--target", "compose")
    if seconds_until(checkout.is_answering, _ANSWER) is None:
        reasons.append(f"no write through the edge was acknowledged within {_ANSWER:.0f} s of `up`")
    planned = json.loads(checkout.stackyard("plan", "--json").out or '{"steps": ["no plan"]}')["steps"]
    return [*reasons, *([f"`plan` still finds: {planned}"] if planned else [])]


@contextlib.contextmanager
def on_compose(place: Path) -> Iterator[OnCompose]:
    """A fresh copy of the system, up on Compose; nothing of it is left on the engine afterwards.

    Raises RuntimeError while another copy is there: an engine has one system of each name.
    """
    with breakable(place) as made:
        checkout = OnCompose(made.folder)
        if checkout.left() or checkout.data():
            raise RuntimeError(f"a system {NAME} is on this engine already: {[*checkout.left(), *checkout.data()]}")
        try:
            checkout.up("--quiet", "--target", "compose")
            yield checkout
        finally:
            checkout.stackyard("down", "--target", "compose")
            checkout.stackyard("clean", "--data", "--yes", "--target", "compose")


def docker(*words: str) -> list[str]:
    """What Docker says, a line each. Raises CalledProcessError."""
    done = subprocess.run(("docker", *words), capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.split()


@dataclass
class Visitor:
    """Some who read through the edge; what went well for all of them, and what did not."""

    checkout: OnCompose
    good: int = 0
    bad: list[str] = field(default_factory=list)
    slowest: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def read(self, pause: float) -> None:
        """Ask again and again until it is over, each time on what the connection before has left."""
        with self.checkout.web() as web:
            while not self._over.is_set():
                begun = time.monotonic()
                try:
                    status = web.get("/api/ready").status_code
                except Exception as error:  # noqa: BLE001 - whatever is not an answer
                    self.bad.append(type(error).__name__)
                    continue
                with self._counting:
                    self.slowest = max(self.slowest, time.monotonic() - begun)
                    self.good += status == 200
                if status != 200:
                    self.bad.append(str(status))
                self._over.wait(pause)

    def leave(self) -> None:
        self._over.set()


@contextlib.contextmanager
def visited(checkout: OnCompose) -> Iterator[Visitor]:
    """Visitors meanwhile."""
    visitor = Visitor(checkout)
    threads = [threading.Thread(target=visitor.read, args=(pause,), daemon=True) for pause in _PAUSES]
    for thread in threads:
        thread.start()
    try:
        yield visitor
    finally:
        visitor.leave()
        for thread in threads:
            thread.join()


def written(writing: Load) -> None:
    """Wait until one more write was acknowledged: the load is at work."""
    before = writing.acknowledged
    seconds_until(lambda: writing.acknowledged > before, END_LIMIT)
