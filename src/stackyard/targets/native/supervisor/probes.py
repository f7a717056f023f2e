"""Probes: one small question each, asked on the event loop, answered with yes or with a reason."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from stackyard.targets.native.program import ProgramProbe
from stackyard.targets.native.supervisor import processes

MOST_READ = 64 * 1024
_COARSE = 0.05
"""Seconds by which the times of a file and of a process may differ from the clock."""


@dataclass(frozen=True)
class Target:
    """What is probed: the leader's pid, when it started (epoch seconds), and how to run a command as its user."""

    pid: int
    since: float
    run: Callable[[tuple[str, ...]], Awaitable[int]]


async def ask(probe: ProgramProbe, target: Target) -> tuple[bool, str]:
    """Whether the program is well, and otherwise why not, as a clause ("GET /health answered 503")."""
    try:
        async with asyncio.timeout(probe.timeout):
            return await _ASK[probe.kind](probe, target)
    except TimeoutError:
        return False, f"{_question(probe)} was not answered within {probe.timeout:g} s"
    except ConnectionRefusedError:
        return False, f"nothing listens at {probe.address}"
    except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        return False, f"{_question(probe)} failed: {getattr(error, 'strerror', None) or error}"


def _question(probe: ProgramProbe) -> str:
    if probe.kind in ("http", "https"):
        return f"GET {probe.path or '/'}"
    if probe.kind == "command":
        return f"the command {probe.command[0] if probe.command else ''}".rstrip()
    if probe.kind in ("file", "pidfile", "standby"):
        return probe.path
    return "PING" if probe.kind == "redis" else probe.address


async def _connect(probe: ProgramProbe, *, tls: bool = False) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if probe.address.startswith("unix:"):
        return await asyncio.open_unix_connection(probe.address.removeprefix("unix:"))
    host, _, port = probe.address.rpartition(":")
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the address is our own: it is the answer that is wanted
    name = (probe.host.partition(":")[0] or None) if tls else None
    return await asyncio.open_connection(host.strip("[]"), int(port), ssl=context, server_hostname=name)


async def _status(probe: ProgramProbe) -> int:
    """The status of an HTTP answer. Raises ValueError when the answer is not HTTP."""
    reader, writer = await _connect(probe, tls=probe.kind == "https")
    try:
        host = probe.host or ("localhost" if probe.address.startswith("unix:") else probe.address)
        lines = (
            f"GET {probe.path or '/'} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: stackyard\r\nConnection: close\r\n\r\n"
        )
        writer.write(lines.encode())
        first = await reader.readline()
        # Read to the end: a server that is cut off in its answer would log an error.
        if first.startswith(b"HTTP/"):
            await _drain(reader)
    finally:
        writer.close()
    words = first.split(maxsplit=2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/"):
        raise ValueError("the answer is not HTTP" if first else "the connection was closed without an answer")
    return int(words[1])


async def _drain(reader: asyncio.StreamReader) -> None:
    left = MOST_READ
    while left > 0 and (data := await reader.read(left)):
        left -= len(data)


async def _http(probe: ProgramProbe, _target: Target) -> tuple[bool, str]:
    status = await _status(probe)
    return 200 <= status < 400, f"{_question(probe)} answered {status}"


async def _answer(probe: ProgramProbe, _target: Target) -> tuple[bool, str]:
    await _status(probe)
    return True, ""


async def _tcp(probe: ProgramProbe, _target: Target) -> tuple[bool, str]:
    _, writer = await _connect(probe)
    writer.close()
    return True, ""


async def _redis(probe: ProgramProbe, _target: Target) -> tuple[bool, str]:
    reader, writer = await _connect(probe)
    try:
        writer.write(b"PING\r\n")
        line = (await reader.readline()).decode(errors="replace").strip()
    finally:
        writer.close()
    return line.startswith(("+PONG", "-NOAUTH")), f"PING answered {line or 'nothing'}"


async def _pidfile(probe: ProgramProbe, target: Target) -> tuple[bool, str]:
    try:
        lines = Path(probe.path).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False, f"{probe.path} does not exist yet"
    words = ("ready", "standby") if probe.kind == "standby" else ("ready",)
    if len(lines) < 8 or lines[7].strip() not in words:
        return False, f"{probe.path} says {lines[7].strip() if len(lines) > 7 else 'nothing yet'}"
    # After a crash the file of the last server still says ready.
    owner = processes.read(int(lines[0])) if lines[0].isdigit() else None
    return owner is not None and owner.session == target.pid, f"{probe.path} is left from an earlier process"


async def _file(probe: ProgramProbe, target: Target) -> tuple[bool, str]:
    try:
        written = Path(probe.path).stat().st_mtime
    except FileNotFoundError:
        return False, f"{probe.path} does not exist yet"
    return written >= target.since - _COARSE, f"{probe.path} is older than the process"


async def _command(probe: ProgramProbe, target: Target) -> tuple[bool, str]:
    code = await target.run(probe.command)
    return code == 0, f"{_question(probe)} exited with code {code}"


async def _none(_probe: ProgramProbe, _target: Target) -> tuple[bool, str]:
    return True, ""


_ASK: dict[str, Callable[[ProgramProbe, Target], Awaitable[tuple[bool, str]]]] = {
    "http": _http,
    "https": _http,
    "answer": _answer,
    "tcp": _tcp,
    "redis": _redis,
    "pidfile": _pidfile,
    "standby": _pidfile,
    "file": _file,
    "command": _command,
    "none": _none,
}
