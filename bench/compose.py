"""The Compose target: against plain `docker compose`, and the native target against both."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from bench import engine, generated, images
from bench.checkout import Checkout
from bench.ejected import Ejected, ejected, own_copy
from bench.measure import Measurement, Series, interleaved
from bench.upping import Starts

_GROUP = "up on Compose (inventr)"
_OURS, _PLAIN = "bench-inventr", "bench-plain"
_MANY = 1_000


def measure(native: Checkout, place: Path, rounds: int) -> list[Measurement]:
    """Every figure about the Compose target. `native` is up before and after."""
    native.stackyard("down")
    with on_the_engine(place / "ours") as ours, ejected(place / "plain", _PLAIN) as plain:
        on_compose = OnEngine(ours, ("up", "--detach", "--target", "compose"))
        measured = _starts(Starts(native), on_compose, plain, rounds)
        measured += images.measure(plain, rounds)
    native.stackyard("up", "--detach")
    return [*measured, _render(place / "many", rounds)]


class OnEngine(Starts):
    """Starts of a system on Compose."""

    def cold(self) -> float:
        """Without its volumes."""
        engine.forget_data(_OURS)
        return self.warm()


@contextlib.contextmanager
def on_the_engine(place: Path) -> Iterator[Checkout]:
    """The reference system on Compose, with its images built, not up; all of it goes away at the end."""
    checkout = own_copy(place, _OURS)
    try:
        checkout.stackyard("up", "--detach", "--target", "compose")
        checkout.stackyard("down")
        yield checkout
    finally:
        checkout.stackyard("down")
        checkout.stackyard("clean", "--data", "--yes")


def _starts(native: Starts, ours: Starts, plain: Ejected, rounds: int) -> list[Measurement]:
    plain.warm()
    taken = interleaved(rounds, native.warm, ours.warm, plain.warm, native.cold, ours.cold, plain.cold)
    names = ("native", "up --target compose", "docker compose up --wait")
    warm = [Series(name, times) for name, times in zip(names, taken[:3], strict=True)]
    cold = [Series(f"{name}, no data", times) for name, times in zip(names, taken[3:], strict=True)]
    return [
        Measurement(_GROUP, "warm, native / docker compose up", "s", warm[0], warm[2], 0.2, note="five times as fast"),
        Measurement(_GROUP, "cold (no data), native / docker compose up", "s", cold[0], cold[2]),
        Measurement(_GROUP, "warm, ours / docker compose up", "s", warm[1], warm[2], 1.1),
        Measurement(_GROUP, "cold (no data), ours / docker compose up", "s", cold[1], cold[2], 1.1),
    ]


def _render(place: Path, rounds: int) -> Measurement:
    """Writing the project of a large file, against the time that Compose takes to read it."""
    checkout = generated.system(place / "source", _MANY)
    made = Ejected(place / "rendered", checkout)

    def ours() -> float:
        shutil.rmtree(made.folder, ignore_errors=True)
        return checkout.stackyard("render", "compose", "-o", str(made.folder))

    own, peer = interleaved(rounds, ours, lambda: engine.docker(*made.words, "config", "--quiet"))
    return Measurement(
        f"render of {_MANY:,} services",
        "stackyard render / docker compose config of the result",
        "s",
        Series("stackyard render compose", own),
        Series("docker compose config", peer),
        3.0,
    )
