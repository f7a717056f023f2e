"""What runs: every part healthy, and as the stack file describes it."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.observe.view import View
from stackyard.verify.check import Check, Look, Seen, saw

_WELL = ("ready", "done", "waiting")


def _healthy(view: View) -> Iterator[Seen]:
    for one in view.processes():
        is_well = one.state in _WELL
        yield saw(f"state of {one.id}", one.state, fault=f"{one.id} is {one.state}: {one.sentence}", unless=is_well)


def _as_described(view: View) -> Iterator[Seen]:
    steps = view.differences()
    if not steps:
        yield saw("what `stackyard plan` would do", "nothing")
    for step in steps:
        yield saw("what `stackyard plan` would do", step, fault=f"differs from the file: {step}")


CHECKS = (
    Check("topology.healthy", ("TOP-01",), "every part of the system runs and is healthy", Look.INSIDE, _healthy),
    Check(
        "topology.as-described",
        ("TOP-01", "TOP-13"),
        "what runs is what the stack file describes",
        Look.FILE,
        _as_described,
        next_step="`stackyard up` brings it in line; `stackyard plan` shows what that means.",
    ),
)
