"""Whether sets are made: whole, as often as the file says, by a keeper that is at work."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.backup.looks.known import PATIENCE, Known
from stackyard.backup.moments import seconds
from stackyard.backup.schedule import SETTLE
from stackyard.backup.sets import BackupSet
from stackyard.model.system import Backups, Objects, Postgres, Redis, System
from stackyard.observe.view import View
from stackyard.verify.backups.asking import KEEPER, clock, good, has_none, none_yet, of, span
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw

_OF_DATABASE = ("base", "dump", "sql", "globals")
_SILENCE = 90.0
"""Seconds that the keeper may be silent: it says how things stand every fifteen."""
_DAY = 86400.0
_AHEAD = 2 * 3600.0
"""Seconds that the longest day is longer, and a little."""


def wanted_pieces(system: System) -> tuple[tuple[str, str], ...]:
    """What a set must hold by the stack file: part and kind."""
    found: list[tuple[str, str]] = []
    for resource in system.resources:
        if isinstance(resource, Postgres):
            found += [(resource.name, kind) for kind in _OF_DATABASE]
        elif isinstance(resource, Redis):
            found.append((resource.name, "redis"))
        elif isinstance(resource, Objects):
            found.append((resource.name, "objects"))
    found.append(("", "config"))
    if system.backups is not None and system.backups.encrypt:
        found.append(("", "secrets"))
    return tuple(found)


def _complete(view: View) -> Iterator[Seen]:
    backup = good(of(view))
    yield from completeness(view.system, backup)


def completeness(system: System, backup: BackupSet) -> Iterator[Seen]:
    """Whether the set holds what the file names, and ties it to one moment."""
    for part, kind in wanted_pieces(system):
        piece = backup.piece(part, kind)
        name = f"the {kind} of {part or 'the system'}"
        shown = f"{piece.size:,} bytes, {piece.files or 1} files" if piece else "not in it"
        # A folder may be empty; anything else is at least a header.
        is_there = piece is not None and (piece.size > 0 or kind == "objects")
        yield saw(f"{name} in the set {backup.id}", shown, fault=f"the newest set lacks {name}", unless=is_there)
    for resource in system.resources:
        if not isinstance(resource, Postgres):
            continue
        moment = backup.database(resource.name)
        point = moment.restore_point if moment else ""
        wants = system.backups is not None and system.backups.wal
        yield saw(
            f"the moment that the set ties {resource.name} to",
            f"{moment.taken}, {moment.lsn}, {point or 'no restore point'}, {len(moment.tables)} tables counted"
            if moment
            else "none",
            fault=f"the newest set is tied to no moment of {resource.name}",
            unless=moment is not None and (bool(point) or not wants),
        )


def _recent(view: View) -> Iterator[Seen]:
    seen = of(view)
    if seen.good is None and not is_overdue(seen):
        raise CannotSeeError(none_yet(seen))
    yield from recency(seen)


def is_overdue(seen: Known) -> bool:
    """Whether a good set should be there that is not: the keeper is given its time after it was started."""
    newest = seconds(seen.good.begun) if seen.good else 0.0
    if newest >= seen.due:
        return False
    # Its first run after a start comes when the system has settled, and the moment of it lies ahead until then.
    ahead = seen.health.next_backup - seen.now if seen.health else 0.0
    return not (0 < ahead <= SETTLE and not _failures(seen)) and not _is_making(seen)


def _failures(seen: Known) -> int:
    run = seen.health.runs.get("create") if seen.health else None
    return run.failures if run else 0


def _is_making(seen: Known) -> bool:
    run = seen.health.runs.get("create") if seen.health else None
    return bool(run and not run.ended and seen.now - run.begun < PATIENCE)


def recency(seen: Known) -> Iterator[Seen]:
    """Whether the newest good set is as new as the schedule says, and no run has failed since."""
    backup = seen.good
    shown = f"{backup.id}, begun {backup.begun}" if backup else "there is none"
    yield saw(
        f"the newest good set; one was due at {clock(seen.due)}",
        shown,
        fault=f"no good set was made since {clock(seen.due)}",
        unless=not is_overdue(seen),
    )
    for kind, run in sorted(seen.health.runs.items()) if seen.health else ():
        yield saw(
            f"the last {kind} of the keeper, begun {clock(run.begun)}",
            f"{run.failures} in a row have failed: {run.error}" if run.failures else "done" if run.ended else "at work",
            fault=f"the last {kind} failed: {run.error}",
            unless=not run.failures or _is_made_up_for(seen, kind),
        )
    told = figure(seen.figures, "stackyard_backup_last_good_timestamp_seconds")
    made = seconds(backup.moment) if backup else 0.0
    # The keeper writes its figures every fifteen seconds: after a set was made they may be a little behind.
    fresh = backup is not None and seen.now - seconds(backup.ended) < _SILENCE
    yield saw(
        "stackyard_backup_last_good_timestamp_seconds in the figures, which alerts go by",
        "missing" if told is None else f"{told:.0f} ({clock(told)})",
        fault="the figures that alerts go by do not tell when the newest good set was made",
        unless=told is not None and (abs(told - made) < 1 or fresh),
    )


def _is_made_up_for(seen: Known, kind: str) -> bool:
    """Whether somebody has made a good set since the keeper failed to."""
    run = seen.health.runs[kind] if seen.health else None
    return kind == "create" and seen.good is not None and run is not None and seconds(seen.good.begun) > run.ended > 0


def figure(text: str, name: str) -> float | None:
    """The value of a figure without labels in Prometheus's text format."""
    found = next((line for line in text.splitlines() if line.startswith(f"{name} ")), None)
    return float(found.rpartition(" ")[2]) if found else None


