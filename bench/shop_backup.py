"""What people in goldshop notice while a set is made: their answers with and without, in turn."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg

from bench.checkout import Checkout, running
from bench.goldshop import copy, environment, grow, interpreter, load_of, one_round
from bench.measure import Measurement, Series, interleaved
from bench.shop_load import ShopLoad
from bench.stock import fill
from stackyard.backup.niceness import set_behind
from stackyard.targets.native.layout import KEEPER, Layout

_GROUP = "backups"
_MOST = 1.3
_BACKUPS = "backups: {wal: continuous, drill: never}\n"
_MOVEMENTS = 40_000
_FILLER = 500_000
"""Rows beside those of the shop, half a gigabyte: else a set would be over before anybody noticed."""
_SECONDS = 30.0


def measure(place: Path, rounds: int) -> list[Measurement]:
    """The 95th of a hundred answers while sets are made one after the other, against the same with none."""
    checkout = copy(place, _BACKUPS)
    with running(checkout):
        variables = environment(checkout)
        grow(interpreter(checkout, variables), variables, _MOVEMENTS)
        with psycopg.connect(variables["DATABASE_URL"], autocommit=True) as owner:
            fill(owner, _FILLER)
        wanted = load_of(checkout, _SECONDS)
        one_round(wanted)

        def during() -> float:
            with _sets(checkout):
                return _slowest(wanted)

        busy, quiet = interleaved(rounds, during, lambda: _slowest(wanted))
    return [
        Measurement(
            _GROUP,
            "95 of 100 answers within, during a set / without",
            "ms",
            Series("during", busy),
            Series("without", quiet),
            _MOST,
            note="sets as the keeper begins them, one after the other, with half a gigabyte beside the shop's own data",
        )
    ]


def _slowest(wanted: ShopLoad) -> float:
    times = sorted(time for times in one_round(wanted).values() for time in times)
    return times[int(len(times) * 0.95)]


@contextlib.contextmanager
def _sets(checkout: Checkout) -> Iterator[None]:
    """Sets are made until the block ends; the last of them is broken off. Raises RuntimeError when one failed."""
    ending, failed = threading.Event(), []
    job = str(Layout(checkout.folder, "development").etc(KEEPER) / "job.json")
    begun: list[subprocess.Popen[bytes]] = []

    def make() -> None:
        while not ending.is_set():
            begun.append(
                subprocess.Popen(
                    (sys.executable, "-m", "stackyard.backup", job, "create"),
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
            set_behind(begun[-1])
            if begun[-1].wait() and not ending.is_set():
                failed.append(begun[-1].returncode)
                return

    thread = threading.Thread(target=make)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        begun[-1].terminate()
        thread.join()
    if failed:
        raise RuntimeError("a set could not be made")
