"""What backups must survive: their own death, that of the database and of everything, and one another."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from faults.backed_up import LIMIT, BackedUp, backed_up, begin, kill, until_ready
from faults.breakable import recover
from faults.course import course
from faults.ledger import Ledger, beyond, differences, ledger
from faults.power import kill_all
from faults.result import Result
from faults.tally import Tally
from stackyard.backup import store, verify
from stackyard.backup.events import silent
from stackyard.backup.moments import seconds
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.steps import Steps
from stackyard.errors import StackyardError

GROUP = "backups"
_POINTS, _POINTS_OF_ALL = 20, 5
"""Kills of each kind, and those of everything at once, which are slow."""
_TIMES = 3
"""Tries of what happens the same way each time."""
_MOST_PAUSE = 1.5
"""Seconds at most from a good moment to the next kill, so that kills come at any point of a push and of a segment."""


def run(ground: Path, quick: bool) -> Iterator[Result]:
    """Kills at twenty moments each, of everything at five, and two backups at once; once each if it is to be quick."""
    points, more, times = (1, 1, 1) if quick else (_POINTS, _POINTS_OF_ALL, _TIMES)
    with backed_up(ground) as system, ledger(system.checkout) as kept:
        yield _database(system, kept, points)
        yield _create(system, kept, points)
        yield _two_at_once(system, kept, times)
        yield _everything(system, kept, more)


def short(ground: Path, _quick: bool) -> Iterator[Result]:
    """The cheapest kinds once, for the tests."""
    with backed_up(ground) as system, ledger(system.checkout) as kept:
        yield _database(system, kept, 1)
        yield _two_at_once(system, kept, 1)


def _database(system: BackedUp, kept: Ledger, times: int) -> Result:
    """PostgreSQL killed; at once all that is held is brought back beside it."""
    tally = Tally(
        GROUP,
        "SIGKILL of PostgreSQL under load, then everything that is held restored beside it",
        "no row that was acknowledged before the recovery point is missing, none twice, changed or invented",
    )
    cost: list[int] = []
    for _ in range(times):
        reasons = until_ready(system.checkout)
        if not kept.goes_on():
            reasons.append("no write was acknowledged before this kill")
        time.sleep(random.uniform(0, _MOST_PAUSE))
        os.kill(_pid(system, "db"), signal.SIGKILL)
        killed = time.time()
        begun = time.monotonic()
        reasons += _compared(system, kept, killed, cost)
        tally.count(reasons, time.monotonic() - begun)
    return tally.result(None, _cost(cost))


def _compared(system: BackedUp, kept: Ledger, killed: float, cost: list[int]) -> list[str]:
    """Compare a copy of all that is held now with the ledger as it was at the kill."""
    try:
        with system.recovered(system.job) as (copy, rows):
            entries = kept.entries()
            before = [one for one in entries if one.asked <= killed]
            point = seconds(copy.last_commit)
            # The database may be back and take rows while the copy is made: they are newer, and may be in it.
            cost.append(beyond(before, rows))
            return differences(entries, rows, point)
    except StackyardError as error:
        return [f"{error.what} ({'; '.join(error.details[:2])})"]


def _cost(cost: list[int]) -> str:
    return f"rows acknowledged after the recovery point and before the kill: {max(cost, default=0)} at most"


def _everything(system: BackedUp, kept: Ledger, times: int) -> Result:
    """All processes of the system killed in the same moment, keeper and receiver included."""
    tally = Tally(
        GROUP,
        "SIGKILL of everything at once: supervisor, guardian, keeper, receiver, every part",
        "a restore of what is held has every row from before its recovery point; after `up` every acknowledged row is "
        "there, and the next backup is good",
    )
    cost: list[int] = []
    for _ in range(times):
        reasons = [] if kept.goes_on() else ["no write was acknowledged before this kill"]
        time.sleep(random.uniform(0, _MOST_PAUSE))
        kill_all(system.checkout)
        killed, begun = time.time(), time.monotonic()
        reasons += _compared(system, kept, killed, cost)
        reasons += recover(system.checkout)
        taken = time.monotonic() - begun
        if not kept.goes_on():
            reasons.append("no write was acknowledged after `up`")
        entries = kept.entries()
        # The writer goes on: what it writes from here on may be there already.
        rows = [row for row in system.rows() if row[0] <= entries[-1].number]
        reasons += differences(entries, rows, None)
        reasons += _next_create(system)
        tally.count(reasons, taken)
    return tally.result(None, _cost(cost))


def _create(system: BackedUp, kept: Ledger, times: int) -> Result:
    """`backup create` killed at moments from its begin to its end: alone, and with all that it had started."""
    tally = Tally(
        GROUP,
        f"SIGKILL of `backup create` at {times} moments, every second time of all its processes too",
        "no set looks whole and is not; the next `backup create` works; after `backup prune` nothing unfinished stays",
    )
    if reasons := until_ready(system.checkout):
        tally.count(reasons)
        return tally.result()
    alone = course(system, "backup", "create")
    for point in range(times):
        known = {one.id for one in store.sets(system.job)}
        reasons = [] if kept.goes_on() else ["nothing was written before this kill"]
        making, _ = alone.begun(system, (point + 0.5) / times)
        reasons += kill(making, whole=point % 2 == 1)
        killed = time.monotonic()
        reasons += _hollow(system, known)
        reasons += _next_create(system)
        taken = time.monotonic() - killed
        reasons += _left_over(system)
        tally.count(reasons, taken)
    return tally.result(None, alone.told)


def _hollow(system: BackedUp, known: set[str]) -> list[str]:
    """New sets that look whole, and are not."""
    restic = Restic(system.job, system.job.repository)
    try:
        looks_whole = [one for one in system.sets() if one.is_good and one.id not in known]
        bad = [one.id for one in looks_whole if verify.examine(system.job, restic, one, Steps(silent))]
    except BackupError as error:
        return [f"the sets cannot be read after the kill: {error.what}"]
    return [f"{one} looks whole and is not" for one in bad]


def _next_create(system: BackedUp) -> list[str]:
    done = system.command("backup", "create")
    if done.code != 0:
        return [f"the next `backup create` ended with {done.code}: {' / '.join(done.error.splitlines())[:300]}"]
    return []


def _left_over(system: BackedUp) -> list[str]:
    """What is still there of unfinished sets after `backup prune`."""
    done = system.command("backup", "prune")
    if done.code != 0:
        return [f"`backup prune` ended with {done.code}: {done.error[:300]}"]
    sets = {one.id for one in store.sets(system.job)}
    strangers = {of for of in system.snapshots().values() if of not in sets}
    staged = sorted(path.name for path in Path(system.job.scratch).glob("*"))
    locks = [path for path in (system.repository / "locks").glob("*") if time.time() - path.stat().st_mtime > 5]
    return [
        *(f"the repository still holds pieces of {one}, which is no set" for one in sorted(strangers)),
        *(f"{one} is still in the scratch space" for one in staged),
        *(["the repository is still locked"] if locks else []),
    ]


def _two_at_once(system: BackedUp, kept: Ledger, times: int) -> Result:
    """Two commands that both want to make a set now."""
    tally = Tally(
        GROUP,
        "two `backup create` in the same moment",
        "one makes a set; the other says that a backup is under way, or makes one after it; every set is whole",
    )
    for _ in range(times):
        known = {one.id for one in store.sets(system.job)}
        kept.goes_on()
        both = [begin(system.checkout, "backup", "create") for _ in range(2)]
        said = [one.communicate(timeout=LIMIT)[1] for one in both]
        codes = [one.returncode for one in both]
        new = [one for one in store.sets(system.job) if one.id not in known]
        reasons = _hollow(system, known)
        if codes.count(0) != len(new):
            reasons.append(f"{codes.count(0)} said that they had made a set, and there are {len(new)}")
        if 0 not in codes:
            reasons.append(f"neither made a set: {said[0][:200]} | {said[1][:200]}")
        reasons += [
            f"refused with: {text[:300]}"
            for code, text in zip(codes, said, strict=True)
            if code and "is under way" not in text
        ]
        tally.count(reasons)
    return tally.result()


def _pid(system: BackedUp, name: str) -> int:
    client = system.checkout.supervisor()
    assert client is not None
    while (one := client.status().program(name)) is None or one.pid is None:
        time.sleep(0.01)
    return one.pid
