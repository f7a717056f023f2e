"""`check` and `plan` on systems far larger than any that people write, and how their time grows with the size."""

from __future__ import annotations

import math
from pathlib import Path

from bench.checkout import Checkout
from bench.measure import Measurement, Sample, Series, interleaved

SIZES = (1_000, 2_000, 5_000)
_PROJECT = '[project]\nname = "many"\nversion = "1"\nrequires-python = ">=3.11"\n'


def measure(place: Path, rounds: int) -> list[Measurement]:
    """Both commands at each size, the bound at 1,000 services, and the exponent of growth from there to 5,000."""
    checkouts = {size: _generate(place / str(size), size) for size in SIZES}
    made: list[Measurement] = []
    for command in ("check", "plan"):
        taken = interleaved(rounds, *(_sampler(checkouts[size], command) for size in SIZES))
        series = [Series(f"{command} of {size:,}", samples) for size, samples in zip(SIZES, taken, strict=True)]
        group = f"{command} of generated systems"
        for size, one in zip(SIZES, series, strict=True):
            bound = 5.0 if size == SIZES[0] else None
            made.append(Measurement(group, f"{size:,} services", "s", one, bound=bound))
        growth = math.log(series[-1].median / series[0].median) / math.log(SIZES[-1] / SIZES[0])
        what = f"growth from {SIZES[0]:,} to {SIZES[-1]:,}, as an exponent"
        made.append(Measurement(group, what, "", series[-1], bound=1.2, given=growth, note="1 is linear"))
    return made


def _sampler(checkout: Checkout, command: str) -> Sample:
    return lambda: checkout.stackyard(command)


def _generate(folder: Path, size: int) -> Checkout:
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
