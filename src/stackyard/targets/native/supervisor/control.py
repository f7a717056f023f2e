"""The control socket: one JSON object a line in, one a line out; only this user and root are heard."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from stackyard.targets.native.program import Program, from_json
from stackyard.targets.native.supervisor.schedule import next_run
from stackyard.targets.native.supervisor.server import SELF, Refused, Supervisor

LONGEST_REQUEST = 16 * 1024 * 1024
MOST_UNREAD = 1024 * 1024
"""Bytes of events that a listener may be behind before it is let go."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

Reply = dict[str, Any]


class Control:
    """Answers requests about one supervisor at one socket."""

    def __init__(self, supervisor: Supervisor, path: Path) -> None:
        self.path = path
        self._supervisor = supervisor
        self._server: asyncio.Server | None = None
        self._verbs: dict[str, Callable[[dict[str, Any]], Awaitable[Reply]]] = {
            "status": self._status,
            "start": self._start,
            "stop": self._stop,
            "restart": self._restart,
            "signal": self._signal,
            "wait": self._wait,
            "shutdown": self._shutdown,
        }

    async def open(self) -> None:
        """Listen. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        self._server = await asyncio.start_unix_server(self._serve, self.path, limit=LONGEST_REQUEST)
        self.path.chmod(0o600)

    def close(self) -> None:
        """Listen no more; the socket is removed."""
        if self._server:
            self._server.close()
        with contextlib.suppress(OSError):
            self.path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not _is_allowed(writer):
                await _send(writer, _error("this socket belongs to another user"))
                return
            while line := await reader.readline():
                request = json.loads(line)
                if isinstance(request, dict) and request.get("do") == "events":
                    await self._events(reader, writer, logs=bool(request.get("logs")))
                    return
                await _send(writer, await self._answer(request))
        except ValueError as error:  # not JSON, or a line without an end
            with contextlib.suppress(OSError):
                await _send(writer, _error(f"the request is not understood: {error}"))
        except OSError:
            return  # the client went away
        finally:
            writer.close()

    async def _answer(self, request: Any) -> Reply:
        verb = self._verbs.get(str(request.get("do"))) if isinstance(request, dict) else None
        if verb is None:
            return _error(f'the request is not understood: "do" must be one of {", ".join(sorted(self._verbs))}')
        try:
            return {"ok": True} | await verb(request)
        except Refused as refusal:
            return _error(str(refusal))
        except OSError as error:
            return _error(f"the supervisor could not do it: {error}")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return _error(f"the request is not understood: {type(error).__name__}: {error}")

    async def _status(self, _request: dict[str, Any]) -> Reply:
        return {"status": asdict(self._supervisor.status())}

    async def _start(self, request: dict[str, Any]) -> Reply:
        programs = [from_json(data) for data in request["programs"]]
        for program in programs:
            _check(program)
        self._supervisor.start(programs)
        return {}

    async def _stop(self, request: dict[str, Any]) -> Reply:
        await self._supervisor.stop([_names(group) for group in request["groups"]], remove=bool(request["remove"]))
        return {}

    async def _restart(self, request: dict[str, Any]) -> Reply:
        self._supervisor.restart(_names(request["ids"]))
        return {}

    async def _signal(self, request: dict[str, Any]) -> Reply:
        self._supervisor.signal(request["id"], _signal_name(request["signal"]))
        return {}

    async def _wait(self, request: dict[str, Any]) -> Reply:
        timeout, patience = request.get("timeout"), request.get("patience")
        settled = await self._supervisor.wait(
            _names(request["ids"]),
            None if timeout is None else float(timeout),
            None if patience is None else int(patience),
        )
        return {"settled": settled, "status": asdict(self._supervisor.status())}

    async def _shutdown(self, request: dict[str, Any]) -> Reply:
        await self._supervisor.shutdown(stop_programs=bool(request["stop_programs"]))
        return {}

    async def _events(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, logs: bool) -> None:
        """Send events until the client goes away, or reads so slowly that it must come again."""

        def pass_on(event: dict[str, Any]) -> None:
            if event["type"] == "log" and not logs:
                return
            if writer.transport.get_write_buffer_size() > MOST_UNREAD:
                writer.transport.abort()
                return
            writer.write(json.dumps(event).encode() + b"\n")

        cease = self._supervisor.listen(pass_on)
        try:
            await _send(writer, {"ok": True})
            await reader.read(1)
        finally:
            cease()


def _check(program: Program) -> None:
    """Names become file names, and a wrong schedule must not be found out at night. Raises Refused."""
    for name in (program.id, program.part):
        if not _NAME.fullmatch(name) or name == SELF:
            raise Refused(f"{name!r} cannot be the name of a program or a part")
    _signal_name(program.stop_signal)
    if program.schedule:
        try:
            next_run(program.schedule, datetime.now())
        except ValueError as error:
            raise Refused(f"{program.id}: {error}") from None


def _signal_name(name: str) -> str:
    """ "HUP" and "SIGHUP" as "SIGHUP". Raises Refused when there is no such signal."""
    full = name if name.startswith("SIG") else f"SIG{name}"
    if full not in signal.Signals.__members__:
        raise Refused(f"there is no signal {name}")
    return full


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise TypeError("a list of program ids is wanted")
    return value


def _is_allowed(writer: asyncio.StreamWriter) -> bool:
    found = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", found)
    return uid in (0, os.geteuid())


def _error(what: str) -> Reply:
    return {"ok": False, "error": what}


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(json.dumps(reply).encode() + b"\n")
    await writer.drain()
