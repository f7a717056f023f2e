"""The WAL of a set: what is missing of it, how far it reaches, all of it in one folder, and what is needed no more."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from stackyard.backup import spool, wal_reading
from stackyard.backup.archive import Archive, holes, leads_to, look
from stackyard.backup.chunks import Chunks
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.problem import BackupError, NotReadError
from stackyard.backup.push import push
from stackyard.backup.restic import Restic
from stackyard.backup.segments import (
    Segment,
    forks,
    history_name,
    least_end,
    lsn,
    segment_named,
    timeline_named,
    written_end,
)
from stackyard.backup.sets import BackupSet, Finding


@dataclass(frozen=True)
class Newest:
    """The newest WAL in a spool: the file's name, the position that it reaches, when it was last written (UNIX)."""

    name: str
    end: int
    written: float

    @property
    def timeline(self) -> int:
        return int(self.name[:8], 16)


@dataclass(frozen=True)
class Collected:
    """A set's WAL in one folder, whole. `last` is the newest segment of it, `timeline` the one to recover along."""

    folder: Path
    timeline: int
    segment: int
    last: Segment
    bytes: int

    def least_end(self) -> int:
        """How far a replay of all of it must come at the least."""
        for number in (self.last.number, self.last.number - 1):
            start = number * self.segment
            path = self.folder / Segment(number, self.last.timeline).name(self.segment)
            if path.is_file() and (end := least_end(path.read_bytes(), start)) > start:
                return end
        return 0


def gaps(job: Job, part: PostgresPart, backup: BackupSet, until: str | None = None) -> tuple[Finding, ...]:
    """What is wrong with the WAL from the set's start to the position `until`, or to the newest there is.

    A set of a database whose WAL is not kept has no gaps. Raises NotReadError when the repository cannot be read.
    """
    if not is_kept(part, backup):
        return ()
    try:
        archive = look(job, part, backup)
    except NotReadError:
        raise
    except BackupError as error:
        return (Finding(f"wal {part.name}", error.what),)
    end = lsn(until) if until else None
    return holes(archive.up_to(end), end)


def is_kept(part: PostgresPart, backup: BackupSet) -> bool:
    """True when the set can be recovered beyond the end of its base backup."""
    moment = backup.database(part.name)
    return moment is not None and bool(moment.restore_point) and part.wal


def is_left_behind(job: Job, part: PostgresPart, backup: BackupSet) -> bool:
    """True for a set of a moment that the server has never been at: it was restored to one before, and went on."""
    moment = backup.database(part.name)
    if moment is None:
        return False
    folder = job.places.wal(part.name, moment.cluster)
    ledger = spool.read(folder)
    if ledger is None or ledger.timeline == 1:
        return False
    try:
        history = forks((folder / history_name(ledger.timeline)).read_text())
    except (OSError, ValueError):
        return False
    return not leads_to(moment, ledger.timeline, history)


def left_at(job: Job, part: PostgresPart, backup: BackupSet) -> float:
    """When the server left the moment of the set behind (UNIX), 0.0 when it is still on the way that leads from it."""
    moment = backup.database(part.name)
    if moment is None or not is_left_behind(job, part, backup):
        return 0.0
    folder = job.places.wal(part.name, moment.cluster)
    numbers = {timeline_named(path.name): path for path in folder.glob("*.history")}
    later = [path for number, path in numbers.items() if number is not None and number > moment.timeline]
    # What a server writes down when it begins on a timeline comes in right after.
    return min((path.stat().st_mtime for path in later), default=0.0)


def newest(job: Job, part: PostgresPart) -> Newest | None:
    """The newest WAL that was received of the database; None when there is none."""
    folders = sorted(job.places.wal(part.name, "x").parent.glob("*/"), key=lambda one: one.stat().st_mtime)
    ledger = spool.read(folders[-1]) if folders else None
    if ledger is None:
        return None
    files = [one for one in spool.files(folders[-1], ledger.segment) if one.segment and one.path.parent == folders[-1]]
    for file in sorted(files, key=lambda one: (one.segment, one.is_partial), reverse=True):
        if file.segment is not None and (found := _newest(file.path, file.segment, ledger.segment)):
            return found
    return None


def _newest(path: Path, segment: Segment, size: int) -> Newest | None:
    try:
        end, written = written_end(path.read_bytes(), segment.start(size)), path.stat().st_mtime
    except FileNotFoundError:  # whole by now, under its final name
        return None
    return Newest(path.name, end, written)


def chain(
    job: Job, part: PostgresPart, backup: BackupSet, *, until: int | None = None, use_spool: bool = True
) -> Archive:
    """What there is of the WAL from the set's start to the position, or to the newest, when nothing of it is missing.

    Raises BackupError, naming what is.
    """
    archive = look(job, part, backup, use_spool=use_spool).up_to(until)
    found = holes(archive, until)
    if missing := [one.what for one in found if "nothing after" in one.what]:
        raise BackupError(
            f"the WAL of {part.name} since {backup.id} has a hole", hint=_HINT, details=(*missing, _range(archive))
        )
    return archive


