"""How processes over copies are started: whose they are, their command lines, and environments with parts left open.

Nothing here holds a secret, only the names of files that do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Account:
    """Who processes of a server run as when root starts them."""

    uid: int
    gid: int


@dataclass(frozen=True)
class SecretPiece:
    """What the file `path` holds; with `quoted`, percent-encoded so that it can stand in a URL."""

    path: str
    quoted: bool = False


@dataclass(frozen=True)
class Slot:
    """What is known only when copies run: the port of a part or a service by its name, or DATA_SLOT or WORK_SLOT."""

    name: str


Piece = str | SecretPiece | Slot
Pieces = tuple[Piece, ...]

DATA_SLOT = ".data"
"""The folder that a store serves; no part of a stack file begins with a dot."""
WORK_SLOT = ".work"
"""A folder of the process's own, gone when it is."""


@dataclass(frozen=True)
class ServiceCopy:
    """A service as a drill starts it, once and for a moment, over copies of what it needs.

    Where its parts answer is left open, as slots. It is ready when `health`, a path, answers a status from 200 to 399
    within `start_timeout`; "" asks only that it takes connections. Without `argv` it is not started: it is here for
    its migration, which runs in the environment `migrate_env`. `needs` are services that must be ready before.
    """

    name: str
    cwd: str
    argv: tuple[str, ...] = ()
    env: Mapping[str, Pieces] = field(default_factory=dict)
    health: str = ""
    start_timeout: float = 60.0
    migrate: tuple[str, ...] = ()
    migrate_env: Mapping[str, Pieces] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    account: Account | None = None


@dataclass(frozen=True)
class StoreServer:
    """How the server of a store of objects is started: over a folder (DATA_SLOT) that has the folder `bucket` in it."""

    bucket: str
    argv: tuple[Pieces, ...]
    env: Mapping[str, Pieces]


def service(told: Mapping[str, Any]) -> ServiceCopy:
    """The service that was written as JSON. Raises KeyError or TypeError on anything else."""
    values = dict(told)
    if values["account"] is not None:
        values["account"] = Account(**values["account"])
    values |= {key: tuple(values[key]) for key in ("argv", "migrate", "needs")}
    return ServiceCopy(**(values | {key: _environment(values[key]) for key in ("env", "migrate_env")}))


def store(told: Mapping[str, Any]) -> StoreServer:
    """The server that was written as JSON. Raises KeyError or TypeError on anything else."""
    return StoreServer(told["bucket"], tuple(_pieces(word) for word in told["argv"]), _environment(told["env"]))


def _environment(told: Mapping[str, Iterable[Any]]) -> dict[str, Pieces]:
    return {key: _pieces(pieces) for key, pieces in told.items()}


def _pieces(told: Iterable[Any]) -> Pieces:
    return tuple(one if isinstance(one, str) else SecretPiece(**one) if "path" in one else Slot(**one) for one in told)
