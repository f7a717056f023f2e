"""The system that is attacked, and the ways to speak to its edge: over TLS or plainly, as any address of loopback."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.conftest import LEFT_OUT, REPOSITORY, Checkout

HOST = "attacked.localhost"
SECRET = "not for the outside"
"""What stands in every file that the edge must not give away."""
PLANTED = (".env", ".git/config", "dump.sql", "index.html~", "page.bak", ".well-known/openid-configuration")
_SLOTS = ("edge.http", "edge.https", "edge.probe", "app-1", "judge-1", "site", "db")
_FIRST_PORT, _LAST_PORT = 22_100, 22_400
_CHUNK = 1 << 16
_addresses = (f"127.{20 + one}.{two}.{three}" for one in range(60) for two in range(256) for three in range(1, 255))


def stranger() -> str:
    """An address of loopback that has asked for nothing yet, so that no limit counts against it."""
    return next(_addresses)


@dataclass(frozen=True)
class Target:
    """The attacked system, up."""

    checkout: Checkout
    http: int
    https: int
    judge: int

    @property
    def host(self) -> str:
        """The Host header that is right."""
        return f"{HOST}:{self.https}"

    def connect(self, *, tls: bool = True, source: str = "", protocols: tuple[str, ...] = ()) -> socket.socket:
        """A connection to the edge from an address of its own, which waits 10 s for an answer. Raises OSError."""
        port = self.https if tls else self.http
        plain = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source or stranger(), 0))
        if not tls:
            return plain
        try:
            return context(protocols).wrap_socket(plain, server_hostname=HOST)
        except BaseException:
            plain.close()
            raise

    def exchange(self, raw: bytes, *, tls: bool = True, quiet: float = 0.3) -> bytes:
        """Everything that comes back for these bytes, until the edge closes or has been quiet for a while."""
        with contextlib.closing(self.connect(tls=tls)) as stream:
            # The edge may close before it has read everything: what it said before that still counts.
            with contextlib.suppress(OSError):
                stream.sendall(raw)
            return read(stream, quiet)

    def record(self) -> list[str]:
        """What reached the judge since this was last asked, connection by connection."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.judge}/judge/record", timeout=10) as answer:
            found: list[str] = json.load(answer)
        return found

    def life(self) -> dict[str, tuple[int | None, int]]:
        """The pid and the number of restarts of every part."""
        return {part["id"]: (part["pid"], part["restarts"]) for part in self.checkout.status()["parts"]}


def context(protocols: tuple[str, ...] = ()) -> ssl.SSLContext:
    """TLS as a client that checks nothing has it."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    if protocols:
        made.set_alpn_protocols(list(protocols))
    return made


def read(stream: socket.socket, quiet: float) -> bytes:
    """What comes until the other side closes, or says nothing for `quiet` seconds after it has begun (10 s before)."""
    found = b""
    with contextlib.suppress(OSError):
        while chunk := stream.recv(_CHUNK):
            found += chunk
            stream.settimeout(quiet)
    return found


def statuses(answer: bytes) -> list[int]:
    """The statuses in the order of the answers. Bodies of the edge and the judge never look like a status line."""
    return [int(status) for status in re.findall(rb"(?:^|\n|\})HTTP/1\.[01] ([0-9]{3}) ", answer)]


@contextlib.contextmanager
def attacked(place: Path) -> Iterator[Target]:
    """The system in a folder of its own, up; stopped at the end."""
    folder = place / "attacked"
    shutil.copytree(Path(__file__).parents[1] / "attacked", folder, ignore=LEFT_OUT)
    shutil.copytree(REPOSITORY / "examples" / "guestbook", folder / "app", ignore=LEFT_OUT)
    (folder / "app" / "stackyard.yaml").unlink()
    for name in PLANTED:
        path = folder / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SECRET)
    (folder / "site" / "index.html").write_text("<!doctype html><title>site</title>" + "<p>x</p>" * 5000)
    checkout = Checkout(folder)
    state = folder / ".stackyard" / "development"
    state.mkdir(parents=True)
    free = _free_ports()
    (state / "ports.json").write_text(json.dumps({slot: next(free) for slot in _SLOTS}))
    try:
        checkout.up("--quiet")
        ports = checkout.ports()
        yield Target(checkout, ports["edge.http"], ports["edge.https"], ports["judge-1"])
    finally:
        checkout.stackyard("down")


def _free_ports() -> Iterator[int]:
    for port in range(_FIRST_PORT, _LAST_PORT):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            yield port
