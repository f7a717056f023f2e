"""The swap of a restore as a pure state machine: what is left to move, and what becomes of one that was interrupted.

Each part has a place where it lives, one where its successor waits (`incoming`) and one where it goes (`outgoing`).
What was moved so far is read off the places themselves, so that a power cut between two moves is no riddle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from stackyard.errors import StateError

Present = Callable[[str], bool]
"""Whether there is something at a place."""

Verb = Literal["restore", "undo", "upgrade"]

VERSION = "PostgreSQL "
"""How the target of a swap begins that leads to another major version."""


class Phase(StrEnum):
    """How far a swap has come. It is on disk before what it names begins.

    Up to SWAPPING the old system is the one that is used; from SWAPPED on it is the new one; RETURNING leads back.
    """

    PREPARING = "preparing"
    STOPPING = "stopping"
    SWAPPING = "swapping"
    SWAPPED = "swapped"
    RETURNING = "returning"


@dataclass(frozen=True)
class Exchange:
    """One part of a swap. Places are what the target moves: paths natively. `kind` is db, files or cache.

    `had_live`: there was something to replace. `seat` is where the successor lives, "" where that is the live place:
    on Compose a database of another major version does.
    """

    part: str
    kind: str
    live: str
    incoming: str
    outgoing: str
    had_live: bool = True
    seat: str = ""

    @property
    def goal(self) -> str:
        """Where the successor lives."""
        return self.seat or self.live


@dataclass(frozen=True)
class Swap:
    """A swap of all its parts. `source` is the set, `target` its moment in words; `undoes` the restore it goes back on.

    `tables` are those that the new databases hold, by part: the last look compares them. `began` is UTC, ISO 8601.
    """

    id: str
    verb: Verb
    source: str
    target: str
    began: str
    phase: Phase
    exchanges: tuple[Exchange, ...]
    undoes: str = ""
    tables: dict[str, list[str]] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(one.part for one in self.exchanges)

    @property
    def is_of_versions(self) -> bool:
        """Whether data of one major version makes room for that of another: an upgrade, or the way back from one."""
        return self.verb == "upgrade" or (self.verb == "undo" and self.target.startswith(VERSION))

    @property
    def noun(self) -> str:
        """What people call it."""
        return "way back" if self.verb == "undo" else self.verb

    def at(self, phase: Phase) -> Swap:
        """The same swap in another phase."""
        return replace(self, phase=phase)


@dataclass(frozen=True)
class Move:
    """A place gets another name."""

    source: str
    goal: str


@dataclass(frozen=True)
class Return:
    """The way back: the moves that are left, and for each part that has none what is wrong with it, by its name."""

    moves: tuple[Move, ...]
    lost: dict[str, StateError]


@dataclass(frozen=True)
class Decision:
    """What becomes of an interrupted swap: the moves that are left, whether the new data is used, and a sentence."""

    moves: tuple[Move, ...]
    is_completed: bool
    sentence: str


def forward(swap: Swap, present: Present) -> tuple[Move, ...]:
    """The moves that are left until every part lives in its successor. Raises StateError for a place that is lost."""
    return tuple(move for one in swap.exchanges for move in _forward(one, present))


def backward(swap: Swap, present: Present) -> Return:
    """What is left until every part is where it was. A part that cannot go back keeps no other from it."""
    moves: list[Move] = []
    lost: dict[str, StateError] = {}
    for one in swap.exchanges:
        try:
            moves += _backward(one, present)
        except StateError as error:
            lost[one.part] = error
    return Return(tuple(moves), lost)


def decide(swap: Swap, present: Present) -> Decision:
    """What becomes of a swap that was interrupted in its phase: always the same, whoever asks."""
    noun = swap.noun
    if swap.phase is Phase.SWAPPED:
        return Decision((), True, f"the {noun} {swap.id} was interrupted after its swap and is completed: {_new(swap)}")
    if swap.phase in (Phase.PREPARING, Phase.STOPPING):
        return Decision((), False, f"the {noun} {swap.id} was interrupted before its swap: the old data is in place")
    moves = backward(swap, present).moves
    return Decision(moves, False, f"the {noun} {swap.id} was interrupted and is taken back: the old data is in place")


def _new(swap: Swap) -> str:
    return f"{', '.join(swap.parts)} {'has' if len(swap.parts) == 1 else 'have'} the data of {swap.target}"


def _forward(one: Exchange, present: Present) -> tuple[Move, ...]:
    live, incoming, outgoing = present(one.live), present(one.incoming), present(one.outgoing)
    seated = present(one.goal)
    if not incoming:
        if seated and (outgoing or not one.had_live):
            return ()
        raise _lost(one, one.incoming)
    if not one.had_live or outgoing:
        if live or seated:
            raise _in_the_way(one, one.live if live else one.goal)
        return (Move(one.incoming, one.goal),)
    if not live:
        raise _lost(one, one.live)
    if seated and one.seat:
        raise _in_the_way(one, one.goal)
    return (Move(one.live, one.outgoing), Move(one.incoming, one.goal))


def _backward(one: Exchange, present: Present) -> tuple[Move, ...]:
    live, incoming, outgoing = present(one.live), present(one.incoming), present(one.outgoing)
    moves: list[Move] = []
    if not incoming:
        if not present(one.goal):
            raise _lost(one, one.goal)
        moves.append(Move(one.goal, one.incoming))
        live = live and bool(one.seat)
    if one.had_live and not live:
        if not outgoing:
            raise _lost(one, one.outgoing)
        moves.append(Move(one.outgoing, one.live))
    elif one.had_live and outgoing:
        raise _in_the_way(one, one.live)
    return tuple(moves)


def _lost(one: Exchange, place: str) -> StateError:
    return StateError(
        f"the data of {one.part} is not where an interrupted restore left it: {place} is gone",
        hint="Nothing of it was moved. Put it back, or name the right folder yourself; then run the command again.",
        details=(f"lives in {one.live}", f"restored into {one.incoming}", f"before it {one.outgoing}"),
    )


def _in_the_way(one: Exchange, place: str) -> StateError:
    return StateError(
        f"something has made {place} anew in the middle of a restore of {one.part}",
        hint="Nothing of it was moved. Look at it, move it away, and run the command again.",
        details=(f"restored into {one.incoming}", f"before it {one.outgoing}"),
    )
