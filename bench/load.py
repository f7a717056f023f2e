"""A bounded load on loopback: `wrk` where it is installed, else a small loader of our own."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import ssl
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

CONNECTIONS = 32
MOST = 200_000
"""Requests after which our own loader stops, however quick it was."""


@dataclass(frozen=True)
class Load:
    """Requests to a port of this machine, for so many seconds, with the given Host; over TLS unless it is `plain`."""

    port: int
    host: str
    seconds: float
    method: Literal["GET", "POST"] = "GET"
    path: str = "/"
    bearer: str = ""
    plain: bool = False

    @property
    def tool(self) -> str:
        return "wrk" if shutil.which("wrk") else "asyncio loader"

    def rate(self) -> float:
        """Requests that were answered with 200, per second. Raises RuntimeError when any was answered otherwise."""
        return self._by_wrk() if self.tool == "wrk" else self._by_loader()

    def _by_wrk(self) -> float:
        argv = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{self.seconds:.0f}s", "-H", f"Host: {self.host}:{self.port}"]
        if self.method == "POST":
            argv += ["-s", str(Path(__file__).with_name("post.lua"))]
        if self.bearer:
            argv += ["-H", f"Authorization: Bearer {self.bearer}"]
        argv.append(f"{'http' if self.plain else 'https'}://127.0.0.1:{self.port}{self.path}")
        done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120)
        found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
        if found is None or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
            raise RuntimeError(f"the load on port {self.port} did not go well\n{done.stdout}")
        return float(found[1])

    def _by_loader(self) -> float:
        """In a process of its own, as wrk would be."""
        argv = [sys.executable, "-m", "bench.load", json.dumps(asdict(self))]
        return float(subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120).stdout)


async def _load(load: Load) -> float:
    context = None if load.plain else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if context is not None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    until = time.perf_counter() + load.seconds
    counts = await asyncio.gather(*(_connections(load, context, until) for _ in range(CONNECTIONS)))
    return sum(counts) / (time.perf_counter() - until + load.seconds)


async def _connections(load: Load, context: ssl.SSLContext | None, until: float) -> int:
    """Requests that were answered on one connection at a time, and on the next when the server closes it."""
    answered = 0
    while time.perf_counter() < until and answered < MOST // CONNECTIONS:
        answered += await _connection(load, context, until)
    return answered


async def _connection(load: Load, context: ssl.SSLContext | None, until: float) -> int:
    """Requests that one kept connection had answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", load.port, ssl=context)
    body = "quantity=7" if load.method == "POST" else ""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    token = f"Authorization: Bearer {load.bearer}\r\n" if load.bearer else ""
    head = f"{load.method} {load.path} HTTP/1.1\r\nHost: {load.host}:{load.port}\r\n{token}{length}\r\n"
    request = (head + body).encode()
    answered = 0
    try:
        while time.perf_counter() < until and answered < MOST // CONNECTIONS:
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            size = re.search(rb"(?i)content-length: (\d+)", answer)
            if not answer.startswith(b"HTTP/1.1 200") or size is None:
                raise RuntimeError(answer.decode(errors="replace"))
            await reader.readexactly(int(size[1]))
            answered += 1
            if re.search(rb"(?i)connection: close", answer):
                break
    finally:
        writer.close()
    return answered


if __name__ == "__main__":
    print(asyncio.run(_load(Load(**json.loads(sys.argv[1])))))
