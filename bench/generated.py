"""`check` and `plan` on systems far larger than any that people write, and how their time grows with the size."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from pathlib import Path

from bench.checkout import Checkout
from bench.measure import Measurement, Sample, Series, interleaved

SIZES = (1_000, 2_000, 5_000)
_BOUND = 5.0
_PROJECT = '[project]\nname = "many"\nversion = "1"\nrequires-python = ">=3.11"\n'


def measure(place: Path, rounds: int) -> list[Measurement]:
    """Both commands at each size, the bound at 1,000 services, and the exponent of growth from there to 5,000."""
    checkouts = {size: system(place / str(size), size) for size in SIZES}
    made: list[Measurement] = []
    for command in ("check", "plan"):
        taken = interleaved(rounds, *(_sampler(checkouts[size], command) for size in SIZES))
        group = f"{command} of generated systems"
        for size, samples in zip(SIZES, taken, strict=True):
            bound = _BOUND if size == SIZES[0] else None
            series = Series(f"stackyard {command}", samples)
            made.append(Measurement(group, f"{size:,} services", "s", series, bound=bound))
        slopes = tuple(slope(SIZES, times) for times in zip(*taken, strict=True))
        note = f"the power of the number of services that the time follows up to {SIZES[-1]:,}; 1 is a straight line"
        made.append(Measurement(group, "grows linearly", "", Series("exponent", slopes), bound=1.2, note=note))
    return made


def slope(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The exponent of the power law through the points: the slope of the straight line that fits their logarithms."""
    return statistics.linear_regression([math.log(size) for size in sizes], [math.log(one) for one in times]).slope


def _sampler(checkout: Checkout, command: str) -> Sample:
    return lambda: checkout.stackyard(command)


def system(folder: Path, size: int) -> Checkout:
    """A system of `size` services in a tree: each needs the database and the service above it."""
    app = folder / "app"
    app.mkdir(parents=True)
    (app / "pyproject.toml").write_text(_PROJECT)
    (app / "main.py").write_text("print('many')\n")
    (folder / "stackyard.yaml").write_text(_stack_file(size))
    return Checkout(folder)


def _stack_file(size: int) -> str:
    rows = ["system: many", "services:"]
    for number in range(size):
        above = f", service-{(number - 1) // 2}" if number else ""
        rows.append(
            f"  service-{number}: {{build: ./app, command: python main.py, port: {10_001 + number}, health: /health, "
            f"needs: [db{above}]}}"
        )
    rows += ["resources: {db: {postgres: '>=14'}}", "edge: {host: many.localhost, routes: {/: service-0}}"]
    return "\n".join(rows) + "\n"
