"""A look at a running system that a check may take, whatever target runs it: addresses, connections, processes, files.

Nothing here changes the system. What a target cannot show is None or raises CannotSeeError where it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from stackyard.model.system import Objects, Postgres, Redis, Service, System

if TYPE_CHECKING:
    import psycopg
    import redis


@dataclass(frozen=True)
class EdgeView:
    """The way in. `address` is where it is reached from this machine, `https` None for an edge without TLS.

    `authority` holds the certificates that clients of this system trust, None for those of the machine. `config` is the
    folder of the rendered files, `nginx` the program, `work` its working folder.
    """

    host: str
    address: str
    http: int
    https: int | None
    authority: Path | None
    certificate: Path | None
    key: Path | None
    config: Path
    nginx: Path
    work: Path

    @property
    def port(self) -> int:
        """The port that users are served at."""
        return self.http if self.https is None else self.https

    @property
    def scheme(self) -> str:
        return "http" if self.https is None else "https"

    @property
    def url(self) -> str:
        """The address that a browser uses."""
        is_usual = self.port == (80 if self.https is None else 443)
        return f"{self.scheme}://{self.host}{'' if is_usual else f':{self.port}'}"


@dataclass(frozen=True)
class ProcessView:
    """A process that the system runs. `state` is a word of `stackyard status`; `pid` is None for what does not run."""

    id: str
    part: str
    state: str
    pid: int | None
    restarts: int
    sentence: str
    failures: int = 0
    """How often in a row it has failed."""


@dataclass(frozen=True)
class Account:
    """The user that parts run as. `is_dropped`: whoever started the system is root, and gave that up for them."""

    uid: int
    gid: int
    name: str
    is_dropped: bool


@dataclass(frozen=True)
class Definition:
    """How one process is started and watched. `ports` are those that it opens, `secrets` the names of those it is told.

    `is_probed`: somebody asks again and again whether it is healthy. `log_size` is in bytes, `log_files` how many
    older ones are kept. `is_ours`: it belongs to Stackyard itself and runs as whoever started the system.
    """

    id: str
    part: str
    cwd: Path
    ports: tuple[int, ...]
    capabilities: tuple[str, ...]
    secrets: frozenset[str]
    is_probed: bool
    log_size: int
    log_files: int
    is_ours: bool
    schedule: str
    environment: Mapping[str, str]
    """Those variables that hold no secret."""


@dataclass(frozen=True)
class Member:
    """A live process of the system, whoever started it: `id` is the process of the file that it belongs to.

    `is_supervised` is false for one that the supervisor neither started nor found again.
    """

    pid: int
    id: str
    is_supervised: bool


class View(Protocol):
    """What a target shows of one running system."""

    @property
    def system(self) -> System: ...

    @property
    def target(self) -> str:
        """The name of the target."""
        ...

    @property
    def edge(self) -> EdgeView | None: ...

    @property
    def folders(self) -> Mapping[str, Path]:
        """Folders on this machine by what they hold: secrets, log, etc, data, tls, run, sites, envs, work."""
        ...

    def processes(self) -> tuple[ProcessView, ...]:
        """Every process of the system and its state, asked anew."""
        ...

    def supervisor(self) -> int | None:
        """The pid of what watches the processes, where the target has such a thing."""
        ...

    def members(self) -> tuple[Member, ...]:
        """Every live process of the system with all that it has started, looked for anew."""
        ...

    def planned(self) -> Mapping[str, Definition]:
        """How each process should run, by its id, as the stack file describes it."""
        ...

    def running(self) -> Mapping[str, Definition]:
        """How each process was really started, as the supervisor remembers it."""
        ...

    @property
    def account(self) -> Account: ...

    def left_out(self) -> tuple[str, ...]:
        """A sentence with its line for each thing that the file asks for and this target does not keep."""
        ...

    def documented_ports(self) -> Mapping[str, int]:
        """The ports that the stack file names, by slot."""
        ...

    def addresses(self) -> Mapping[str, str]:
        """Where `stackyard status` says that each slot is reached ("localhost:5432"), and "edge" as a URL."""
        ...

    def port(self, slot: str) -> int:
        """The port of "db", "api-1", "edge.https" on this machine. Raises KeyError."""
        ...

    def database(self, resource: Postgres, role: str = "") -> psycopg.Connection[tuple[Any, ...]]:
        """A connection in autocommit, as the superuser or as a role of the catalogue. Raises PartError."""
        ...

    def cache(self, resource: Redis, user: str = "") -> redis.Redis:
        """A connection as the administrator, or as the services' user. Nothing is sent yet."""
        ...

    def rendered(self, part: str) -> Mapping[str, str]:
        """The configuration that the part should run with, by the name of the file, as the stack file has it now."""
        ...

    def authority(self, part: str) -> Path | None:
        """The certificates that clients of a part trust, None for those of the machine."""
        ...

    def migrated(self, service: Service) -> Mapping[str, str]:
        """Marks of a service's code: under "" that whose migration was run last, and that of each of its processes."""
        ...

    def secret(self, name: str) -> str:
        """The value of a secret, to be used and never shown. Raises StateError."""
        ...

    def secrets(self) -> Mapping[str, str]:
        """Every secret of the system by name, to look for where none may be."""
        ...

    def without_secrets(self, text: str) -> str:
        """The text with every secret of the system replaced by its name."""
        ...

    def environment(self, service: Service) -> Mapping[str, str]:
        """What the service finds in its environment, secrets and all; never to be shown."""
        ...

    def store(self, resource: Objects) -> tuple[str, str, str]:
        """Endpoint, access key and secret key of a store; the keys never to be shown."""
        ...

    def test_edge(self) -> tuple[int, tuple[str, ...]]:
        """The edge's own test of its files, as the user that it runs as: the exit code, and what it said."""
        ...

    def is_edge_current(self) -> bool:
        """Whether the edge that runs was made from its files as they are."""
        ...

    def differences(self) -> tuple[str, ...]:
        """What `stackyard up` would do now, a line a step with its cause."""
        ...
