"""Whether a replica may take over: what is chosen, and what speaks against it. Pure but for the questions asked."""

from __future__ import annotations

from difflib import get_close_matches

from stackyard.errors import StateError, UsageError
from stackyard.model.system import Postgres, System
from stackyard.operate.switching.outcome import Wanted
from stackyard.plan.step import Plan
from stackyard.resources.postgres.replication import Replica, replicas_of
from stackyard.targets.local.replication import Standing

MOST_BYTES = 64 * 1024**2
MOST_SECONDS = 10.0
"""What a replica may lag behind: its primary waits for it while nobody can write."""


def database_of(system: System, wanted: Wanted) -> Postgres:
    """The database that is meant. Raises UsageError."""
    found = {one.name: one for one in system.resources if isinstance(one, Postgres) and one.replicas}
    if wanted.database in found:
        return found[wanted.database]
    if not found:
        raise UsageError(
            f"no database of {system.name} has a replica that could take over",
            hint="`replicas: 1` in the stack file and `stackyard up` make one.",
        )
    if wanted.database or len(found) > 1:
        what = f"{wanted.database} is no database with replicas" if wanted.database else "which database?"
        raise UsageError(what, hint=f"There are: {', '.join(found)}.")
    return next(iter(found.values()))


def candidates(database: Postgres, wanted: Wanted) -> tuple[Replica, ...]:
    """The replicas that may take over. Raises UsageError."""
    found = {one.name: one for one in replicas_of(database)}
    if not wanted.replica:
        return tuple(found.values())
    if wanted.replica not in found:
        near = get_close_matches(wanted.replica, found, 1)
        hint = f"Did you mean {near[0]}? " if near else ""
        what = f"{wanted.replica} is no replica of {database.name}"
        raise UsageError(what, hint=f"{hint}There are: {', '.join(found)}.")
    return (found[wanted.replica],)


def best(standings: tuple[Standing, ...]) -> Standing:
    """The replica that lags least. Raises StateError when it should not take over."""
    chosen = min(standings, key=lambda one: (not one.follows, one.bytes if one.bytes is not None else 2**63))
    if not chosen.follows:
        raise StateError(
            f"{chosen.replica} does not follow its primary: it would lack what was written since",
            hint="`stackyard up` brings it in line; `stackyard status` shows how far behind it is.",
        )
    if (chosen.bytes or 0) > MOST_BYTES or (chosen.seconds or 0.0) > MOST_SECONDS:
        raise StateError(
            f"{chosen.replica} is {(chosen.bytes or 0) / 1e6:.0f} MB and {chosen.seconds or 0.0:.0f} s behind its "
            "primary, which would wait for it while nobody can write",
            hint="Try again when `stackyard status` shows less.",
        )
    return chosen


def refuse_pending(plan: Plan, database: Postgres) -> None:
    """Raise StateError when a plan would change a server of the database: that is not to happen in passing."""
    names = {database.name, *database.replica_names}
    pending = [str(step) for step in plan.steps if step.part in names]
    if pending:
        raise StateError(
            f"{database.name} is not as the stack file has it, so this is no time to switch over",
            hint="`stackyard up` first; then again.",
            details=pending[:5],
        )
