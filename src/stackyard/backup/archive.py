"""What WAL of a cluster there is since a set: in the spool, in the repository, and whether it has holes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from stackyard.backup import spool
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.segments import (
    Fork,
    Segment,
    forks,
    history_name,
    lsn,
    misfit,
    segment_named,
    segments_between,
    timeline_named,
)
from stackyard.backup.sets import BackupSet, Finding, Moment
from stackyard.backup.snapshots import Snapshot
from stackyard.backup.spool import Ledger, Spooled

TAG = "wal"


@dataclass(frozen=True)
class Stored:
    """A file of WAL in the repository: in which snapshot, and how long it is."""

    snapshot: str
    size: int


@dataclass(frozen=True)
class Archive:
    """All WAL that is of use to one set. Names are those of the files; `.partial` is part of a name.

    `timeline` is the one to recover along, `history` how it came about: the server's own, or for a set that the server
    has left behind (it was restored to a moment before) the one that the set was made on.
    """

    part: str
    moment: Moment
    ledger: Ledger
    timeline: int
    history: tuple[Fork, ...]
    spooled: Mapping[str, Spooled] = field(default_factory=dict)
    stored: Mapping[str, Stored] = field(default_factory=dict)
    pushed: str = ""
    """When the newest of it was put into the repository, "" for never."""

    @property
    def size(self) -> int:
        return self.ledger.segment

    def name(self, segment: Segment) -> str:
        return segment.name(self.size)

    @property
    def newest(self) -> int:
        """The number of the newest segment on the way to the timeline; what an earlier one went on to is not."""
        found = {segment_named(name, self.size) for name in (*self.spooled, *self.stored)}
        forked = self.history[-1].at // self.size if self.history else 0
        return max(forked, *(one.number for one in found if one and self._leads(one)), 0)

    def _leads(self, segment: Segment) -> bool:
        start = segment.start(self.size)
        return segment in segments_between(start, start, self.timeline, self.history, self.size)

    def needed(self, until: int | None) -> tuple[Segment, ...]:
        """What recovery reads from the start of the set to the position, or to the newest there is."""
        start = lsn(self.moment.start)
        end = max(self.newest * self.size if until is None else max(until - 1, 0), lsn(self.moment.lsn) - 1)
        return tuple(segments_between(start, end, self.timeline, self.history, self.size))

    def up_to(self, until: int | None) -> Archive:
        """The same for a recovery to that position: what a timeline that began later went on to is not asked for."""
        if until is None:
            return self
        end = max(until, lsn(self.moment.lsn))
        for number, fork in enumerate(self.history):
            if end <= fork.at:
                return replace(self, timeline=fork.timeline, history=self.history[:number])
        return self

    def has(self, segment: Segment, *, is_last: bool, in_spool: bool = True) -> bool:
        """True when the segment is there, whole; a `.partial` will do for the last."""
        names = (self.name(segment), *((f"{self.name(segment)}.partial",) if is_last else ()))
        stored = any(name in self.stored and self.stored[name].size == self.size for name in names)
        spooled = in_spool and any(name in self.spooled and self.spooled[name].size == self.size for name in names)
        return stored or spooled


def look(job: Job, part: PostgresPart, backup: BackupSet, *, use_spool: bool = True) -> Archive:
    """Everything that we hold of the WAL since the set.

    Raises BackupError when the set has no moment of that database, when nothing is known of its WAL, or when the
    repository cannot be read.
    """
    moment = backup.database(part.name)
    if moment is None:
        raise BackupError(f"the set {backup.id} holds no database {part.name}")
    restic = Restic(job, job.repository)
    snapshots = _of_use(restic, part, moment, backup)
    stored = {path.rpartition("/")[2]: Stored(one.id, size) for one in snapshots for path, size in restic.ls(one.id)}
    folder = job.places.wal(part.name, moment.cluster)
    ledger = (spool.read(folder) if use_spool else None) or _ledger(restic, snapshots)
    if ledger is None:
        raise BackupError(
            f"no WAL of {part.name} was found: neither in the spool nor in the repository",
            hint="Is the receiver of WAL running? `stackyard status` tells.",
            details=(str(folder), restic.repository.url),
        )
    ledger = spool.on(ledger, max(ledger.timeline, moment.timeline))
    spooled = {file.path.name: file for file in spool.files(folder, ledger.segment)} if use_spool else {}
    pushed = snapshots[-1].time if snapshots else ""
    timeline, history = ledger.timeline, _history(restic, ledger.timeline, spooled, stored)
    if not leads_to(moment, timeline, history):
        timeline, history = moment.timeline, _history(restic, moment.timeline, spooled, stored)
    return Archive(part.name, moment, ledger, timeline, history, spooled, stored, pushed)


def leads_to(moment: Moment, timeline: int, history: Sequence[Fork]) -> bool:
    """True when a server on that timeline, with that history, was once at the moment."""
    position = lsn(moment.lsn)
    return moment.timeline == next((fork.timeline for fork in history if position <= fork.at), timeline)


def snapshots(restic: Restic, part: str, cluster: str = "") -> tuple[Snapshot, ...]:
    """The snapshots of the WAL of that cluster, or of all that the part ever was, oldest first."""
    return restic.snapshots({TAG: "", "part": part, **({"cluster": cluster} if cluster else {})})


def _of_use(restic: Restic, part: PostgresPart, moment: Moment, backup: BackupSet) -> tuple[Snapshot, ...]:
    """Those since the set, and the one before them: it holds what came between the set's start and its end."""
    every = snapshots(restic, part.name, moment.cluster)
    later = [one for one in every if _since(one) >= backup.id]
    before = [one for one in every if _since(one) < backup.id]
    return (*before[-1:], *later)


