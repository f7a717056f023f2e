"""Bringing a database back in a drill: to the set's own moment, then on to the latest, then looked into."""

from __future__ import annotations

import time
from pathlib import Path

from stackyard.backup import ladder, recover, wal
from stackyard.backup.bring import bring, finish
from stackyard.backup.drilling import Drilling, Seen
from stackyard.backup.job import PostgresPart
from stackyard.backup.recover import replaying
from stackyard.backup.sets import Moment
from stackyard.backup.steps import Steps
from stackyard.backup.targets import Latest, RestorePoint, Target
from stackyard.backup.wal import Collected


def database_back(drilling: Drilling, part: PostgresPart, scratch: Path) -> bool:
    """Fetch and replay the database; True when there is a copy that can be started."""
    job, backup, folder = drilling.job, drilling.backup, scratch / part.name
    moment = backup.database(part.name)
    assert moment is not None
    own = RestorePoint(moment.restore_point, moment.lsn)
    is_whole = drilling.prove(
        f"WAL of {part.name} has no gap", lambda: ("", wal.gaps(job, part, backup)), piece=f"wal {part.name}"
    )
    target: Target = Latest() if is_whole or not wal.is_kept(part, backup) else own
    got: list[Collected | None] = []

    def fetch() -> Seen:
        got.append(bring(job, backup, part, folder, target, Steps(drilling.tell), drilling.tell))
        size = sum(one.size for one in backup.pieces if (one.part, one.kind) == (part.name, "base"))
        return f"{size / 1e6:.0f} MB, and {got[0].bytes / 1e6 if got[0] else 0:.0f} MB of WAL", ()

    if not drilling.take(f"fetch {part.name}", fetch, piece=f"{part.name} base", counts=True):
        return False
    if got[0] and not _at_moment(drilling, part, folder, got[0], own):
        return False
    return _at_latest(drilling, part, folder, got[0], target, moment)


def _at_moment(drilling: Drilling, part: PostgresPart, folder: Path, held: Collected, own: RestorePoint) -> bool:
    """Replay to the set's moment, and compare the tables there while replay waits."""
    rungs: list[ladder.Rung] = []
    begun, reached = time.monotonic(), 0.0

    def replay() -> Seen:
        nonlocal reached
        with replaying(part, folder, held, own, is_careful=False, is_look=True) as server:
            reached = time.monotonic() - begun
            rungs.append(ladder.compared(server, drilling.backup, part))
        return f"stopped at {own.name}", ()

    is_there = drilling.take(
        f"replay {part.name} to the moment of the set", replay, piece=f"{part.name} base", counts=True
    )
    if rungs:
        drilling.last_took(reached)
        drilling.add(rungs[0])
    return is_there


def _at_latest(
    drilling: Drilling, part: PostgresPart, folder: Path, held: Collected | None, target: Target, moment: Moment
) -> bool:
    """Replay all that there is, and open the copy."""

    def replay() -> Seen:
        with replaying(part, folder, held, target, is_careful=False) as server:
            last, position = recover.ends(server, drilling.backup, held, target)
            drilling.last_commits[part.name] = last or moment.taken
            server.stop()
        finish(folder)
        return f"the last commit is of {last or moment.taken}, replay ended at {position}", ()

    name = f"replay {part.name} to the latest" if held else f"start {part.name}"
    return drilling.take(name, replay, piece=f"wal {part.name}" if held else f"{part.name} base", counts=True)


def database_looked_into(drilling: Drilling, part: PostgresPart, scratch: Path) -> None:
    """Everything that can be said of the copy by looking into it."""
    rungs = ladder.climb(
        drilling.job, drilling.backup, part, scratch / part.name, target_is_moment=False, with_dump=True
    )
    for rung in rungs:
        drilling.add(rung)
