"""A promotion without the primary, whose data is broken or gone: what the replica lacks is lost, and is told before."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from stackyard.errors import StackyardError, StateError
from stackyard.operate.switching import finishing, journal, readiness
from stackyard.operate.switching.asking import PATIENCE, asking, promote
from stackyard.operate.switching.journal import Journal, Phase
from stackyard.operate.switching.outcome import Switched, Tell, Wanted
from stackyard.targets.local import replication

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackyard.model.system import System
    from stackyard.operate.switching.effects import Servers
    from stackyard.resources.postgres.replication import Replica
    from stackyard.targets.local.control import Control


def force(servers: Servers, system: System, wanted: Wanted, tell: Tell) -> Switched:
    """Promote a replica without its primary, whose data is put aside and cannot lead again.

    The caller holds the lock; nothing of the database runs afterwards. Raises UsageError, StateError or PartError.
    """
    database = readiness.database_of(system, wanted)
    replica = _furthest(servers, readiness.candidates(database, wanted))
    begun = time.monotonic()
    found = Journal(database.name, replica.name, Phase.FENCING, servers.aside(database.name))
    journal.write(servers, found)
    try:
        lost = _promoted(servers, found, tell)
    except StackyardError as error:
        servers.stop(found.parts)
        outcome = finishing.settle(servers, found)
        raise StateError(f"{error.what}; {outcome}", hint=error.hint, details=error.details) from error
    servers.stop(found.parts)
    finishing.settle(servers, found)
    notes = ("`stackyard up` starts it, and copies a new replica",)
    return Switched(database.name, replica.name, time.monotonic() - begun, lost, servers.kept(found.aside), notes)


def _furthest(servers: Servers, candidates: Sequence[Replica]) -> Replica:
    """The replica that has received most: what it lacks is lost. Raises StateError when there is none to be had."""
    held = [one for one in candidates if servers.is_held(one.name) and servers.is_fenced(one.name)]
    if not held:
        names = " and ".join(one.name for one in candidates)
        raise StateError(f"the data of {names} is no replica's", hint="Nothing was changed.")
    if len(held) == 1:
        return held[0]
    reached = {one.name: _received(servers, one.name) for one in held}
    if max(reached.values()) < 0:
        raise StateError(
            f"none of {', '.join(reached)} says how far it is",
            hint="`--to REPLICA` promotes one all the same. Nothing was changed.",
        )
    return max(held, key=lambda one: reached[one.name])


def _received(servers: Servers, part: str) -> int:
    """How far a replica is, -1 for one that does not say."""
    try:
        if not servers.runs(part):
            servers.start(part)
        at = _at_rest(servers, part)
    except StackyardError:
        return -1
    return at.received if at.in_recovery and at.received is not None else -1


def _at_rest(servers: Servers, part: str) -> replication.Position:
    """Where a replica is once it has replayed all that it has, or after PATIENCE. Raises PartError."""
    deadline = time.monotonic() + PATIENCE
    with asking(servers, part) as connection:
        while not replication.has_replayed_all(connection) and time.monotonic() < deadline:
            time.sleep(0.02)
        return replication.position(connection)


def _promoted(servers: Servers, found: Journal, tell: Tell) -> str:
    """Fence the primary and promote the replica; what may be lost."""
    tell(f"fencing {found.primary}: its data is put aside")
    servers.stop([found.primary])
    ended: Control | None = None
    if servers.is_held(found.primary):
        # Where it cannot be read, nobody knows what was in it.
        with contextlib.suppress(StateError):
            ended = servers.control(found.primary)
        servers.fence(found.primary)
    servers.put_aside(found.primary, found.aside)
    tell(f"promoting {found.replica}")
    servers.start(found.replica)
    at = _at_rest(servers, found.replica)
    promote(servers, found.replica)
    return _loss(found, at, ended)


def _loss(found: Journal, at: replication.Position, ended: Control | None) -> str:
    """What the primary may have had beyond the replica, as far as anybody can say."""
    least = ended.checkpoint - at.replayed if ended is not None and at.replayed is not None else 0
    if ended is not None and ended.is_stopped and least < 0:
        return ""
    age = (
        f"its last transaction is {at.age:.0f} s old" if at.age is not None else "nobody knows how old its last one is"
    )
    known = f", at least {least} bytes of its log" if least > 0 else ""
    return f"what {found.primary} had not sent to {found.replica} is lost{known}; {age}"
