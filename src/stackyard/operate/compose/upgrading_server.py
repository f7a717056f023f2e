"""A server in a container of its own, on data in a volume: for ourselves alone, and gone when we are."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from stackyard.backup import programs
from stackyard.backup.private import ALONE
from stackyard.errors import PartError
from stackyard.operate.compose import spoken_to
from stackyard.operate.compose.beside import Beside
from stackyard.operate.upgrading.transfer import Server
from stackyard.targets.compose import commands
from stackyard.targets.compose.database import USER
from stackyard.targets.compose.relay import Relay

LOCK = "alone"
"""A file in the volume of a database: whichever server has it locked is the only one on the data."""

_HOST = "127.0.0.1"
_SOCKET_PORT = 5432
_PAUSE = 0.2
_PATIENCE = 60.0
"""Seconds for a server to write everything down and end."""


@dataclass(frozen=True)
class Guest:
    """A server that is to run: `name` is that of its container, `scratch` what the image would make a volume of.

    `network` is that of another container, whose programs can then reach it; nobody else can.
    """

    part: str
    name: str
    beside: Beside
    place: str
    port: int
    settings: Mapping[str, str]
    scratch: str
    lock: str = ""
    network: str = "none"

    @property
    def argv(self) -> commands.Argv:
        """How it is begun."""
        given = {
            **ALONE,
            "config_file": "/tmp/postgresql.conf",
            "hba_file": "/tmp/hba.conf",
            "ident_file": "/tmp/ident.conf",
            "unix_socket_directories": "",
            "listen_addresses": _HOST,
            "port": str(self.port),
            **self.settings,
        }
        script = (resources.files("stackyard.targets.compose") / "scripts/alone.sh").read_text(encoding="utf-8")
        words = [word for name, value in given.items() for word in ("-c", f"{name}={value}")]
        argv = ("sh", "-euc", script, "alone", self.lock, "postgres", "-D", self.place, *words)
        return self.beside.apart(argv, user=USER, name=self.name, network=self.network, scratch=(self.scratch,))


@contextmanager
def serving(guest: Guest) -> Iterator[Server]:
    """The server, once it answers; it has stopped cleanly when the block ends well. Raises PartError, MachineError."""
    with tempfile.TemporaryFile() as log:
        process = spoken_to.begin(guest.argv, stdout=log, stderr=subprocess.STDOUT)
        assert process.stdin is not None

        def complaint(what: str) -> PartError:
            log.seek(0)
            lines = log.read().decode(errors="replace").splitlines()
            return PartError(guest.part, f"a private server on the data of {guest.part} {what}", details=lines[-20:])

        try:
            target = f"{_HOST}:{guest.port}"
            with Relay(guest.name, target, name=f".s.PGSQL.{_SOCKET_PORT}", user=USER) as relay:
                server = Server(str(relay.folder), _SOCKET_PORT, (_HOST, guest.port))
                if not _comes_up(process, server):
                    raise complaint("did not come up")
                yield server
            process.stdin.close()
            if process.wait() != 0:
                raise complaint("did not stop cleanly")
        finally:
            spoken_to.end(process, _PATIENCE)


def _comes_up(process: subprocess.Popen[str], server: Server) -> bool:
    """Whether it answers at last; it may have a crash of long ago to recover from."""
    import psycopg

    while process.poll() is None:
        with suppress(psycopg.OperationalError), server.connect("postgres"):
            return True
        time.sleep(_PAUSE)
    return False


@dataclass(frozen=True)
class GuestClients:
    """See `Clients`: the programs in the container of the new server, from which both can be reached."""

    container: str

    def run(self, server: Server, argv: tuple[str, ...], stdin: bytes | None = None) -> programs.Answer:
        variables = server.environment
        words = commands.execute(self.container, argv, user=USER, variables=variables)
        return programs.run(words, env={**commands.environment(), **variables}, stdin=stdin)

    def discard(self, place: Path) -> None:
        programs.run(commands.execute(self.container, ("rm", "-rf", str(place)), user=USER), env=commands.environment())
