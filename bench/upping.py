"""`up`, warm and cold, against a bare start of the very same processes; `up` again; `down`."""

from __future__ import annotations

import shutil
import time

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
    down = [checkout.stackyard("down")]
    logs = checkout.folder.parent / "logs"
    logs.mkdir(exist_ok=True)
    bare_orders = orders(checkout, known, logs)

    def warm() -> float:
        taken = _up(checkout)
        down.append(checkout.stackyard("down"))
        return taken

    def cold() -> float:
        shutil.rmtree(checkout.state / "data")
        return warm()

    by_hand = ByHand(checkout, known, bare_orders)

    def hand() -> float:
        by_hand.clear()
        return _bare(checkout, by_hand.orders)

    # What a person lays out by hand is no catalogue of ours: a cold start of ours throws it away again.
    warm_times, bare_times, hand_times, cold_times = interleaved(
        rounds, warm, lambda: _bare(checkout, bare_orders), hand, cold
    )
    checkout.stackyard("up", "--detach")
    warmly, barely = Series("stackyard up", warm_times), Series("bare parallel start", bare_times)
    coldly = Series("stackyard up, no data", cold_times)
    stopped = Series("stackyard down", tuple(down[1:]))
    return [
        Measurement(_GROUP, "warm, to all ready through HTTPS / a bare start", "s", warmly, barely, 1.15),
        Measurement(_GROUP, "warm", "s", warmly, bound=1.0),
        Measurement(_GROUP, "cold (no data) / warm", "s", coldly, warmly, 1.5),
        Measurement(
            _GROUP,
            "cold / a cold start by hand",
            "s",
            coldly,
            Series("by hand", hand_times),
            note="the same steps in the same order by the shortest script: copy a template, createdb, migrate, start",
        ),
        Measurement(_GROUP, "cold (no data)", "s", coldly, bound=3.0),
        Measurement(_GROUP, "again, nothing to do", "s", Series("stackyard up", again), bound=1.0),
        Measurement(_GROUP, "down", "s", stopped, note="all processes ended, PostgreSQL checkpointed"),
    ]


def _up(checkout: Checkout) -> float:
    begun = time.perf_counter()
    checkout.stackyard("up", "--detach")
    return checkout.ready_after(PATH, HOST, begun)


def _bare(checkout: Checkout, bare_orders: Orders) -> float:
    begun = time.perf_counter()
    with bare_start(bare_orders):
        return checkout.ready_after(PATH, HOST, begun)
