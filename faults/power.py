"""Everything killed at once, under write load: what a power cut is to processes, though not to a disk."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from faults.breakable import Breakable, breakable, recover, seconds_until
from faults.load import Account, load, total
from faults.result import Result
from faults.tally import Tally

GROUP = "power"
_WARM = 150
"""Acknowledged writes before everything is killed."""


def run(ground: Path, quick: bool) -> Iterator[Result]:
    """Twenty times (once when it should be quick): up, write, kill all, up again, look."""
    tally = Tally(
        GROUP,
        "SIGKILL of everything at once: the supervisor, its guardian, every part",
        "the next `up` ends well and a write through the edge is acknowledged; nothing lost",
    )
    accounts: list[Account] = []
    with breakable(ground) as checkout:
        checkout.up("--quiet")
        for _ in range(1 if quick else 20):
            accounts.append(_cut(checkout, tally))
    yield tally.result(total(accounts))


def _cut(checkout: Breakable, tally: Tally) -> Account:
    with load(checkout) as writing:
        seconds_until(lambda: writing.acknowledged >= _WARM, 60.0)
        kill_all(checkout)
        killed = time.monotonic()
        reasons = recover(checkout)
        taken = time.monotonic() - killed
        account = writing.account()
    tally.count([*reasons, *([] if account.is_whole else ["acknowledged writes are missing or there twice"])], taken)
    return account


def kill_all(checkout: Breakable) -> None:
    """Kill every process of the copy until none is left. All are stopped first, so that none sees another one die."""
    while processes := checkout.processes():
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                    os.kill(process.pid, number)
