"""What can be seen of a running system, whatever target runs it, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard.observe.processes import Listener

if TYPE_CHECKING:
    from stackyard.targets.compose.drift import Fact


class CannotSeeError(Exception):
    """Raised by whoever cannot look; the text says why, and what would let it."""


class DoesNotApplyError(Exception):
    """Raised by whoever finds, looking, that the question does not concern this system; the text says why."""


@dataclass(frozen=True)
class EdgeView:
    """The way in. `address` is where it is reached from this machine, `https` None for an edge without TLS.

    `authority` holds the certificates that clients of this system trust, None for those of the machine. `config` is the
    folder of the rendered files, `nginx` the program. `keeps_sources`: it sees the addresses that clients of this
    machine come from; where it does not, `View.connect` makes up for that.
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
    keeps_sources: bool = True

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
    """The user that a part runs as. `is_dropped`: whoever started it could give up all groups and rights, and has.

    `groups` are those that it has besides `gid`.
    """

    uid: int
    gid: int
    name: str
    is_dropped: bool
    groups: frozenset[int] = frozenset()


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
class Start:
    """When the process that runs now was begun, None when nobody knows, and the times in which its part was ready.

    A time without an end lasts; `since` is when what is known begins, None for the whole life of the system.
    """

    begun: datetime | None
    ready: tuple[tuple[datetime, datetime | None], ...]
    since: datetime | None = None

    def was_ready(self, moment: datetime) -> bool:
        """Whether it was ready at that moment."""
        return any(first <= moment and (last is None or moment <= last) for first, last in self.ready)


@dataclass(frozen=True)
class Heard:
    """A listening socket, and the process of the file that it belongs to: "" for one that is none of the system's."""

    id: str
    listener: Listener


@dataclass(frozen=True)
class DataView:
    """Where a resource keeps its data: `wanted` is where it should be, `found` where its process works, "" for none.

    `mode` and `owner` are those of that folder, None where there is no such; `user` is whom it should belong to.
    `guard` says what keeps others out of it whatever its mode, "" for nothing.
    """

    wanted: str
    found: str
    mode: int | None
    owner: int | None
    user: int
    guard: str = ""


@dataclass(frozen=True)
class ConfigView:
    """The rendered files of a part: their folder on this machine, and the name that the part itself has for it."""

    folder: Path
    inside: str


@dataclass(frozen=True)
class Member:
    """A live process of the system, whoever started it: `id` is the process of the file that it belongs to.

    `is_supervised` is false for one that the supervisor neither started nor found again.
    """

    pid: int
    id: str
    is_supervised: bool


@dataclass(frozen=True)
class ContainerView:
    """A container, where the target runs such. `found` is the engine's own description of it.

    `facts` compare it with the document that it should be made by, none for one that is not in there. `is_foreign`:
    its image is not of our choice, and only that knows who it runs as. `is_job`: it runs to its end.
    """

    id: str
    part: str
    name: str
    found: Mapping[str, Any]
    facts: tuple[Fact, ...]
    addresses: Mapping[str, str]
    is_running: bool
    is_foreign: bool
    is_job: bool


@dataclass(frozen=True)
class NetworkView:
    """A network of the system. `strangers` are the containers in it that are none of the system's."""

    name: str
    wants_internal: bool
    is_internal: bool
    count: int
    strangers: tuple[str, ...]


@dataclass(frozen=True)
class KeptData:
    """Old data of a part that a restore (or its undoing, or an upgrade: `verb`) has kept at a place.

    `is_there` is None where nobody can look at the place from here.
    """

    restore: str
    verb: str
    target: str
    part: str
    place: str
    is_there: bool | None


@dataclass(frozen=True)
class RestoresView:
    """What restores have left. `under_way` names one that was begun and not ended, "" for none.

    `strays` are copies that belong to none of them.
    """

    under_way: str
    kept: tuple[KeptData, ...]
    strays: tuple[str, ...]
