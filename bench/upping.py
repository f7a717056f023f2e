"""`up`, warm and cold, against a bare start of the very same processes; `up` again; `down`."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field

from bench.by_hand import ByHand
from bench.checkout import Checkout
from bench.measure import Measurement, Series, interleaved
from bench.peer import Orders, bare_start, orders, programs

HOST = "inventr.localhost"
PATH = "/api/health/readiness"
"""Asked through the edge, and answered by the API only when its database and its cache answer."""
_GROUP = "up (inventr)"


def measure(checkout: Checkout, rounds: int) -> list[Measurement]:
    """Every figure about starting and stopping the system, which is up before and after."""
    again = interleaved(rounds, lambda: checkout.stackyard("up", "--detach"))[0]
    known = programs(checkout)
    starts = Starts(checkout)
    starts.down()
    logs = checkout.folder.parent / "logs"
    logs.mkdir(exist_ok=True)
    bare_orders = orders(checkout, known, logs)
    by_hand = ByHand(checkout, known, bare_orders)

    def hand() -> float:
        by_hand.clear()
        return _bare(checkout, by_hand.orders)

    # What a person lays out by hand is no catalogue of ours: a cold start of ours throws it away again.
    warm, bare, by_hands, cold = interleaved(
        rounds, starts.warm, lambda: _bare(checkout, bare_orders), hand, starts.cold
    )
    checkout.stackyard("up", "--detach")
    return _lines(warm, bare, by_hands, cold, again, tuple(starts.downs[1:]))


@dataclass
class Starts:
    """Starts of a system that is down before and after each; `downs` are the seconds that its ends took."""

    checkout: Checkout
    words: tuple[str, ...] = ("up", "--detach")
    downs: list[float] = field(default_factory=list)

    def down(self) -> None:
        """Stop it."""
        self.downs.append(self.checkout.stackyard("down"))

    def warm(self) -> float:
        """Seconds until the API answers through the edge, with the data of the last time."""
        begun = time.perf_counter()
        self.checkout.stackyard(*self.words)
        taken = self.checkout.ready_after(PATH, HOST, begun)
        self.down()
        return taken

    def cold(self) -> float:
        """The same without any data."""
        shutil.rmtree(self.checkout.state / "data")
        return self.warm()


def _bare(checkout: Checkout, bare_orders: Orders) -> float:
    begun = time.perf_counter()
    with bare_start(bare_orders):
        return checkout.ready_after(PATH, HOST, begun)


def _lines(
    warm: tuple[float, ...],
    bare: tuple[float, ...],
    hand: tuple[float, ...],
    cold: tuple[float, ...],
    again: tuple[float, ...],
    down: tuple[float, ...],
) -> list[Measurement]:
    warmly, coldly = Series("stackyard up", warm), Series("stackyard up, no data", cold)
    barely, stopped = Series("bare parallel start", bare), Series("stackyard down", down)
    same = "the same steps in the same order by the shortest script: copy a template, createdb, migrate, start"
    return [
        Measurement(_GROUP, "warm, to all ready through HTTPS / a bare start", "s", warmly, barely, 1.15),
        Measurement(_GROUP, "warm", "s", warmly, bound=1.0),
        Measurement(_GROUP, "cold (no data) / warm", "s", coldly, warmly, 1.5),
        Measurement(_GROUP, "cold / a cold start by hand", "s", coldly, Series("by hand", hand), note=same),
        Measurement(_GROUP, "cold (no data)", "s", coldly, bound=3.0),
        Measurement(_GROUP, "again, nothing to do", "s", Series("stackyard up", again), bound=1.0),
        Measurement(_GROUP, "down", "s", stopped, note="all processes ended, PostgreSQL checkpointed"),
    ]
