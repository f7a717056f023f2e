"""Each shape of a request over HTTP/1, sent to the edge, and what reached the service behind it."""

from __future__ import annotations

from collections.abc import Iterator

from faults.client.shapes import SHAPES, Shape
from faults.client.target import Target, statuses
from faults.client.verdict import framing_fault, shows_internals
from faults.result import Result
from faults.tally import Tally

_MUST = "a refusal or an answer, as HTTP has it; never a second request behind the edge, nor a word about internals"


def results(target: Target, group: str, rounds: int) -> Iterator[Result]:
    """A line for each kind of shape, each shape so many times."""
    for kind, shapes in SHAPES.items():
        tally = Tally(group, kind, _MUST)
        for shape in shapes * rounds:
            fault = fault_of(target, shape)
            tally.count([f"{shape.name}: {fault}"] if fault else [])
        yield tally.result(None, f"{len(shapes)} shapes, {rounds} times each")


def fault_of(target: Target, shape: Shape) -> str:
    """What is wrong with what came of the shape; an empty text when nothing is."""
    target.record()
    answer = target.exchange(shape.content(target.host))
    found = statuses(answer)
    if set(found or [0]) - {*shape.right}:
        return f"the edge answered {found}, not {shape.right}: {answer[:120]!r}"
    if fault := shows_internals(answer) or framing_fault(target.record(), shape.most):
        return fault
    return _others_fault(target)


def _others_fault(target: Target) -> str:
    """Whether the next client gets the answer to its own request."""
    raw = f"GET /judge/next HTTP/1.1\r\nHost: {target.host}\r\nConnection: close\r\n\r\n".encode()
    answer = target.exchange(raw)
    if statuses(answer) != [200] or b'"/judge/next"' not in answer:
        return f"the next client was answered {answer[:200]!r}"
    return ""
