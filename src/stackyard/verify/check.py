"""What a check is, and what comes of it.

A check is a claim, the promises that it shows, and a judge: a function that looks at the running system and yields what
it saw. The verdict is not the judge's to give: it follows from what was seen. One fault breaks the claim; a claim with
nothing seen for it is unknown, never kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from stackyard.model.system import System
from stackyard.observe.seen import CannotSeeError as CannotSeeError
from stackyard.observe.seen import DoesNotApplyError as DoesNotApplyError
from stackyard.observe.view import View


class Look(StrEnum):
    """How a check looks: as a client does, from within a part, at files on the host, or into logs."""

    OUTSIDE = "outside"
    INSIDE = "inside"
    FILE = "file"
    LOG = "log"


class Verdict(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Seen:
    """One observation: what was sent or looked at, what came back, and what is wrong with that, if anything."""

    sent: str
    came_back: str
    fault: str = ""


Judge = Callable[[View], Iterator[Seen]]
Applies = Callable[[System], str]
"""Why a check does not concern a system, or the empty string."""


def always(_system: System) -> str:
    """For checks that concern every system."""
    return ""


@dataclass(frozen=True)
class Check:
    """`id` begins with its area ("edge.redirect"), `promises` are ids of `promises.PROMISES`, `claim` is a sentence.

    `next_step` is what a person does about a broken claim that `stackyard up` does not put right by itself.
    A check that measures time looks `alone`, when the others are done.
    """

    id: str
    promises: tuple[str, ...]
    claim: str
    look: Look
    judge: Judge
    unless: Applies = always
    next_step: str = ""
    alone: bool = False

    @property
    def area(self) -> str:
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Outcome:
    """What came of one check. `sentence` says why it is not kept; `seconds` is how long the look took."""

    check: Check
    verdict: Verdict
    sentence: str = ""
    evidence: tuple[Seen, ...] = ()
    seconds: float = 0.0


def saw(sent: str, came_back: object, *, fault: str = "", unless: bool = False) -> Seen:
    """An observation; `fault` is what is wrong with it, `unless` it is as it should be."""
    return Seen(sent, str(came_back), "" if unless else fault)