def _since(snapshot: Snapshot) -> str:
    since = snapshot.tags.get("since", "")
    return "" if since == spool.BEGINNING else since


def _ledger(restic: Restic, found: tuple[Snapshot, ...]) -> Ledger | None:
    if not found:
        return None
    try:
        return spool.from_text(_read(restic, found[-1].id, spool.LEDGER))
    except (KeyError, TypeError, ValueError) as error:
        raise BackupError("the ledger of the WAL in the repository cannot be read", details=(str(error),)) from None


def _history(
    restic: Restic, timeline: int, spooled: Mapping[str, Spooled], stored: Mapping[str, Stored]
) -> tuple[Fork, ...]:
    name = history_name(timeline)
    try:
        if timeline == 1:
            return ()
        if name in spooled:
            return forks(spooled[name].path.read_text())
        if name in stored:
            return forks(_read(restic, stored[name].snapshot, name))
    except (OSError, ValueError) as error:
        raise BackupError(f"the history of timeline {timeline} cannot be read", details=(str(error),)) from None
    raise BackupError(
        f"the history of timeline {timeline} is missing ({name}), so nobody knows where it began",
        hint="Make a new backup set now: `stackyard backup create`.",
    )


def _read(restic: Restic, snapshot: str, path: str) -> str:
    with restic.dump(snapshot, path) as taken:
        return taken.whole().decode()


def holes(archive: Archive, until: int | None = None) -> tuple[Finding, ...]:
    """What is missing, is not what it says, or has no business there. Nothing for a chain that is whole."""
    return (*_missing(archive, until), *_misfits(archive, until), *_foreign(archive))


def _missing(archive: Archive, until: int | None) -> list[Finding]:
    needed = archive.needed(until)
    gone = [one for number, one in enumerate(needed, 1) if not archive.has(one, is_last=number == len(needed))]
    found = [_finding(archive, f"{_names(archive, gone)} missing: nothing after can be recovered")] if gone else []
    lost = [one for one in _unstored(archive, needed) if one not in gone]
    if lost:
        found.append(_finding(archive, f"{_names(archive, lost)} missing from the repository"))
    return found


def _unstored(archive: Archive, needed: Sequence[Segment]) -> list[Segment]:
    """What the repository lacks though it was put there: what is before something that it has, or before the moment of
    the set, which does not count until it is there."""
    own = (lsn(archive.moment.lsn) - 1) // archive.size
    known = [one for one in needed if one.number <= own or archive.has(one, is_last=True, in_spool=False)]
    known = [one for one in needed if known and one <= known[-1]]
    return [one for one in known if not archive.has(one, is_last=one == known[-1], in_spool=False)]


def _misfits(archive: Archive, until: int | None) -> list[Finding]:
    needed = {archive.name(one) for one in archive.needed(until)}
    found = []
    for name, file in archive.spooled.items():
        if name.removesuffix(".partial") not in needed or file.segment is None:
            continue
        if file.size != archive.size:
            found.append(_finding(archive, f"{name} has {file.size} of {archive.size} bytes"))
        elif wrong := misfit(_head(file.path), name, archive.size, archive.moment.cluster):
            found.append(_finding(archive, f"{name} {wrong}"))
    return found


def _foreign(archive: Archive) -> list[Finding]:
    """Timelines that the server never was on: somebody's copy has written where only the original may."""
    numbers = set()
    for name in (*archive.spooled, *archive.stored):
        segment = segment_named(name, archive.size)
        number = segment.timeline if segment else timeline_named(name)
        if number is not None and number > archive.ledger.timeline:
            numbers.add(number)
    return [
        _finding(archive, f"there is WAL of timeline {number}, but the server is on {archive.ledger.timeline}")
        for number in sorted(numbers)
    ]


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError:
        return b""


def _names(archive: Archive, segments: list[Segment]) -> str:
    names = [archive.name(one) for one in segments]
    if len(names) == 1:
        return f"{names[0]} is"
    return f"{len(names)} segments, {names[0]} to {names[-1]}, are"


def _finding(archive: Archive, what: str) -> Finding:
    return Finding(f"wal {archive.part}", what)
