"""What the supervisor costs while nothing happens, and how soon it sees that something did."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from bench.checkout import Checkout
from bench.measure import Measurement, Series
from stackyard.targets.native.supervisor.client import Client, connect

VICTIMS = ("api-1", "edge", "cache")
"""Programs that are killed; each comes back within its first, short pause."""
_GROUP = "supervisor"
_MOST_TICKS = 0.1
"""Ticks in a second of idleness: a thousandth of a processor."""


def measure(checkout: Checkout, rounds: int, idle: float) -> list[Measurement]:
    """Memory and processor time over `idle` seconds without requests, and the time to notice a killed program."""
    client = connect(checkout.state)
    if client is None:
        raise RuntimeError("the system is not up")
    pid = client.status().pid
    noticed = tuple(_kill(client, VICTIMS[number % len(VICTIMS)]) for number in range(rounds))
    client.wait(VICTIMS, 60)
    before = _ticks(pid)
    time.sleep(idle)
    ticks = _ticks(pid) - before
    own = _memory(pid)
    guardians = sum(map(_memory, _children(pid, "guardian")))
    return [
        Measurement(
            _GROUP,
            "memory (PSS), with its guardian",
            "MB",
            Series("both", (own + guardians,)),
            bound=30.0,
            note=f"{own:.1f} MB and {guardians:.1f} MB",
        ),
        Measurement(
            _GROUP,
            f"processor ticks in {idle:.0f} s of idleness",
            "ticks",
            Series("supervisor", (float(ticks),)),
            bound=_MOST_TICKS * idle,
            note=f"a tick is 1/{os.sysconf('SC_CLK_TCK')} s; it probes {len(client.status().programs)} programs",
        ),
        Measurement(_GROUP, "SIGKILL of a program to its notice", "ms", Series("supervisor", noticed), bound=100.0),
    ]


def _kill(client: Client, name: str) -> float:
    """Milliseconds from the kill to the event that says so; returns when the program is ready again."""
    client.wait([name], 60)
    status = client.status().program(name)
    if status is None or status.pid is None:
        raise RuntimeError(f"{name} does not run")
    events = client.events()
    os.kill(status.pid, signal.SIGKILL)
    killed = time.perf_counter()
    for event in events:
        if event["type"] == "state" and event["id"] == name and event["pid"] != status.pid:
            break
    taken = 1000 * (time.perf_counter() - killed)
    client.wait([name], 60)
    return taken


def _ticks(pid: int) -> int:
    """Processor time of a process, in clock ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _memory(pid: int) -> float:
    """The proportional share of memory of a process, in MB."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Pss:")) / 1024


def _children(pid: int, word: str) -> list[int]:
    """The children of a process on whose command line the word stands."""
    found = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return [child for child in found if word in Path(f"/proc/{child}/cmdline").read_text()]
