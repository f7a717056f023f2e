"""A hostile client at the edge of a running system: a real nginx before a real API and an upstream that trusts nobody.

Each try must be answered rightly. Meanwhile an ordinary client is served as ever, no part is restarted, and no answer
tells anything about the inside.
"""

from __future__ import annotations

import contextlib
import resource
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from faults.client import http2, paths, smuggling
from faults.client.sieges import SIEGES, Siege
from faults.client.target import Target, attacked
from faults.client.verdict import Ordinary
from faults.result import Result

GROUP = "hostile"
_FILES = 8_192
_AND = "; an ordinary client is served meanwhile, and nothing is restarted"


def run(place: Path, quick: bool) -> Iterator[Result]:
    """The group: single requests first, then the sieges."""
    rounds = 1 if quick else 10
    with _many_files(), attacked(place) as target:
        calm = _calm(target, 2.0 if quick else 10.0)
        yield from smuggling.results(target, GROUP, rounds)
        yield from http2.results(target, GROUP, rounds)
        yield from paths.results(target, GROUP, rounds)
        for name, (siege, count, few, must) in SIEGES.items():
            yield besieged(target, siege, few if quick else count, name, must, calm)


def _calm(target: Target, seconds: float) -> float:
    """How long an ordinary request takes when nobody attacks, in seconds."""
    with Ordinary(target) as ordinary:
        time.sleep(seconds)
    return statistics.median(ordinary.seconds)


def besieged(target: Target, siege: Siege, count: int, name: str, must: str, calm: float) -> Result:
    """What came of a siege, and of the ordinary client meanwhile, for whom `calm` is the usual median in seconds."""
    before = target.life()
    with Ordinary(target) as ordinary:
        outcome = siege(target, count)
        # At least a few requests fall into the time of a short siege and right after it.
        time.sleep(0.5)
    reasons = list(outcome.reasons)
    if not ordinary.is_served(calm):
        reasons.append(ordinary.note())
    if (after := target.life()) != before:
        reasons.append(f"parts were restarted: {before} became {after}")
    notes = (*reasons[:5], ordinary.note(), *outcome.notes)
    held = max(0, outcome.tried - len(reasons))
    return Result(GROUP, name, must + _AND, outcome.tried, held, notes=notes)


@contextlib.contextmanager
def _many_files() -> Iterator[None]:
    """Room for thousands of connections in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, _FILES)), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
