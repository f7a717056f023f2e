"""The words of the state machine: the phases, the state of one program, the events it sees, the actions it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from stackyard.targets.native.program import Program


class Phase(StrEnum):
    """Where a program is. `waiting` is for the next time of its schedule; `failed` means given up."""

    IDLE = "idle"
    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    UNHEALTHY = "unhealthy"
    BACKOFF = "backoff"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


SETTLED = frozenset({Phase.IDLE, Phase.WAITING, Phase.READY, Phase.STOPPED, Phase.FAILED, Phase.DONE})
"""Nothing more will happen by itself soon: whoever waits for the program can go on."""


@dataclass(frozen=True)
class State:
    """All that is known about one program.

    `ending` tells why its process is being ended: to stop, to start again on request, or because of a failure `cause`.
    `following` is the definition that the next start will use. `deadline` is when a `Tick` is wanted.
    `fingerprint` is that of the running process, which may be older than `program`. `was_ready` and `was_steady`: since
    it was last started on request, it has been ready, and ready for so long that it is known to work.
    """

    program: Program
    seed: int = 0
    phase: Phase = Phase.IDLE
    since: float = 0.0
    pid: int | None = None
    started: float = 0.0
    deadline: float | None = None
    ending: Literal["", "stop", "restart", "failure"] = ""
    following: Program | None = None
    fingerprint: str = ""
    cause: str = ""
    detail: str = ""
    failures: int = 0
    misses: int = 0
    restarts: int = 0
    ready_since: float | None = None
    was_ready: bool = False
    was_steady: bool = False
    last_exit: str = ""


@dataclass(frozen=True)
class Start:
    """Run `program`, in place of what runs under its id."""

    program: Program


@dataclass(frozen=True)
class Restart:
    """End what runs and start it again."""


@dataclass(frozen=True)
class Stop:
    """End it and leave it so."""


@dataclass(frozen=True)
class Due:
    """A time of the schedule has come."""


@dataclass(frozen=True)
class Spawned:
    """The process exists."""

    pid: int


@dataclass(frozen=True)
class SpawnFailed:
    """There is no process; `cause` says why, as a clause ("port 8000 is held by ...")."""

    cause: str


@dataclass(frozen=True)
class Adopted:
    """A process of an earlier supervisor still runs, in that `phase` since then."""

    pid: int
    fingerprint: str
    phase: Phase
    since: float


@dataclass(frozen=True)
class Lost:
    """The process ended while no supervisor was there to see it."""


@dataclass(frozen=True)
class Probed:
    """A probe was answered while the process was alive."""

    passed: bool
    detail: str = ""


@dataclass(frozen=True)
class Exited:
    """The process and everything that it started are gone. `code` is negative for a signal, None when unknown."""

    code: int | None


@dataclass(frozen=True)
class Tick:
    """Time passed; it matters when `State.deadline` is over."""


Event = Start | Restart | Stop | Due | Spawned | SpawnFailed | Adopted | Lost | Probed | Exited | Tick


@dataclass(frozen=True)
class Spawn:
    """Start a process of this program."""

    program: Program


@dataclass(frozen=True)
class Signal:
    """Send the leader of the program this signal ("SIGTERM")."""

    name: str


@dataclass(frozen=True)
class Kill:
    """SIGKILL every process of the program."""


Action = Spawn | Signal | Kill
