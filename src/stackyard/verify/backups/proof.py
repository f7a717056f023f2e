"""What shows that sets are good for something: they are read back now, and were restored in a drill not long ago."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.backup.drill_report import headline
from stackyard.backup.looks.known import Known
from stackyard.backup.looks.reading import Read
from stackyard.backup.moments import seconds
from stackyard.backup.schedule import DRILLS
from stackyard.model.system import Backups, System
from stackyard.observe.view import View
from stackyard.verify.backups.asking import clock, good, has_none, of, read_of, span
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw

_LATE = 86400.0
"""Seconds that a drill may be late: it waits for its hour, and for other work."""


def _reads_back(view: View) -> Iterator[Seen]:
    good(of(view))
    yield from reading_back(read_of(view))


def reading_back(read: Read) -> Iterator[Seen]:
    """Whether what was read is what was stored."""
    if read.all_files:
        yield saw(
            f"{read.files} of {read.all_files} files of the repository, each against the checksum that is its name",
            ", ".join(read.spoiled[:10]) or "as they were written",
            fault=f"{len(read.spoiled)} files of the repository are damaged: {', '.join(read.spoiled[:3])}",
            unless=not read.spoiled,
        )
    yield saw(
        "`restic check`" if read.all_files else "`restic check --read-data-subset`",
        "; ".join(read.complaints) or "no errors were found",
        fault="the repository is damaged",
        unless=not read.complaints,
    )
    for name, wrong in read.pieces.items():
        yield saw(
            f"the {name} of {read.set}, read back",
            wrong or "as the manifest says",
            fault=f"the {name} of {read.set} does not come back: {wrong}",
            unless=not wrong,
        )


def _drilled(view: View) -> Iterator[Seen]:
    wanted = view.system.backups
    assert wanted is not None
    yield from drilling(wanted, of(view))


def drilling(wanted: Backups, seen: Known) -> Iterator[Seen]:
    """Whether a set was restored not long ago, whole, and as quickly and as recent as the file says."""
    report = seen.drill
    if report is None:
        backup = good(seen)
        if any(one.drilled for one in seen.sets):
            yield saw("reports of drills", "there are none", fault="a drill was held, and its report is gone")
            return
        if seen.now - seconds(backup.ended) > DRILLS.get(wanted.drill, _LATE) + _LATE:
            yield saw("reports of drills", "there are none", fault="no set was ever restored on trial")
            return
        first = seen.health.next_drill if seen.health else 0.0
        when = f": the first is due at {clock(first)}" if first else ""
        raise CannotSeeError(f"no drill was held yet{when}, or at once by `stackyard drill`")
    yield saw(f"the drill of {report.backup}", headline(report), fault=headline(report), unless=not report.findings)
    age = seen.now - seconds(report.ended)
    most = DRILLS.get(wanted.drill, 0.0) + _LATE
    yield saw(
        f"when it was held; {wanted.drill} by the file",
        f"{span(age)} ago",
        fault=f"the last drill was held {span(age)} ago, and the file wants one {wanted.drill}",
        unless=age < most,
    )
    yield saw(
        f"the time until everything was back, at most {span(wanted.rto)} by the file",
        span(report.rto),
        fault=f"restoring took {span(report.rto)}",
        unless=report.rto <= wanted.rto,
    )
    yield saw(
        f"the work that would have been lost, at most {span(wanted.rpo)} by the file",
        "unknown" if report.rpo is None else span(report.rpo),
        fault="a disaster would have cost more work than the file allows",
        unless=report.rpo is not None and report.rpo <= wanted.rpo,
    )


def _drills_never(system: System) -> str:
    if system.backups is None:
        return "the system has no backups"
    return "the file asks for no drills" if system.backups.drill == "never" else ""


CHECKS = (
    Check(
        "backups.read-back",
        ("BAK-03",),
        "what is stored comes back as it was stored",
        Look.INSIDE,
        _reads_back,
        unless=has_none,
        next_step="`stackyard backup verify SET` says for each set whether it is whole; `stackyard backup create` "
        "makes a new one.",
    ),
    Check(
        "backups.drilled",
        ("BAK-03",),
        "a set was restored on trial not long ago, as quickly and as recent as the file says",
        Look.FILE,
        _drilled,
        unless=_drills_never,
        next_step="`stackyard drill` restores the newest set on trial, and says what is wrong.",
    ),
)
