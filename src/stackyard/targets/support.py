"""What a target does with each field of a stack file: keeps it, keeps it nearly, leaves it, or refuses the system.

One table a target, in one form, so that a person can hold them side by side. Nothing is dropped in silence: a field
that is not kept as it is written is an error with its line, unless the file accepts the loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stackyard.errors import MachineError
from stackyard.model.system import System
from stackyard.model.values import Position


class Verdict(StrEnum):
    """What becomes of a field. Only KEPT needs no word in `accept_loss`; REFUSED cannot be accepted."""

    KEPT = "kept"
    APPROXIMATED = "approximated"
    LOST = "not kept"
    REFUSED = "refused"


@dataclass(frozen=True)
class Spot:
    """Where a system asks for a field: its dotted key, as `accept_loss` writes it, and the place in the file."""

    key: str
    position: Position


Search = Callable[[System], Iterable[Spot]]


def nowhere(_system: System) -> tuple[Spot, ...]:
    """For what is kept: nobody has to know where it is."""
    return ()


@dataclass(frozen=True)
class Row:
    """One field and what becomes of it.

    field:    as people write it, "*" for any name: "resources.*.replicas", "edge.tls: acme"
    how:      how it is kept, or what happens instead; the end of a sentence that begins with the field
    promises: what it is about, by id
    hint:     the next step, for what is refused
    found:    where a system asks for it
    """

    field: str
    verdict: Verdict
    how: str
    promises: tuple[str, ...] = ()
    hint: str = ""
    found: Search = nowhere


def notices(target: str, rows: Sequence[Row], system: System) -> tuple[str, ...]:
    """A sentence with its line for each loss that the file accepts."""
    return tuple(
        f"{spot.position}: `{spot.key}` is {row.verdict} by the {target} target: {row.how}"
        for row, spot in _losses(rows, system)
        if row.verdict is not Verdict.REFUSED and is_accepted(target, spot.key, system)
    )


def refuse(target: str, rows: Sequence[Row], system: System) -> None:
    """Raise MachineError for what this target cannot do and the file does not accept, all of it at once."""
    open_ones = [
        (row, spot)
        for row, spot in _losses(rows, system)
        if row.verdict is Verdict.REFUSED or not is_accepted(target, spot.key, system)
    ]
    if not open_ones:
        return
    sentences = [
        f"{spot.position}: `{spot.key}` is {row.verdict} by the {target} target: {row.how}" for row, spot in open_ones
    ]
    keys = ", ".join(dict.fromkeys(spot.key for row, spot in open_ones if row.verdict is not Verdict.REFUSED))
    hints = [row.hint for row, _ in open_ones if row.hint]
    if keys:
        hints.append(f"Where that will do, say so: `accept_loss: {{{target}: [{keys}]}}`.")
    raise MachineError(sentences[0], hint=" ".join(dict.fromkeys(hints)), details=sentences[1:])


def is_accepted(target: str, key: str, system: System) -> bool:
    """Whether the file accepts that the target does not keep this key, or one above it."""
    return any(key == given or key.startswith(f"{given}.") for given in system.accept_loss.get(target, ()))


def _losses(rows: Sequence[Row], system: System) -> Iterable[tuple[Row, Spot]]:
    """What a system asks for and a target does not keep, in the order of the file."""
    found = [(row, spot) for row in rows if row.verdict is not Verdict.KEPT for spot in row.found(system)]
    return sorted(found, key=lambda one: (one[1].position.line, one[1].key))
