"""How quickly the command line itself is there."""

from __future__ import annotations

import sys

from bench.checkout import STACKYARD, Checkout
from bench.measure import Measurement, Series, interleaved, seconds


def measure(checkout: Checkout, rounds: int) -> list[Measurement]:
    """`--help` against an interpreter that does nothing, and `status` of a system that is up."""
    helped, passed, told = interleaved(
        rounds,
        lambda: seconds([STACKYARD, "--help"]),
        lambda: seconds([sys.executable, "-c", "pass"]),
        lambda: checkout.stackyard("status"),
    )
    milliseconds = tuple(1000 * one for one in told)
    return [
        Measurement(
            "command line",
            "--help / an interpreter that does nothing",
            "s",
            Series("stackyard --help", helped),
            Series("python -c pass", passed),
            3.0,
        ),
        Measurement("command line", "status of a system that is up", "ms", Series("status", milliseconds), bound=300.0),
    ]
