"""TCP ports of this machine: whether one is free, and who holds it."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

_LISTEN = "0A"


def is_free(port: int) -> bool:
    """Whether a server could listen at this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            # A port that needs a privilege cannot be tried; the kernel's table tells whether somebody listens.
            return error.errno == errno.EACCES and not _inodes(port)
    return True


def port_owner(port: int) -> str:
    """Who holds the port: "python3 (pid 123, /path/of/its/folder)".

    Empty when nobody does; "a process of another user" when the kernel does not tell us more.
    """
    inodes = _inodes(port)
    if not inodes:
        return "" if is_free(port) else "a process of another user"
    for pid in _pids():
        if _holds(pid, inodes):
            return _describe(pid)
    return "a process of another user"


def held(port: int) -> str:
    """The clause for a port that is taken: "port 8000 is held by ..."; empty when it is free."""
    return "" if is_free(port) else f"port {port} is held by {port_owner(port) or 'a process that just ended'}"


def _inodes(port: int) -> set[str]:
    """The sockets at this local port: the listening ones, or else any that has an owner."""
    rows = [
        fields
        for name in ("tcp", "tcp6")
        for fields in _table(name)
        if int(fields[1].rpartition(":")[2], 16) == port and fields[9] != "0"
    ]
    listening = {fields[9] for fields in rows if fields[3] == _LISTEN}
    return listening or {fields[9] for fields in rows}


def _table(name: str) -> Iterator[list[str]]:
    try:
        lines = Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    except OSError:
        return
    yield from (line.split() for line in lines)


def _pids() -> list[int]:
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208 - names are enough


def _holds(pid: int, inodes: set[str]) -> bool:
    folder = f"/proc/{pid}/fd"
    wanted = {f"socket:[{inode}]" for inode in inodes}
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208 - thousands of names, no Path objects needed
            with contextlib.suppress(OSError):
                if os.readlink(f"{folder}/{name}") in wanted:  # noqa: PTH115 - as above
                    return True
    return False


def _describe(pid: int) -> str:
    name, place = "a process", ""
    with contextlib.suppress(OSError):
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    with contextlib.suppress(OSError):
        place = f", {Path(f'/proc/{pid}/cwd').readlink()}"
    return f"{name} (pid {pid}{place})"
