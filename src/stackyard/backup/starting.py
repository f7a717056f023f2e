"""Starting processes over copies: slots filled in, secrets read in that moment, and a wait until they are ready."""

from __future__ import annotations

import http.client
import os
import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from stackyard.backup import programs
from stackyard.backup.launches import Account, Pieces, SecretPiece, Slot
from stackyard.backup.leash import MARK, Leash
from stackyard.backup.ownership import give
from stackyard.backup.problem import BackupError

LOOPBACK = "127.0.0.1"

_DEFAULTS = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
_PORTS = range(10_000, 31_900)
"""Below those that the kernel hands out by itself."""
_PAUSE = 0.03
_ANSWER = 5.0
"""Seconds for an answer, before it is asked for again."""
_SHOWN = 12
_SHORT = 4
"""Characters below which a secret is no secret: taking it out would only make holes in words."""


@dataclass(frozen=True)
class Started:
    """A process over copies. `secrets` are the texts that must not be shown of what it says into `log`."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    secrets: tuple[str, ...] = ()

    def said(self) -> tuple[str, ...]:
        """The last lines of what it said, without secrets."""
        text = self.log.read_text(errors="replace")
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "…")
        return tuple(text.splitlines()[-_SHOWN:])

    def wait(self, is_ready: Callable[[], bool], patience: float, otherwise: Callable[[], str] = str) -> None:
        """Wait until it is ready. Raises BackupError, with its last lines, when it ends before or takes too long."""
        deadline = time.monotonic() + patience
        while not is_ready():
            code = self.process.poll()
            if code is not None:
                raise BackupError(
                    f"{self.name} ended with {programs.ending(code)} before it was ready", details=self.said()
                )
            if time.monotonic() > deadline:
                why = otherwise()
                raise BackupError(
                    f"{self.name} was not ready within {patience:.0f} s{f': {why}' if why else ''}",
                    details=self.said(),
                )
            time.sleep(_PAUSE)

    def finish(self, patience: float) -> None:
        """Wait for its end. Raises BackupError, with its last lines, unless it ends well and in time."""
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise BackupError(f"{self.name} did not end within {patience:.0f} s", details=self.said()) from None
        if code != 0:
            raise BackupError(f"{self.name} ended with {programs.ending(code)}", details=self.said())


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """A port of loopback for each that nobody has now. Raises BackupError when there is none."""
    found: dict[str, int] = {}
    left = iter(random.sample(_PORTS, 1000))
    for name in names:
        port = next((one for one in left if _is_free(one)), None)
        if port is None:
            raise BackupError("no port is free on this machine")
        found[name] = port
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def filled(pieces: Pieces, slots: Mapping[str, str]) -> str:
    """The text. Raises BackupError for a secret that cannot be read, KeyError for a slot without a value."""
    return "".join(_text(piece, slots) for piece in pieces)


def _text(piece: str | SecretPiece | Slot, slots: Mapping[str, str]) -> str:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, Slot):
        return slots[piece.name]
    value = secret(piece.path)
    return quote(value, safe="") if piece.quoted else value


def secret(path: str) -> str:
    """What a file of a secret holds. Raises BackupError."""
    try:
        return Path(path).read_text().removesuffix("\n")
    except (OSError, ValueError):
        raise BackupError(f"the secret {Path(path).name} cannot be read") from None


def slots_in(environment: Mapping[str, Pieces]) -> frozenset[str]:
    """What the environment leaves open."""
    return frozenset(piece.name for pieces in environment.values() for piece in pieces if isinstance(piece, Slot))


def start(
    name: str,
    argv: Sequence[str],
    env: Mapping[str, Pieces],
    slots: Mapping[str, str],
    *,
    cwd: str,
    home: Path,
    account: Account | None,
    leash: Leash,
) -> Started:
    """Start a process as its account, in a group of its own that ends with us; `home` is a folder of its own.

    Nothing of our own environment reaches it. Raises BackupError when it cannot be started.
    """
    variables = {**_DEFAULTS, **{key: filled(pieces, slots) for key, pieces in env.items()}}
    variables |= {"HOME": str(home), "TMPDIR": str(home), MARK: leash.mark}
    drop: dict[str, Any] = {}
    if account and os.geteuid() == 0:
        drop = {"user": account.uid, "group": account.gid, "extra_groups": []}
    log = home.with_name(f"{home.name}.log")
    try:
        with open(log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as sink:
            process = subprocess.Popen(
                argv, cwd=cwd, env=variables, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
                start_new_session=True, **drop,
            )  # fmt: skip
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its command is not valid"
        raise BackupError(f"{name} cannot be started: {why}", details=(str(argv[0]),)) from None
    leash.hold(process)
    return Started(name, process, log, _secrets(env))


def _secrets(env: Mapping[str, Pieces]) -> tuple[str, ...]:
    paths = {piece.path for pieces in env.values() for piece in pieces if isinstance(piece, SecretPiece)}
    values = [value for path in paths if len(value := secret(path)) >= _SHORT]
    return tuple({*values, *(quote(value, safe="") for value in values)})


def own_folder(folder: Path, account: Account | None) -> Path:
    """A new folder that the account alone may enter."""
    folder.mkdir(mode=0o700)
    give(folder, account)
    return folder


def status(port: int, path: str) -> int:
    """The status with which a path is answered; 0 when nobody answers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_ANSWER)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def is_open(port: int) -> bool:
    """Whether somebody takes connections at the port."""
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=_ANSWER):
        return True
    return False
