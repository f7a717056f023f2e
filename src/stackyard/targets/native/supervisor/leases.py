"""Leases: which process runs a program, written so that a reused pid is never taken for it.

A lease is written by a temporary file and a rename before the program counts as started. It is not fsynced: a lease
matters only while its process lives, and neither outlives the machine.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from pathlib import Path

from stackyard.targets.native.supervisor import processes
from stackyard.targets.native.supervisor.places import Places, read_json, write_json


@dataclass(frozen=True)
class Lease:
    """One process under supervision. `started` and `boot` tell it from any later one with the same `pid`.

    `since` is when it was started, in seconds of the epoch; `stop_signal` is how its leader wants to be stopped.
    """

    id: str
    part: str
    pid: int
    started: int
    boot: str
    since: float
    fingerprint: str
    stop_signal: str

    @property
    def is_alive(self) -> bool:
        return self.boot == processes.boot_id() and processes.is_running(self.pid, self.started)


def write(folder: Path, lease: Lease) -> None:
    """Write the lease. Raises OSError, for example when the disk is full."""
    write_json(Places(folder).lease(lease.id), asdict(lease))


def remove(folder: Path, name: str) -> None:
    """Forget the lease of a program."""
    with contextlib.suppress(OSError):
        Places(folder).lease(name).unlink()


def read(folder: Path, name: str) -> Lease | None:
    """The lease of a program, or None when there is none, or none that can be understood."""
    data = read_json(Places(folder).lease(name))
    try:
        lease = Lease(**data) if data else None
    except TypeError:
        return None
    return lease if lease and lease.id == name else None


def alive_leases(folder: Path) -> list[Lease]:
    """The leases whose very process is alive, by id. With no supervisor there, these are left-over processes."""
    names = sorted(path.stem for path in (Places(folder).run / "leases").glob("[!.]*.json"))
    found = (read(folder, name) for name in names)
    return [lease for lease in found if lease and lease.is_alive]
