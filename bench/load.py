"""A bounded load on loopback: `wrk` where it is installed, else a small loader of our own."""

from __future__ import annotations

import asyncio
import re
import shutil
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass

CONNECTIONS = 32
MOST = 200_000
"""Requests after which our own loader stops, however quick it was."""


@dataclass(frozen=True)
class Load:
    """GET / over TLS at a port of this machine, for so many seconds, with the given Host."""

    port: int
    host: str
    seconds: float

    @property
    def tool(self) -> str:
        return "wrk" if shutil.which("wrk") else "asyncio loader"

    def rate(self) -> float:
        """Requests that were answered with 200, per second. Raises RuntimeError when any was answered otherwise."""
        return self._by_wrk() if self.tool == "wrk" else self._by_loader()

    def _by_wrk(self) -> float:
        argv = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{self.seconds:.0f}s", "-H", f"Host: {self.host}:{self.port}"]
        done = subprocess.run(
            [*argv, f"https://127.0.0.1:{self.port}/"], capture_output=True, text=True, check=True, timeout=120
        )
        found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
        if found is None or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
            raise RuntimeError(f"the load on port {self.port} did not go well\n{done.stdout}")
        return float(found[1])

    def _by_loader(self) -> float:
        """In a process of its own, as wrk would be."""
        argv = [sys.executable, "-m", "bench.load", str(self.port), self.host, str(self.seconds)]
        return float(subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120).stdout)


async def _load(port: int, host: str, seconds: float) -> float:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    until = time.perf_counter() + seconds
    counts = await asyncio.gather(*(_connection(port, host, context, until) for _ in range(CONNECTIONS)))
    return sum(counts) / (time.perf_counter() - until + seconds)


async def _connection(port: int, host: str, context: ssl.SSLContext, until: float) -> int:
    """Requests that one kept connection had answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    request = f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    answered = 0
    try:
        while time.perf_counter() < until and answered < MOST // CONNECTIONS:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            if not head.startswith(b"HTTP/1.1 200") or length is None:
                raise RuntimeError(head.decode(errors="replace"))
            await reader.readexactly(int(length[1]))
            answered += 1
    finally:
        writer.close()
    return answered


if __name__ == "__main__":
    print(asyncio.run(_load(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]))))
