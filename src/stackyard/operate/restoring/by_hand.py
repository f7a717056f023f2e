"""`python -m stackyard.operate.restoring.by_hand JOB.json PART [PLACE]`: one part restored beside the system, no more.

For whoever runs a rendered system without Stackyard: what is used stays as it is, and the copy is put in its place by
hand. PLACE must not be there yet.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from stackyard.backup import job as jobs
from stackyard.backup import marks, store, targets
from stackyard.backup.events import Event
from stackyard.backup.job import FilesPart, Job, PostgresPart, RedisPart
from stackyard.backup.problem import BackupError
from stackyard.backup.sets import BackupSet
from stackyard.errors import StackyardError
from stackyard.operate.restoring.choose import choose
from stackyard.operate.restoring.engine import JobBackups, JobCopies

Part = PostgresPart | RedisPart | FilesPart


def main(argv: Sequence[str] | None = None) -> int:
    """Restore, and say where it is; the exit code is 0 when it was done."""
    parser = argparse.ArgumentParser(prog="restore", allow_abbrev=False)
    parser.add_argument("job", help=argparse.SUPPRESS)
    parser.add_argument("part", help="a database, a cache or a store")
    parser.add_argument("place", nargs="?", default="", help="a new folder (default: beside the one that is used)")
    parser.add_argument("--set", default="", help="a set, as `list` shows them (default: the newest that leads there)")
    parser.add_argument("--to", default="", help="a time such as 2026-03-31T14:05:00Z, or a mark; a database only")
    given = parser.parse_args(argv)
    try:
        job = jobs.from_text(Path(given.job).read_text())
        place = _restore(job, _part(job, given.part), given.place, given.set, given.to)
    except StackyardError as error:
        sys.stderr.write("\n".join((error.what, *error.details, error.hint, "")))
        return 1
    sys.stdout.write(f"{given.part} is restored in {place}\n")
    return 0


def _part(job: Job, name: str) -> Part:
    every: tuple[Part, ...] = (*job.postgres, *job.redis, *job.files)
    for one in every:
        if one.name == name:
            return one
    raise BackupError(f"there is no part {name}", hint=f"There are: {', '.join(one.name for one in every)}.")


def _restore(job: Job, part: Part, place: str, wanted: str, to: str) -> str:
    if isinstance(part, FilesPart):
        place = place or f"{job.scratch}/{part.name}"
        JobCopies(job, {part.name: part.path}).files(_newest(job, wanted), part.name, place, _tell)
        return place
    place = place or f"{part.data}.restored"
    if isinstance(part, RedisPart):
        JobCopies(job, {}).cache(_newest(job, wanted), part.name, place, _tell)
        return place
    target = _target(job, part, to)
    if wanted:
        backup = store.find(job, wanted)
    else:
        backups = JobBackups(job)
        holding = [one for one in backups.sets() if one.database(part.name)]
        backup = choose(holding, "latest", target, part.name, backups.left())
    JobCopies(job, {}).database(backup, part.name, target, place, _tell)
    return place


def _newest(job: Job, wanted: str) -> BackupSet:
    if not store.sets(job):
        store.rebuild(job)
    return store.find(job, wanted or "latest")


def _target(job: Job, part: PostgresPart, to: str) -> targets.Target:
    if not to:
        return targets.Latest()
    known = {one.name: one for one in marks.marks(job)}
    return known[to].target(part.name) if to in known else targets.at(to)


def _tell(event: Event) -> None:
    if event.state in ("done", "failed"):
        sys.stdout.write(f"{event.step}: {event.state}, {event.seconds:.1f} s {event.detail}".rstrip() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
