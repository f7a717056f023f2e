"""SIGKILL of one part after the other, under write load: each comes back, and what was acknowledged is there."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from faults.breakable import PARTS, Breakable, breakable, is_ready, seconds_until
from faults.load import Account, Load, load
from faults.result import Result
from faults.tally import Tally
from stackyard.targets.native.supervisor.client import Client
from stackyard.targets.native.supervisor.machine import STEADY

GROUP = "parts"
BOUND = 10.0
"""Seconds within which a killed part is ready again and a write through the edge is acknowledged."""
_LONG_BOUND = 30.0
"""The same after many deaths in a row: two of the longest pauses, as the worker may try once too early, and a start."""
_MUST = f"ready again and a write through the edge acknowledged within {BOUND:.0f} s; nothing lost, nothing twice"
_VICTIMS = {
    "db": "PostgreSQL, its first process",
    "backend": "PostgreSQL, one backend at work",
    "cache": "Redis",
    "worker-1": "the worker",
    "photos": "the object store",
    "api-1": "the API, one of two replicas",
    "edge": "nginx, its master",
}
# The worker dies with the database and with the cache: its rest is before the first of them, not in between.
_RESTS: dict[str, tuple[str, ...]] = {"db": ("db", "worker-1"), "backend": (), "worker-1": ()}


def run(ground: Path, quick: bool) -> Iterator[Result]:
    """Fifty rounds (one when it should be quick) in which each part is killed once; then one part a dozen times."""
    with breakable(ground) as checkout:
        checkout.up("--quiet")
        tallies = {name: Tally(GROUP, f"SIGKILL of {words}", _MUST) for name, words in _VICTIMS.items()}
        with load(checkout) as writing:
            _rounds(checkout, tallies, writing, 1 if quick else 50, 0.0 if quick else STEADY)
            account = writing.account()
        yield from (tally.result() for tally in tallies.values())
        yield _sum(tallies, account)
        if not quick:
            yield _again_and_again(checkout, 12)


def _rounds(checkout: Breakable, tallies: dict[str, Tally], writing: Load, rounds: int, rest: float) -> None:
    """`rest` is how long a part has run well before it is killed, in seconds, so that each death is a first one."""
    client = checkout.supervisor()
    assert client is not None
    for _ in range(rounds):
        for name, tally in tallies.items():
            _rested(client, _RESTS.get(name, (name,)), rest)
            _written(writing)
            _try(checkout, client, name, tally)


def _rested(client: Client, names: tuple[str, ...], seconds: float) -> None:
    """Wait until these have been ready for so long."""

    def are_rested() -> bool:
        found = [one for one in client.status().programs if one.id in names]
        return all(one.phase == "ready" and time.time() - one.since >= seconds for one in found)

    seconds_until(are_rested, 10 * BOUND)


def _written(writing: Load) -> None:
    """Wait until one more write was acknowledged: the load is at work."""
    before = writing.acknowledged
    seconds_until(lambda: writing.acknowledged > before, BOUND)


def _try(checkout: Breakable, client: Client, name: str, tally: Tally) -> None:
    if seconds_until(lambda: is_ready(client.status()), 6 * BOUND) is None:
        tally.count(["not all was ready before this kill"])
        return
    pid = _backend(client) if name == "backend" else _pid(client, name)
    os.kill(pid, signal.SIGKILL)
    taken = seconds_until(lambda: _is_back(checkout, client, name, pid), BOUND)
    tally.count([] if taken is not None else _complaints(client), taken)


def _is_back(checkout: Breakable, client: Client, name: str, killed: int) -> bool:
    status = client.status()
    if name != "backend" and (one := status.program(name)) is not None and one.pid == killed:
        return False  # the supervisor has not seen it yet
    return is_ready(status) and checkout.is_answering()


def _complaints(client: Client) -> list[str]:
    """What is not ready, in the words of the supervisor."""
    away = [one for one in client.status().programs if one.id in PARTS and one.phase != "ready"]
    return [f"{one.id} is {one.phase}: {one.sentence}" for one in away] or ["all is ready, but nothing answers"]


def _pid(client: Client, name: str) -> int:
    """The process of a program, which may just have died: then the next one."""
    while (one := client.status().program(name)) is None or one.pid is None:
        time.sleep(0.01)
    return one.pid


def _backend(client: Client) -> int:
    """A process of PostgreSQL that serves a client."""
    while True:
        for child in psutil.Process(_pid(client, "db")).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if "127.0.0.1" in " ".join(child.cmdline()):
                    return child.pid
        time.sleep(0.01)


def _sum(tallies: dict[str, Tally], account: Account) -> Result:
    tried = sum(tally.tried for tally in tallies.values())
    return Result(
        GROUP,
        "all of these deaths together",
        "every acknowledged write is there, none twice, every queued job done",
        tried,
        tried if account.is_whole else 0,
        account.lost,
        notes=account.sentences(),
    )


def _again_and_again(checkout: Breakable, times: int) -> Result:
    """What once ran well is never given up: it is started again with growing pauses, however often it dies."""
    client = checkout.supervisor()
    assert client is not None
    _rested(client, ("db", "worker-1"), STEADY)
    tally = Tally(
        GROUP,
        f"SIGKILL of PostgreSQL {times} times in a row, each time as soon as all is ready; the worker dies with it",
        f"neither is ever given up: all ready again within {_LONG_BOUND:.0f} s every time, with growing pauses",
    )
    for _ in range(times):
        pid = _pid(client, "db")
        os.kill(pid, signal.SIGKILL)
        taken = seconds_until(lambda: _is_back(checkout, client, "db", pid), _LONG_BOUND)  # noqa: B023 - asked at once
        tally.count([] if taken is not None else _complaints(client), taken)
        if taken is None:
            break
    return tally.result()
