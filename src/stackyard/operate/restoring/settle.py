"""A restore that was interrupted is settled by whoever comes next: completed or taken back, and told in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from stackyard.errors import StateError
from stackyard.operate.restoring.journal import Journal
from stackyard.operate.restoring.swap import Move, Phase, Swap, backward, decide, forward


class Places(Protocol):
    """The little of `Effects` that a settlement needs."""

    @property
    def journal(self) -> Journal: ...
    def exists(self, place: str) -> bool: ...
    def move(self, source: str, goal: str) -> None: ...
    def stop(self, parts: tuple[str, ...]) -> None: ...
    def renew(self, parts: tuple[str, ...]) -> None: ...


def swap_in(places: Places, swap: Swap) -> Swap:
    """Have every part live in its successor. Nothing may use the parts."""
    places.journal.write(swap.at(Phase.SWAPPING))
    _carry(places, forward(swap, places.exists))
    places.renew(swap.parts)
    places.journal.write(swap.at(Phase.SWAPPED))
    return swap.at(Phase.SWAPPED)


def swap_back(places: Places, swap: Swap) -> None:
    """Have every part live where it was before. Nothing may use the parts.

    Raises StateError for parts that cannot go back, once all others have. The swap is then still under way, so that
    nothing starts on what is left, and whoever comes next tries again.
    """
    places.journal.write(swap.at(Phase.RETURNING))
    way = backward(swap, places.exists)
    _carry(places, way.moves)
    # Of what is gone altogether there is nothing to be renewed.
    places.renew(tuple(one.part for one in swap.exchanges if one.part not in way.lost or places.exists(one.live)))
    if way.lost:
        raise _lost(swap, way.lost)
    places.journal.drop()


def _lost(swap: Swap, lost: Mapping[str, StateError]) -> StateError:
    """What is wrong with the first, and what became of all others."""
    first, *more = lost.values()
    back = [name for name in swap.parts if name not in lost]
    if not back and not more:
        return first
    told = (f"{', '.join(back)}: the old data is in place",) if back else ()
    return StateError(first.what, hint=first.hint, details=(*first.details, *(one.what for one in more), *told))


def settle(places: Places) -> str:
    """End what was interrupted; a sentence about it, "" when nothing was.

    The caller holds the lock of operations. Raises StateError when the places are not as a restore leaves them.
    """
    swap = places.journal.under_way()
    if swap is None:
        return ""
    decision = decide(swap, places.exists)
    if decision.is_completed:
        places.renew(swap.parts)
        places.journal.keep(swap)
        return decision.sentence
    if decision.moves:
        places.stop(swap.parts)
    if swap.phase in (Phase.SWAPPING, Phase.RETURNING):
        swap_back(places, swap)
    else:
        places.journal.drop()
    return decision.sentence


def _carry(places: Places, moves: Iterable[Move]) -> None:
    for move in moves:
        places.move(move.source, move.goal)