def collect(job: Job, part: PostgresPart, archive: Archive, into: Path, *, until: int | None = None) -> Collected:
    """Bring all WAL of a chain into the folder: the spool's own first.

    Each segment is compared with the ledger; one that has changed in the spool comes from the repository. The last
    may be a `.partial`; it gets the name of a whole one. Raises BackupError, naming what is damaged.
    """
    needed = archive.needed(until)
    names = {archive.name(one) for one in needed} | {history_name(n) for n in range(2, archive.ledger.timeline + 1)}
    into.mkdir(parents=True, exist_ok=True)
    left = _from_spool(archive, names, into)
    _from_repository(archive, left, into, Restic(job, job.repository))
    lost = [archive.name(one) for one in needed if not (into / archive.name(one)).is_file()]
    if lost:
        raise BackupError(f"{len(lost)} segments of the WAL of {part.name} are damaged", hint=_HINT, details=lost[:10])
    size = sum(path.stat().st_size for path in into.iterdir())
    return Collected(into, archive.timeline, archive.size, needed[-1], size)


_HINT = "Go back to a moment before the hole, or start from a later set: `stackyard backup list` shows them."


def _range(archive: Archive) -> str:
    return f"The set's own moment is {archive.moment.taken}"


def _from_spool(archive: Archive, names: set[str], into: Path) -> set[str]:
    """Copy what is there as it should be; returns the names that are not."""
    left = set()
    for name in names:
        file = archive.spooled.get(name) or archive.spooled.get(f"{name}.partial")
        if file is None:
            left.add(name)
            continue
        try:
            shutil.copyfile(file.path, into / name)
        except FileNotFoundError:  # it was a `.partial`, and has become whole
            shutil.copyfile(file.path.with_name(name), into / name)
        if not _is_as_sealed(archive, name, into / name):
            (into / name).unlink()
            left.add(name)
    return left


def _is_as_sealed(archive: Archive, name: str, path: Path) -> bool:
    seal = archive.ledger.segments.get(name)
    return seal is None or (path.stat().st_size == seal.size and spool.digest(path) == seal.sha256)


def _from_repository(archive: Archive, names: set[str], into: Path, restic: Restic) -> None:
    """Bring the named files, each snapshot read once."""
    wanted: dict[str, set[str]] = {}
    for name in names:
        stored = archive.stored.get(name) or archive.stored.get(f"{name}.partial")
        if stored:
            wanted.setdefault(stored.snapshot, set()).add(name)
    for snapshot, mine in wanted.items():
        with restic.dump(snapshot, "/") as taken:
            try:
                _unpack(taken, mine, into)
            except tarfile.TarError as error:
                # Most likely it was cut short, and whoever made it says why.
                Chunks(taken).drain()
                taken.flow()
                raise BackupError(f"the snapshot {snapshot[:8]} cannot be read", details=(str(error),)) from None
            taken.flow()
    for name in names:
        path = into / name
        if path.is_file() and not _is_as_sealed(archive, name, path):
            path.unlink()


def _unpack(chunks: Iterable[bytes], names: set[str], into: Path) -> None:
    """Write those files of a tar stream that are named, and let the rest pass by."""
    stream = Chunks(chunks)
    with tarfile.open(fileobj=stream, mode="r|", bufsize=1 << 20) as tar:  # type: ignore[call-overload]
        for member in tar:
            name = Path(member.name).name
            content: IO[bytes] | None = tar.extractfile(member) if member.isfile() else None
            final = name.removesuffix(".partial")
            if content is None or final not in names or (name != final and (into / final).exists()):
                continue
            with (into / final).open("wb") as file:
                shutil.copyfileobj(content, file, 1 << 20)
    stream.drain()


def trim(job: Job, part: PostgresPart, keep_from: BackupSet) -> int:
    """Remove WAL from the spool that is older than the set's start, once all of it lies in the repository.

    They are read back from there first. From now on the spool counts as being since that set. Returns how many segments
    went. Raises BackupError, and removes nothing, when the WAL cannot be pushed, and DamagedError when something else
    comes back.
    """
    moment = keep_from.database(part.name)
    if moment is None or not is_kept(part, keep_from):
        return 0
    pushed = next((one for one in push(job, part) if one.cluster == moment.cluster), None)
    folder = job.places.wal(part.name, moment.cluster)
    with spool.held(folder):
        ledger = spool.read(folder)
        if ledger is None or pushed is None:
            return 0
        first = lsn(moment.start) // ledger.segment
        old = [one for one in spool.files(folder, ledger.segment) if one.segment and one.segment.number < first]
        # What is gone from here already cannot leave: nobody would ever get rid of the rest for it.
        leaving = {one.path.name for one in old}
        seals = {name: seal for name, seal in ledger.segments.items() if name in leaving}
        wal_reading.require(job, part, pushed.snapshot, seals)
        for file in old:
            file.path.unlink(missing_ok=True)
        spool.write(folder, replace(ledger, since=keep_from.id, segments=_from(ledger.segments, first, ledger.segment)))
    return len(old)


def _from(seals: Mapping[str, spool.Seal], first: int, size: int) -> dict[str, spool.Seal]:
    return {name: one for name, one in seals.items() if (what := segment_named(name, size)) and what.number >= first}
