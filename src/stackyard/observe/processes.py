"""What the kernel says about processes of this machine, whichever target started them."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from stackyard.targets.native.supervisor.processes import Process as Process
from stackyard.targets.native.supervisor.processes import began as began
from stackyard.targets.native.supervisor.processes import everybody as everybody
from stackyard.targets.native.supervisor.processes import read as read

_LISTEN = "0A"
_UNCONNECTED = "07"


@dataclass(frozen=True)
class Credentials:
    """What a process may do, as /proc tells: real, effective, saved and file-system ids; capabilities as bit sets."""

    uids: tuple[int, ...]
    gids: tuple[int, ...]
    groups: tuple[int, ...]
    no_new_privileges: bool
    capabilities: Mapping[str, int]

    @property
    def words(self) -> str:
        """In one line, as evidence."""
        sets = ", ".join(f"Cap{name} {value:x}" for name, value in self.capabilities.items())
        groups = " ".join(map(str, self.groups)) or "none"
        ids = f"uid {_ids(self.uids)}, gid {_ids(self.gids)}, other groups {groups}"
        return f"{ids}, NoNewPrivs {int(self.no_new_privileges)}, {sets}"


def _ids(ids: tuple[int, ...]) -> str:
    return "/".join(map(str, ids)) if len(set(ids)) > 1 else str(ids[0])


def parse_credentials(status: str) -> Credentials:
    """The credentials in the text of /proc/<pid>/status. Raises KeyError for another text."""
    fields = dict(re.findall(r"^(\w+):[\t ]*(.*)$", status, re.MULTILINE))
    return Credentials(
        uids=tuple(map(int, fields["Uid"].split())),
        gids=tuple(map(int, fields["Gid"].split())),
        groups=tuple(map(int, fields["Groups"].split())),
        no_new_privileges=fields["NoNewPrivs"] == "1",
        capabilities={name: int(fields[f"Cap{name}"], 16) for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")},
    )


def credentials(pid: int) -> Credentials | None:
    """What the process may do; None when it is gone."""
    text = _read(pid, "status")
    return parse_credentials(text.decode(errors="replace")) if b"NoNewPrivs" in text else None


@dataclass(frozen=True)
class Listener:
    """A socket that takes connections or datagrams from whoever can reach `address`."""

    protocol: str
    address: str
    port: int
    inode: int

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches it."""
        found = ip_address(self.address)
        mapped = getattr(found, "ipv4_mapped", None)
        return (mapped or found).is_loopback

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.protocol} {host}:{self.port}"


def parse_listeners(protocol: str, table: str) -> Iterator[Listener]:
    """The listening sockets in the text of /proc/net/tcp, tcp6, udp or udp6."""
    wanted = _LISTEN if protocol.startswith("tcp") else _UNCONNECTED
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9 and fields[3] == wanted:
            host, _, port = fields[1].partition(":")
            yield Listener(protocol, _address(host), int(port, 16), int(fields[9]))


def _address(hexadecimal: str) -> str:
    """An address as the kernel prints it: words of four bytes, each in the byte order of the machine."""
    raw = bytes.fromhex(hexadecimal)
    words = [raw[at : at + 4][::-1] for at in range(0, len(raw), 4)]
    return str(ip_address(b"".join(words)))


def listeners(pid: int | None = None) -> tuple[Listener, ...]:
    """Every listening socket of the network that a process lives in, that of this machine without one.

    A datagram socket with a port of the kernel's choice is a client. Raises PermissionError.
    """
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found: list[Listener] = []
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        with contextlib.suppress(FileNotFoundError):  # a kernel without IPv6
            found += parse_listeners(protocol, Path(f"/proc/{pid or 'self'}/net/{protocol}").read_text())
    return tuple(one for one in found if one.protocol.startswith("tcp") or one.port < first)


def sockets(pid: int) -> frozenset[int]:
    """The inodes of the sockets that a process holds; none when it is gone. Raises PermissionError."""
    folder = f"/proc/{pid}/fd"
    found = set()
    try:
        names = os.listdir(folder)  # noqa: PTH208 - names are all that is needed
    except (FileNotFoundError, ProcessLookupError):
        return frozenset()
    for name in names:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            link = os.readlink(f"{folder}/{name}")  # noqa: PTH115 - it is no path
            if link.startswith("socket:["):
                found.add(int(link[8:-1]))
    return frozenset(found)


def command_line(pid: int) -> str:
    """The command line of a process, as `ps` shows it; empty when it is gone."""
    return _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace").strip()


def environment(pid: int) -> bytes:
    """The environment that a process was started with; empty when it is gone. Raises PermissionError."""
    try:
        return _read_strictly(pid, "environ")
    except PermissionError:
        raise
    except OSError:
        return b""


def working_folder(pid: int) -> str:
    """Where a process is; empty when that may not be known."""
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/cwd")  # noqa: PTH115 - it may end in " (deleted)"
    return ""


def _read(pid: int, name: str) -> bytes:
    with contextlib.suppress(OSError):
        return _read_strictly(pid, name)
    return b""


def _read_strictly(pid: int, name: str) -> bytes:
    return Path(f"/proc/{pid}/{name}").read_bytes()
