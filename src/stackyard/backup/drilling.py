"""A drill while it goes on: its steps, each timed, and none of them an end to the others."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from stackyard.backup.drill_report import Step
from stackyard.backup.events import Tell
from stackyard.backup.job import Job
from stackyard.backup.ladder import Rung
from stackyard.backup.problem import BackupError, NotReadError
from stackyard.backup.sets import BackupSet, Finding
from stackyard.backup.steps import Steps

NOT_READ = "not read: "
"""How the piece of a finding begins that says nothing about the piece: there was no room for it, or no way to it."""

Seen = tuple[str, tuple[Finding, ...]]
"""What a step can show for itself, and what was wrong."""


@dataclass(frozen=True)
class Copies:
    """What was brought back, by part: folders of clusters, of caches and of files. They go when the drill ends."""

    databases: Mapping[str, Path]
    caches: Mapping[str, Path]
    files: Mapping[str, Path]


Readiness = Callable[[Copies], tuple[Finding, ...]]
"""Starts the system's own services against the copies, and says what is wrong. A BackupError counts as a finding."""


@dataclass
class Drilling:
    """A drill under way. `last_commits` tells, by database, the newest change that came back (UTC)."""

    job: Job
    backup: BackupSet
    tell: Tell
    steps: list[Step] = field(default_factory=list)
    last_commits: dict[str, str] = field(default_factory=dict)

    def has(self, part: str, kind: str) -> bool:
        return self.backup.piece(part, kind) is not None

    def take(self, name: str, do: Callable[[], Seen], *, piece: str = "", counts: bool = False) -> bool:
        """Do one step; True when nothing was wrong. What it raises is a finding about `piece`.

        `counts`: a restore would have to do it too, so its seconds count towards the recovery time.
        """
        begun, evidence = time.monotonic(), ""
        found: tuple[Finding, ...] = ()
        try:
            with Steps(self.tell, self.backup.steps).step(name):
                evidence, found = do()
        except (BackupError, OSError) as error:
            what = error.what if isinstance(error, BackupError) else f"{error.filename or ''}: {error.strerror}"
            evidence = "\n".join(getattr(error, "details", ()))
            mark = NOT_READ if _is_passing(error, f"{what}\n{evidence}") else ""
            found = (Finding(f"{mark}{piece or name}", what),)
        self.steps.append(Step(name, time.monotonic() - begun, evidence, counts, findings=found))
        return not found

    def prove(self, name: str, do: Callable[[], Seen], *, piece: str = "archive") -> bool:
        """Do a step that a restore could do without."""
        return self.take(name, do, piece=piece)

    def last_took(self, seconds: float) -> None:
        """The last step took this long; what else was spent on it was for proving something."""
        self.steps[-1] = replace(self.steps[-1], seconds=seconds)

    def add(self, rung: Rung) -> None:
        """A check of the ladder as a step."""
        self.steps.append(Step(rung.name, rung.seconds, rung.evidence, is_run=rung.is_run, findings=rung.findings))

    def skip(self, name: str, why: str) -> None:
        """A step that is not taken, and why."""
        self.steps.append(Step(name, 0.0, why, is_run=False))


Services = Callable[[Drilling, Copies, Path], None]
"""Takes the steps that start services over the copies, which lie in the folder that is given; the last of a drill."""


def _is_passing(error: BackupError | OSError, said: str) -> bool:
    """True for what may go well the next time, and is no fault of what was stored."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, NotReadError) or "no space left on device" in said.lower()