def _keeper(view: View) -> Iterator[Seen]:
    own = next((one for one in view.processes() if one.part == KEEPER and "prepare" not in one.id), None)
    yield saw(
        "the process that makes backups",
        f"{own.state}, pid {own.pid}" if own else "there is none",
        fault="nobody makes backups: the keeper does not run",
        unless=own is not None and own.pid is not None,
    )
    wanted = view.system.backups
    assert wanted is not None
    yield from keeping(of(view), wanted)


def keeping(seen: Known, wanted: Backups) -> Iterator[Seen]:
    """Whether the keeper looks around, and begins the next run when the file says."""
    if seen.health is None:
        yield saw("the state of the keeper", "it has written none", fault="the keeper has never begun its work")
        return
    silent = seen.now - seen.health.seen
    yield saw(
        "when the keeper last looked around",
        f"{silent:.0f} s ago",
        fault=f"the keeper has been silent for {span(silent)}",
        unless=silent < _SILENCE,
    )
    ahead = seen.health.next_backup - seen.now
    yield saw(
        f"the next set, at {wanted.at} by the file",
        clock(seen.health.next_backup),
        fault="the keeper does not know when to make the next set",
        unless=seen.policy.at == wanted.at and -_SILENCE - PATIENCE < ahead < _DAY + _AHEAD,
    )


CHECKS = (
    Check(
        "backups.complete",
        ("BAK-01",),
        "the newest good set holds everything that the file names, tied to one moment",
        Look.FILE,
        _complete,
        unless=has_none,
        next_step="`stackyard backup create` makes a whole one.",
    ),
    Check(
        "backups.recent",
        ("BAK-01", "MON-03"),
        "sets are made on schedule, no run has failed, and the figures that alerts go by say so",
        Look.FILE,
        _recent,
        unless=has_none,
        next_step="`stackyard logs backups` says why; `stackyard backup create` makes one now.",
    ),
    Check(
        "backups.keeper",
        ("BAK-01",),
        "the keeper of the backups is at work, and knows when the next set is due",
        Look.INSIDE,
        _keeper,
        unless=has_none,
    ),
)
