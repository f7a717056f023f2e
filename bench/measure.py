"""What a measurement is: samples of ours, of a peer where there is one, and the bound that the pair should stay within.

Nothing here asserts: a machine that is busy would make a liar of every test. The report shows, and people judge.
"""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Sample = Callable[[], float]


@dataclass(frozen=True)
class Series:
    """Samples of one thing under one name, in the unit of their measurement."""

    name: str
    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def spread(self) -> tuple[float, float]:
        """The smallest and the largest sample."""
        return min(self.samples), max(self.samples)


@dataclass(frozen=True)
class Measurement:
    """One line of the report.

    With a `peer` the samples of both were taken in turn, and the `value` is the median of the ratios, pair by pair: a
    machine that is busy for a while is so for both. Else it is the median itself, in `unit` ("s", "ms", "MB" ...).
    `bound` is None where there is nothing to hold; `better` says on which side of it the value should be.
    """

    group: str
    what: str
    unit: str
    ours: Series
    peer: Series | None = None
    bound: float | None = None
    better: Literal["lower", "higher"] = "lower"
    note: str = ""

    @property
    def value(self) -> float:
        if self.peer is None:
            return self.ours.median
        pairs = zip(self.ours.samples, self.peer.samples, strict=True)
        return statistics.median(own / other for own, other in pairs)

    @property
    def is_within(self) -> bool | None:
        """Whether the value is on the right side of its bound; None without a bound."""
        if self.bound is None:
            return None
        return self.value <= self.bound if self.better == "lower" else self.value >= self.bound

    def to_json(self) -> dict[str, Any]:
        """The line with all its samples."""
        return {
            "group": self.group,
            "what": self.what,
            "unit": self.unit,
            "value": self.value,
            "is_ratio": self.peer is not None,
            "bound": self.bound,
            "better": self.better,
            "is_within": self.is_within,
            "ours": {"name": self.ours.name, "samples": list(self.ours.samples)},
            "peer": {"name": self.peer.name, "samples": list(self.peer.samples)} if self.peer else None,
            "note": self.note,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Measurement:
        """The line that `to_json` wrote."""
        ours, peer = (
            Series(one["name"], tuple(one["samples"])) if one else None for one in (told["ours"], told["peer"])
        )
        assert ours is not None
        names = ("group", "what", "unit", "bound", "better", "note")
        return cls(ours=ours, peer=peer, **{name: told[name] for name in names})


def interleaved(rounds: int, *samplers: Sample) -> tuple[tuple[float, ...], ...]:
    """Take one sample of each in turn, `rounds` times, so that a busy moment of the machine falls on all of them."""
    taken: list[list[float]] = [[] for _ in samplers]
    for _ in range(rounds):
        for samples, sampler in zip(taken, samplers, strict=True):
            samples.append(sampler())
    return tuple(map(tuple, taken))


def seconds(argv: Sequence[str], **more: Any) -> float:
    """How long a command takes from its start to its end. Raises RuntimeError with its output when it fails."""
    begun = time.perf_counter()
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **more)
    taken = time.perf_counter() - begun
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return taken
