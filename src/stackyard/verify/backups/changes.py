"""Whether every moment can be had: changes come in now, and nothing is missing between them."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.backup.looks.chain import Chain, reach
from stackyard.backup.looks.changes import PATIENCE, Arrival
from stackyard.backup.looks.known import Known
from stackyard.backup.moments import seconds
from stackyard.observe.view import View
from stackyard.verify.backups.asking import arrivals_of, chains_of, follows_none, good, of, span
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw

_BEHIND = 64 << 20
"""Bytes that a server may keep for us: more says that nobody takes them."""
_PUSHES = 5
"""So many pushes may fail, or wait for a set that is being made, before it counts."""
_MAKING = 300.0


def _received(view: View) -> Iterator[Seen]:
    for one in arrivals_of(view):
        yield from arriving(one)


def arriving(one: Arrival) -> Iterator[Seen]:
    """Whether a change came in within seconds, through a slot that keeps what did not."""
    if one.error:
        raise CannotSeeError(one.error)
    slot = "there is none" if not one.has_slot else "lost" if one.is_lost else "active" if one.is_active else "idle"
    yield saw(
        f"the slot of {one.part} that its changes are kept in until they are received",
        f"{slot}, {one.behind:,} bytes behind" if one.has_slot else slot,
        fault=f"the slot of {one.part}: {slot}",
        unless=one.has_slot and one.is_active and not one.is_lost and one.behind < _BEHIND,
    )
    yield saw(
        f"a commit in {one.part} at {one.position}, until it was in the spool",
        f"{one.seconds:.2f} s, in {one.file}" if one.seconds is not None else f"not within {PATIENCE:.0f} s",
        fault=f"changes of {one.part} do not come in",
        unless=one.seconds is not None,
    )


def _unbroken(view: View) -> Iterator[Seen]:
    seen = of(view)
    good(seen)
    for one in chains_of(view):
        yield from whole(one, seen)


def whole(one: Chain, seen: Known) -> Iterator[Seen]:
    """Whether nothing is missing since the newest good set, here and in the repository."""
    yield saw(
        f"the changes of {one.part}: {reach(one)}",
        "; ".join(one.gaps[:10]) or "nothing is missing",
        fault=f"the changes of {one.part} have a gap: {one.gaps[0] if one.gaps else ''}",
        unless=not one.gaps,
    )
    waited = seen.now - seconds(one.stored) if one.stored else None
    allowed = _PUSHES * seen.policy.push + _MAKING
    yield saw(
        f"when changes of {one.part} last went into the repository",
        "never" if waited is None else f"{span(max(waited, 0.0))} ago",
        fault=f"changes of {one.part} do not reach the repository",
        unless=waited is not None and waited < allowed,
    )
    for name, is_inside in one.marks.items():
        yield saw(
            f"the moment {name} of {one.part}",
            "can be gone back to" if is_inside else "out of reach",
            fault=f"the moment {name} cannot be gone back to",
            unless=is_inside,
        )


CHECKS = (
    Check(
        "backups.received",
        ("BAK-04",),
        "changes of the database come in within seconds",
        Look.INSIDE,
        _received,
        unless=follows_none,
        next_step="`stackyard logs backups` says why; `stackyard restart backups` begins anew.",
    ),
    Check(
        "backups.unbroken",
        ("BAK-04",),
        "nothing is missing between the newest good set and now, and named moments can be gone back to",
        Look.INSIDE,
        _unbroken,
        unless=follows_none,
        next_step="`stackyard backup create` begins a new chain; what lies before the gap can still be gone back to.",
    ),
)
