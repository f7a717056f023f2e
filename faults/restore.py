"""A restore to a set, killed and interrupted at moments spread over all of it: what is there is all old or all new."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from faults.backed_up import LIMIT, BackedUp, backed_up, ended_badly, kill
from faults.course import Course, course
from faults.ledger import Row
from faults.result import Result
from faults.tally import Tally

GROUP = "restore"
_POINTS, _POINTS_OF_CTRL_C = 20, 10
_NEW, _OLD = "new", "old"
_SETTLED = {_NEW: "is completed", _OLD: "the old data is in place"}
"""What `up` says of a restore that nobody ended."""
_LEFT = {_NEW: "the other data is in use", _OLD: "the old data is in use"}
"""What a restore says of itself after Ctrl-C."""


def run(ground: Path, quick: bool) -> Iterator[Result]:
    """SIGKILL at twenty moments and Ctrl-C at ten (at one each when it should be quick) of a restore of everything."""
    points, more = (1, 1) if quick else (_POINTS, _POINTS_OF_CTRL_C)
    with backed_up(ground) as system:
        restores = _prepared(system)
        yield _all_points(restores, "SIGKILL", _MUST_SETTLE, points, _killed)
        yield _all_points(restores, "Ctrl-C", _MUST_END, more, _interrupted)


_MUST_SETTLE = (
    "after `up` there are exactly the rows from before or exactly those of the set, and `up` says which when the "
    "restore had begun; a write is acknowledged"
)
_MUST_END = (
    "the command ends by itself and says which data is in use; there are exactly those rows, and a write is "
    "acknowledged, before anybody does anything; so it stays after `up`"
)


@dataclass
class _Restores:
    """Restores to one set. Nobody else writes to the ledger: its rows tell which system there is.

    `rows` are those of the set, `alone` is a restore that was left alone, `written` counts the rows since.
    """

    system: BackedUp
    backup: str
    rows: list[Row]
    alone: Course
    written: int = 0

    def one_more(self) -> list[Row]:
        """Write a row that the set does not have; all rows then."""
        self.written += 1
        self.system.write(10**9 + self.written)
        return sorted(self.system.rows())

    def which(self, old: list[Row]) -> str:
        """The system that there is: `_NEW`, `_OLD`, or what it is instead."""
        found = sorted(self.system.rows())
        told = f"there are {len(found)} rows: neither the {len(old)} old ones nor the {len(self.rows)} of the set"
        return {tuple(old): _OLD, tuple(self.rows): _NEW}.get(tuple(found), told)


def _prepared(system: BackedUp) -> _Restores:
    """A set, and one restore to it that is left alone. Raises RuntimeError when that fails already."""
    for number in range(1, 101):
        system.write(number)
    backup, rows = system.create(), sorted(system.rows())
    system.write(10**9)
    alone = course(system, "restore", backup.id, "--yes")
    if sorted(system.rows()) != rows:
        raise RuntimeError(f"a restore that was left alone brought back {len(system.rows())} rows")
    return _Restores(system, backup.id, rows, alone)


_Try = Callable[[_Restores, list[Row], subprocess.Popen[str], str, bool], tuple[list[str], str]]
"""End a restore now that has said so much, every second time with more force: reasons, and what is there."""


def _all_points(restores: _Restores, name: str, must: str, points: int, one: _Try) -> Result:
    tally = Tally(GROUP, f"{name} of a restore of everything, at {points} moments from its begin to its end", must)
    outcomes = []
    for point in range(points):
        old = restores.one_more()
        restoring, said = restores.alone.begun(restores.system, (point + 0.5) / points)
        ended = time.monotonic()
        reasons, outcome = one(restores, old, restoring, said, point % 2 == 1)
        outcomes.append(outcome)
        last = said.splitlines()[-1] if said else "its begin"
        tally.count([f"{reason} (after {last})" for reason in reasons], time.monotonic() - ended)
        restores.system.command("restore", "--finish", "--yes")
    told = ", ".join(f"{outcomes.count(outcome)} times {outcome}" for outcome in sorted(set(outcomes)))
    return tally.result(None, f"{restores.alone.told}; {told}")


def _killed(
    restores: _Restores, old: list[Row], restoring: subprocess.Popen[str], _: str, whole: bool
) -> tuple[list[str], str]:
    """Killed, every second time with all that it had started; then `up`."""
    reasons = kill(restoring, whole=whole)
    was_begun = _journal(restores).exists()
    more, said = _up(restores)
    reasons += more
    found = restores.which(old)
    if found not in _SETTLED:
        reasons.append(found)
    elif was_begun and _SETTLED[found] not in said:
        reasons.append(f"the rows are the {found} ones, and `up` did not say so: {said[-300:]}")
    return reasons, f"{found}{' (settled by `up`)' if was_begun else ''}"


def _interrupted(
    restores: _Restores, old: list[Row], restoring: subprocess.Popen[str], plan: str, whole: bool
) -> tuple[list[str], str]:
    """Ctrl-C, which a terminal gives to every process of the command; every second time to the command alone."""
    reasons = ended_badly(restoring)
    with contextlib.suppress(ProcessLookupError):
        (os.killpg if whole else os.kill)(restoring.pid, signal.SIGINT)
    later, said = restoring.communicate(timeout=LIMIT)
    found = restores.which(old)
    reasons += [] if found in _LEFT else [found]
    reasons += ["it ended with a traceback"] if "Traceback" in said else []
    if restoring.returncode == 0 and found != _NEW:
        reasons.append(f"it ended with 0, and the rows are {found}")
    if found in _LEFT and any(words in said and words != _LEFT[found] for words in _LEFT.values()):
        reasons.append(f"the rows are the {found} ones, and it said: {said[-300:]}")
    is_told = restoring.returncode == 0 or _LEFT[_OLD] in said or _LEFT[_NEW] in said
    if not is_told and restores.backup in plan + later:  # the plan is shown first
        reasons.append(f"it did not say which data is in use: {said[-300:]}")
    if not restores.system.checkout.is_answering():
        reasons.append("no write through the edge was acknowledged right after it")
    again, _ = _up(restores)
    if (then := restores.which(old)) != found:
        reasons.append(f"after `up` the rows are {then}, and were {found} before")
    return [*reasons, *again], f"{found}{' (it had ended)' if restoring.returncode == 0 else ''}"


def _up(restores: _Restores) -> tuple[list[str], str]:
    """What does not hold after the next `up`, and all that it said."""
    done = restores.system.checkout.stackyard("up", "--detach", timeout=LIMIT)
    reasons = [] if done.code == 0 else [f"`up` ended with {done.code}: {done.error[:300]}"]
    if _journal(restores).exists():
        reasons.append("the journal of the restore is still there")
    if not restores.system.checkout.is_answering():
        reasons.append("no write through the edge was acknowledged")
    return reasons, f"{done.out}\n{done.error}"


def _journal(restores: _Restores) -> Path:
    return restores.system.checkout.state / "restore.json"
