"""Private copies of systems, to be started and stopped without touching the checkout that is being measured."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path

from bench.measure import seconds

REPOSITORY = Path(__file__).parents[1]
STACKYARD = str(Path(sys.executable).with_name("stackyard"))
FIRST_PORT = 21_700
"""Where the search for free ports begins: nobody's documented port, and below those that the kernel hands out."""
LEFT_OUT = shutil.ignore_patterns(
    "node_modules", ".stackyard", ".venv", ".venvs", "dist", "__pycache__", ".pytest_cache", "*.egg-info"
)
# With byte code, as an installed package has it: a shell that forbids it would have everything compiled at every start.
_ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | {"NO_COLOR": "1"}


@dataclass(frozen=True)
class Checkout:
    """A folder with a stack file."""

    folder: Path

    @property
    def state(self) -> Path:
        """Where Stackyard keeps what belongs to the development environment of this checkout."""
        return self.folder / ".stackyard" / "development"

    def stackyard(self, *words: str) -> float:
        """How long `stackyard WORDS` takes, in seconds. Raises RuntimeError when it fails."""
        return seconds([STACKYARD, *words], cwd=self.folder, env=_ENVIRONMENT)

    def ports(self) -> dict[str, int]:
        """The ports by slot ("db", "api-1", "edge.https")."""
        return _numbers(self.state / "ports.json")

    def choose_ports(self, *slots: str) -> None:
        """Give the slots ports that nobody else uses, as if an earlier `up` had chosen them."""
        self.state.mkdir(parents=True, exist_ok=True)
        free = free_ports()
        (self.state / "ports.json").write_text(json.dumps({slot: next(free) for slot in slots}))

    def ask(self, path: str, host: str) -> int:
        """The status of a GET through the edge, see `ask`."""
        return ask(self.ports()["edge.https"], path, host)

    def ready_after(self, path: str, host: str, begun: float) -> float:
        """Seconds since `begun` (perf_counter) until the edge answers `path` with 200. Raises RuntimeError."""
        status = self.ask(path, host)
        taken = time.perf_counter() - begun
        if status != 200:
            raise RuntimeError(f"{path} answered {status} through the edge of {self.folder}")
        return taken


def ask(port: int, path: str, host: str) -> int:
    """The status of a GET over TLS, which must come within 10 s. Raises OSError or HTTPException."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.closing(HTTPSConnection("127.0.0.1", port, timeout=10, context=context)) as connection:
        connection.request("GET", path, headers={"Host": f"{host}:{port}"})
        return connection.getresponse().status


@contextlib.contextmanager
def ground() -> Iterator[Path]:
    """A folder that any user may enter, for the copies; it goes away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="stackyard-bench-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def inventr(place: Path) -> Iterator[Checkout]:
    """The reference system in a copy of its own, with what it needs built and installed; stopped at the end."""
    checkout = copied(place)
    checkout.choose_ports("edge.http", "edge.https", "edge.probe", "api-1", "web", "db", "cache")
    with running(checkout):
        yield checkout


def copied(place: Path) -> Checkout:
    """A copy of the reference system, and of what it is built from."""
    for kit in ("kit", "web-kit"):
        shutil.copytree(REPOSITORY / kit, place / kit, ignore=LEFT_OUT)
    shutil.copytree(REPOSITORY / "systems" / "inventr", place / "systems" / "inventr", ignore=LEFT_OUT)
    return Checkout(place / "systems" / "inventr")


@contextlib.contextmanager
def running(checkout: Checkout) -> Iterator[Checkout]:
    """The checkout, up for the first time; whatever runs of it at the end is stopped."""
    try:
        checkout.stackyard("up", "--detach")
        yield checkout
    finally:
        checkout.stackyard("down")


def _numbers(file: Path) -> dict[str, int]:
    return {str(key): int(value) for key, value in json.loads(file.read_text()).items()}


def free_ports() -> Iterator[int]:
    """Ports where nobody listens, one after the other."""
    for port in range(FIRST_PORT, 32_000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            yield port
