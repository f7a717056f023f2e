"""The other end of the control socket: what the command line uses. Synchronous, small, quick to import."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stackyard.errors import MachineError, StateError
from stackyard.targets.native.program import Program, to_json
from stackyard.targets.native.supervisor import birth
from stackyard.targets.native.supervisor.birth import Birth
from stackyard.targets.native.supervisor.leases import Lease, alive_leases
from stackyard.targets.native.supervisor.places import Places, read_json
from stackyard.targets.native.supervisor.status import Mode, ProgramStatus, Status, status_from_json

__all__ = ["Client", "Lease", "alive_leases", "attend", "connect", "launch", "start_successor"]

START_LIMIT = 5.0
"""Seconds that a supervisor may take until it answers."""
SUCCESSION = 2.0
"""Seconds that the successor of a killed supervisor is given to answer."""


class Client:
    """A supervisor that answers. Every method raises StateError when it is gone, or when it refuses."""

    def __init__(self, folder: Path, socket_path: Path, owner: int | None = None) -> None:
        self.folder = folder
        self._socket = socket_path
        self._owner = owner

    def status(self) -> Status:
        """How everything is."""
        return _understand(self._ask({"do": "status"}))

    def start(self, programs: Sequence[Program]) -> None:
        """Define these programs and start them; returns at once.

        What runs under the same id with the same definition stays as it is; with another one it is replaced.
        """
        self._ask({"do": "start", "programs": [to_json(program) for program in programs]})

    def wait(
        self, ids: Sequence[str], timeout: float | None = None, patience: int | None = None
    ) -> tuple[ProgramStatus, ...]:
        """Wait until each is ready, done, failed or stopped, or `timeout` seconds are over; how they are then.

        With `patience`, a program that failed so often in a row counts as settled too, although it is tried again.
        """
        reply = self._ask({"do": "wait", "ids": list(ids), "timeout": timeout, "patience": patience})
        return tuple(program for program in _understand(reply).programs if program.id in ids)

    def restart(self, ids: Sequence[str]) -> None:
        """End these and start them again; returns at once. One that gave up gets a new chance."""
        self._ask({"do": "restart", "ids": list(ids)})

    def stop(self, groups: Sequence[Sequence[str]], *, remove: bool = True) -> None:
        """Stop one group after the other, each group in parallel; returns when no process of them is left.

        With `remove` they are forgotten; otherwise they stay in the status as stopped.
        """
        self._ask({"do": "stop", "groups": [list(group) for group in groups], "remove": remove})

    def signal(self, name: str, signal_name: str) -> None:
        """Send the leader of one program a signal ("HUP")."""
        self._ask({"do": "signal", "id": name, "signal": signal_name})

    def shutdown(self, *, stop_programs: bool) -> None:
        """End the supervisor, with all programs, or leaving them to the next one; returns when it is gone."""
        card = read_json(Places(self.folder).card) or {}
        self._ask({"do": "shutdown", "stop_programs": stop_programs})
        if "pid" in card:
            _await_end(int(card["pid"]))

    def events(self, *, logs: bool = False, every: float | None = None) -> Iterator[dict[str, Any]]:
        """What happens from this call on, until the supervisor is gone.

        {"type": "state", "id", "part", "phase", "pid", "failures", "sentence"} for each decision; with `logs`
        {"type": "log", "part"} when there are new lines in the log of a part; with `every`, {"type": "quiet"}
        after so many seconds without anything.
        """
        connection = self._connect()
        _, rest = self._send(connection, {"do": "events", "logs": logs})
        return _events(connection, rest, every)

    def release(self) -> None:
        """Let go of a foreground supervisor as its owner: it stops everything and ends."""
        if self._owner is not None:
            os.close(self._owner)
            self._owner = None

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(self._socket))
        except OSError as error:
            connection.close()
            raise StateError("the supervisor does not answer", details=[str(error)]) from None
        return connection

    def _send(self, connection: socket.socket, request: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        """The reply, and what came after it."""
        try:
            connection.sendall(json.dumps(request).encode() + b"\n")
            line, rest = _read_line(connection)
        except OSError as error:
            connection.close()
            raise StateError("the supervisor went away", details=[str(error)]) from None
        if not line:
            connection.close()
            raise StateError("the supervisor went away before it answered")
        reply: dict[str, Any] = json.loads(line)
        if not reply.get("ok"):
            connection.close()
            raise StateError(str(reply.get("error")))
        return reply, rest

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._connect() as connection:
            return self._send(connection, request)[0]


def connect(folder: Path) -> Client | None:
    """The supervisor of this folder, or None when nobody answers.

    While programs run, a successor of a killed supervisor may be on its way: it is given 2 s.
    """
    until = time.monotonic() + SUCCESSION
    while (client := _try(folder)) is None and time.monotonic() < until and alive_leases(folder):
        time.sleep(0.02)
    return client


def _try(folder: Path) -> Client | None:
    card = read_json(Places(folder).card)
    path = Path(str(card["socket"])) if card and "socket" in card else None
    if card is None or path is None:
        return None
    _refuse_stopped(card)
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return None
    return Client(folder, path)


def resume(folder: Path) -> None:
    """Let a supervisor and its guardian go on that somebody has stopped (SIGSTOP): they would never answer."""
    from stackyard.targets.native.supervisor import processes

    card = read_json(Places(folder).card)
    pid = card.get("pid") if card else None
    if not isinstance(pid, int):
        return
    # Of the children only the guardian is ours to let go on: a part that somebody has stopped stays so.
    for one in map(processes.read, (pid, *_children(pid))):
        if one is not None and one.state == "T" and _is_supervision(one.pid):
            processes.send(one, signal.SIGCONT)


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _is_supervision(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return b"stackyard.targets.native.supervisor" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def _refuse_stopped(card: Mapping[str, Any]) -> None:
    """Raise StateError for a supervisor that is stopped: whoever asks it would wait for ever."""
    from stackyard.targets.native.supervisor import processes

    pid = card.get("pid")
    found = processes.read(pid) if isinstance(pid, int) else None
    if found is not None and found.state == "T" and _is_supervision(found.pid):
        raise StateError(
            f"the supervisor is stopped (pid {pid}) and answers nobody",
            hint=f"`stackyard up` or `kill -CONT {pid}` lets it go on; what it runs is not touched.",
        )


def launch(folder: Path, mode: Mode) -> Client:
    """Start a supervisor for this folder, which first adopts whatever an earlier one left running.

    "foreground": it ends, with everything, when this process ends. "detached": it stays.
    Raises StateError when one runs already, MachineError when it does not come up within 5 s.
    """
    return attend(folder.absolute(), birth.begin(folder.absolute(), mode))


def attend(folder: Path, begun: Birth) -> Client:
    """The supervisor whose process was begun for this folder, once it answers. Raises as `launch` does."""
    try:
        _await_birth(folder, begun)
        client = connect(folder)
        if client is None:
            raise StateError("the supervisor ended right after its start", details=_last_words(folder, begun))
    except Exception:
        if begun.owner is not None:
            os.close(begun.owner)
        raise
    return Client(folder, client._socket, begun.owner)


def start_successor(folder: Path, lives: int) -> None:
    """Start a detached supervisor in the place of one that was killed. Raises as `launch` does, and OSError."""
    _await_birth(folder, birth.begin(folder, "detached", revive=True, lives=lives))


def _await_birth(folder: Path, begun: Birth) -> None:
    try:
        answer = _await_report(begun.report)
    finally:
        os.close(begun.report)
        os.waitpid(begun.pid, 0)
    if answer.startswith("refused: "):
        raise StateError(answer.removeprefix("refused: "), hint="Look at `stackyard status`.")
    if answer.startswith("failed: "):
        raise MachineError(f"the supervisor could not start: {answer.removeprefix('failed: ')}")
    if answer != "ready":
        raise MachineError("the supervisor did not start", details=_last_words(folder, begun))


def _understand(reply: Mapping[str, Any]) -> Status:
    try:
        return status_from_json(reply["status"])
    except (KeyError, TypeError):
        raise StateError(
            "the supervisor that runs is of another version of Stackyard",
            hint="End it with `stackyard down`, then start again.",
        ) from None


def _last_words(folder: Path, begun: Birth) -> list[str]:
    """What it complained about itself; complaints of earlier ones stand before."""
    with contextlib.suppress(OSError):
        said = (Places(folder).log / "supervisor.err").read_bytes()[begun.spoken :]
        return said.decode(errors="replace").splitlines()[-5:]
    return []


def _await_report(report: int) -> str:
    ready, _, _ = select.select([report], [], [], START_LIMIT)
    return os.read(report, 4096).decode(errors="replace").strip() if ready else ""


def _await_end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            select.select([handle], [], [], START_LIMIT)
        finally:
            os.close(handle)


def _read_line(connection: socket.socket) -> tuple[bytes, bytes]:
    """The first line, empty when the connection ended before it, and what came after it."""
    pieces = []
    while data := connection.recv(65536):
        pieces.append(data)
        if b"\n" in data:
            break
    line, end, rest = b"".join(pieces).partition(b"\n")
    return (line if end else b""), rest


def _events(connection: socket.socket, rest: bytes, every: float | None) -> Iterator[dict[str, Any]]:
    with connection:
        connection.settimeout(every)
        *lines, rest = rest.split(b"\n")
        yield from (json.loads(line) for line in lines)
        while True:
            try:
                data = connection.recv(65536)
            except TimeoutError:
                yield {"type": "quiet"}
                continue
            except OSError:
                return
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            yield from (json.loads(line) for line in lines)
