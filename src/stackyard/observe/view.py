"""A look at a running system that a check may take, whatever target runs it: addresses, connections, processes, files.

Nothing here changes the system. What a target cannot show is None or raises CannotSeeError where it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from stackyard.model.system import Objects, Postgres, Redis, Resource, Service, System
from stackyard.observe.seen import (
    Account,
    ConfigView,
    ContainerView,
    DataView,
    Definition,
    EdgeView,
    Heard,
    Member,
    NetworkView,
    ProcessView,
    RestoresView,
    Start,
)

if TYPE_CHECKING:
    import re
    import socket

    import psycopg
    import redis

    from stackyard.backup.upkeep import Report
    from stackyard.observe.logs import LogLine


class View(Protocol):
    """What a target shows of one running system."""

    def close(self) -> None:
        """Let go of what looking has opened; nothing may be asked afterwards."""
        ...

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
        """Folders on this machine by what they hold: home, secrets, tls; and log, where the target keeps one."""
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

    def starts(self) -> Mapping[str, Start]:
        """When each process was started and when it was ready, by its id."""
        ...

    def listeners(self) -> tuple[Heard, ...]:
        """Every socket that processes of the system listen at, in the network that they live in."""
        ...

    def doors(self) -> tuple[Heard, ...]:
        """Every socket of this machine that leads to a process of the system."""
        ...

    def holders(self, ports: Iterable[int]) -> tuple[Heard, ...]:
        """Who listens on this machine at these ports, in TCP."""
        ...

    def account(self, part: str) -> Account | None:
        """The user that a part should run as, None where nobody but the part itself knows."""
        ...

    def data(self, resource: Resource) -> DataView:
        """Where a resource keeps its data."""
        ...

    def upkeep(self, resource: Postgres) -> Report | None:
        """The last upkeep of a database, None when nobody knows of one."""
        ...

    def has_file(self, resource: Resource, path: str) -> bool:
        """Whether there is such a file in the data of a resource."""
        ...

    def config(self, part: str) -> ConfigView:
        """Where the rendered files of a part are."""
        ...

    def config_files(self) -> Iterator[tuple[str, Iterable[Path]]]:
        """Every rendered file, and whatever is remembered of a run, under the names of their kinds."""
        ...

    def secret_folders(self) -> Iterator[tuple[Path, int]]:
        """Every folder that holds secrets, with the mode that files in and below it may have at most."""
        ...

    def key_users(self) -> frozenset[int]:
        """The users, besides the owner of the system, whom keys of certificates may belong to."""
        ...

    def site(self, service: Service) -> Path | None:
        """A folder with the files of a front end as the edge serves it now, None where that cannot be had."""
        ...

    def place(self, slot: str) -> tuple[str, int]:
        """Where a resource or a replica ("db", "api-1") is reached from this machine, past the edge: host and port.

        Raises CannotSeeError.
        """
        ...

    def upstreams(self, service: Service) -> frozenset[str]:
        """The addresses of the replicas of a service as the edge knows them, "host:port"."""
        ...

    def connect(self, slot: str, source: str | None, timeout: float) -> socket.socket:
        """A connection to a port of the edge ("edge.https"), from that address. Raises OSError.

        "edge.probe" is where the edge tells about itself to whoever is inside.
        """
        ...

    def way(self, slot: str, source: str | None) -> AbstractContextManager[Path]:
        """The same as a unix socket of this machine."""
        ...

    def postgres_socket(self, resource: Postgres) -> AbstractContextManager[tuple[str, int]]:
        """The folder of a database's socket, and the port that its name has, for clients of PostgreSQL."""
        ...

    def probe_users(self, resource: Redis) -> frozenset[str]:
        """The users of a cache that need no password, and may do nothing but ask whether it is there."""
        ...

    def logs(
        self,
        parts: Sequence[str],
        *,
        n: int | None = None,
        since: datetime | None = None,
        grep: re.Pattern[str] | None = None,
    ) -> list[LogLine]:
        """The last `n` lines of these parts (all without one), oldest first. Raises MachineError."""
        ...

    def log_parts(self) -> tuple[str, ...]:
        """The parts that have a log, and whoever watches them where that has one of its own."""
        ...

    def log_texts(self, most: int) -> Iterator[tuple[str, bytes]]:
        """Everything that is kept of what parts, builds and migrations said, by name, the last `most` bytes of each."""
        ...

    def edits_run(self) -> str:
        """Who has edits of the sources run at once: a sentence, "" for nobody. Raises DoesNotApplyError."""
        ...

    def containers(self) -> tuple[ContainerView, ...]:
        """Every container of the system. Raises DoesNotApplyError where the target runs none."""
        ...

    def networks(self) -> tuple[NetworkView, ...]:
        """Every network of the system. Raises as `containers`."""
        ...

    def images(self) -> Mapping[str, str]:
        """Everything that is written down about how the images were made, by reference. Raises as `containers`."""
        ...

    def command_inside(self, part: str, argv: Sequence[str]) -> tuple[int, str]:
        """The exit code and the output of a program in a container: the first of a part, or one by its full name.

        Raises as `containers`.
        """
        ...

    def left_out(self) -> tuple[str, ...]:
        """A sentence with its line for each thing that the file asks for and this target does not keep."""
        ...

    def documented_ports(self) -> Mapping[str, int]:
        """The ports that the stack file names, by slot."""
        ...

    def host_ports(self) -> Mapping[str, int]:
        """Every port of this machine that the system uses, by what is behind it."""
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

    def replica(self, name: str) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of the superuser to a replica ("db-replica-1"). Raises PartError, KeyError."""
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

    def store(self, resource: Objects) -> tuple[str, str, str]:
        """Endpoint, access key and secret key of a store; the keys never to be shown."""
        ...

    def backups(self, look: str) -> Mapping[str, Any]:
        """What a look of `stackyard.backup.looks` at the backups sees, taken once. Raises CannotSeeError."""
        ...

    def restores(self) -> RestoresView:
        """What restores have left. Raises CannotSeeError."""
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
