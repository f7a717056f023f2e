"""A program: all that the supervisor must know to run one process. Standard library only; it crosses a socket as JSON.

Secrets never stand in a program. An environment value is a list of pieces, text or `SecretPiece`; the supervisor
reads the secret from its file in the moment it starts the process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class SecretPiece:
    """The content of the file `path`; with `quoted`, percent-encoded so that it can stand in a URL."""

    path: str
    quoted: bool = False


Piece = str | SecretPiece


@dataclass(frozen=True)
class ProgramProbe:
    """How to see that a program is ready.

    http:    GET `path` at `address` ("host:port"), with the header Host `host` when given; any status from 200 to 399
    https:   the same over TLS, without checking the certificate (the address is our own)
    answer:  any HTTP answer at `address`, whatever its status
    tcp:     a connection to `address`
    redis:   PING at `address`, +PONG or -NOAUTH
    pidfile: line 8 of the file `path` (postmaster.pid) is "ready"
    standby: the same of a server that follows another, where it is "standby", or "ready" once it was promoted
    file:    the file `path` exists and is newer than the process
    command: `command` exits 0, run as the program's user
    none:    ready once it runs
    """

    kind: Literal["http", "https", "answer", "tcp", "redis", "pidfile", "standby", "file", "command", "none"] = "none"
    address: str = ""
    path: str = ""
    host: str = ""
    command: tuple[str, ...] = ()
    interval: float = 10.0
    starting_interval: float = 0.05
    timeout: float = 2.0
    start_timeout: float = 60.0
    retries: int = 3


@dataclass(frozen=True)
class Program:
    """One process to supervise.

    `id` is unique ("api-1"), `part` the name in the stack file ("api"). `ports` are the TCP ports it will open on
    loopback: the supervisor checks that they are free before the start. `uid`/`gid` None: no change of user.
    `capabilities` are kept for a process that drops root ("net_bind_service"). `watch` marks what a change of the part
    that the plan must notice (a fingerprint of source or config): the supervisor only carries it.
    `schedule`: a cron expression; the program then runs at those times instead of always.
    """

    id: str
    part: str
    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, tuple[Piece, ...]] = field(default_factory=dict)
    uid: int | None = None
    gid: int | None = None
    capabilities: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    probe: ProgramProbe = ProgramProbe()
    restart: Literal["always", "on-failure", "never"] = "always"
    stop_signal: str = "SIGTERM"
    stop_grace: float = 15.0
    nice: int = 0
    schedule: str = ""
    log_size: int = 20 * 1024**2
    log_files: int = 5
    watch: str = ""

    def fingerprint(self) -> str:
        """A digest of everything in this program: another digest means that a running process is out of date."""
        text = json.dumps(to_json(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def to_json(program: Program) -> dict[str, Any]:
    """The program as plain JSON values; a secret piece becomes {"secret": path, "quoted": bool}."""
    data = asdict(program)
    data["env"] = {
        key: [piece if isinstance(piece, str) else {"secret": piece.path, "quoted": piece.quoted} for piece in pieces]
        for key, pieces in program.env.items()
    }
    return data


def from_json(data: Mapping[str, Any]) -> Program:
    """The program that `to_json` wrote. Raises KeyError or TypeError on anything else."""
    values = dict(data)
    probe = dict(values["probe"])
    probe["command"] = tuple(probe["command"])
    values["probe"] = ProgramProbe(**probe)
    values["env"] = {
        key: tuple(
            piece if isinstance(piece, str) else SecretPiece(piece["secret"], piece["quoted"]) for piece in pieces
        )
        for key, pieces in values["env"].items()
    }
    for key in ("argv", "capabilities", "ports"):
        values[key] = tuple(values[key])
    return Program(**values)
