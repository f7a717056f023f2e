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

    def port(self, slot: str) -> int:
        """The port of "db", "api-1", "edge.https" on this machine. Raises KeyError."""
        ...

    def database(self, resource: Postgres, role: str = "") -> psycopg.Connection[tuple[Any, ...]]:
        """A connection in autocommit, as the superuser or as a role of the catalogue. Raises PartError."""
        ...

    def cache(self, resource: Redis, user: str = "") -> redis.Redis:
        """A connection as the administrator, or as the services' user. Nothing is sent yet."""
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

    def differences(self) -> tuple[str, ...]:
        """What `stackyard up` would do now, a line a step with its cause."""
        ...
