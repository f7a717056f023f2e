"""Reading a set back from where it is stored, and saying what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from stackyard.backup import fetch, listing, logical, pieces, retention, store
from stackyard.backup.events import Tell
from stackyard.backup.guard import lock
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.problem import BackupError, NotReadError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import VERIFICATION, BackupSet, Finding, Piece, State, now
from stackyard.backup.snapshots import Snapshot
from stackyard.backup.steps import Steps

_CHANGED = "what comes back from the repository is not what was stored"


def verify(job: Job, backup: BackupSet, tell: Tell, *, deep: bool = False) -> BackupSet:
    """Read the whole set back, and keep the verdict. `deep` reads all else in the repository too.

    The set comes back verified (or drilled, if it was), or broken with findings; one that was broken is so no more when
    nothing of what verification found is found again. Raises NotReadError, and leaves the set as it was, when something
    could not be read (a network that drops, a program that is missing or was killed), and BackupError when `deep` found
    damage outside the set.
    """
    with lock(job, "verification"):
        restic = Restic(job, job.repository)
        steps = Steps(tell, backup.steps)
        found = (*examine(job, restic, backup, steps), *_wal_read_back(job, backup, steps))
        done = judged(backup, found)
        store.save(job, done)
        if deep:
            _check_all(job, restic, done, steps)
        return done


def judged(backup: BackupSet, found: Sequence[Finding]) -> BackupSet:
    """The set in the state that these findings of a verification give it."""
    if found:
        return backup.found(*found)
    when = now()
    done = backup.cleared(VERIFICATION, State.VERIFIED, when)
    return replace(done, verified=when) if done.is_good else done


def examine(
    job: Job,
    restic: Restic,
    backup: BackupSet,
    steps: Steps,
    there: Sequence[Snapshot] | None = None,
    rows: Mapping[str, Mapping[str, int]] | None = None,
) -> tuple[Finding, ...]:
    """Everything that is wrong with the set. `there` are its snapshots, where they are known already; `rows` what the
    dumps of databases hold that have just been read back and understood, and are not read once more.

    Raises NotReadError when something could not be read, which says nothing about the set.
    """
    ids = {one.id: one for one in (restic.snapshots({"set": backup.id}) if there is None else there)}
    found: list[Finding] = []
    small = [piece for piece in backup.pieces if piece.kind in fetch.SMALL_KINDS]
    for piece in backup.pieces:
        if not any(known.startswith(piece.snapshot) for known in ids):
            found.append(Finding(label(piece), "its snapshot is missing from the repository"))
        elif piece.kind == "dump" and rows and piece.part in rows:
            found += _miscounted(backup, piece, rows[piece.part])
        elif piece not in small:
            found += _guarded(label(piece), lambda one=piece: _large(job, restic, backup, one, steps))  # type: ignore[misc]
    gone = {one.piece for one in found}
    if small and label(small[0]) not in gone:
        found += _guarded("small pieces", lambda: _small(job, restic, backup, small, steps))
    for part in job.postgres:
        if part.wal:
            found += _wal(job, part, backup, steps)
    return tuple(found)


def label(piece: Piece) -> str:
    """How findings name a piece: "db base", "config"."""
    return f"{piece.part} {piece.kind}".strip()


def _guarded(name: str, look: Callable[[], Sequence[Finding]]) -> Sequence[Finding]:
    try:
        return look()
    except NotReadError:
        # What could not be read today may be whole, and the set stays what it was.
        raise
    except BackupError as error:
        evidence = f" ({error.details[0]})" if error.details else ""
        return [Finding(name, f"{error.what}{evidence}")]


def _large(job: Job, restic: Restic, backup: BackupSet, piece: Piece, steps: Steps) -> Sequence[Finding]:
    with steps.step(f"reading back {label(piece)}", piece.size) as count:
        if piece.kind == "dump":
            return _dump(job, restic, backup, piece, count)
        if piece.kind == "objects":
            with restic.dump(piece.snapshot, "/", count) as taken:
                found = listing.from_tar(taken)
                made = listing.digest({name: facts for name, facts in found.items() if name != piece.path})
            return [] if made.sha256 == piece.sha256 else [Finding(label(piece), _CHANGED)]
        with restic.dump(piece.snapshot, piece.path, count) as taken:
            for _ in taken:
                pass
            same = taken.flow().sha256 == piece.sha256
        return [] if same else [Finding(label(piece), _CHANGED)]


def _dump(job: Job, restic: Restic, backup: BackupSet, piece: Piece, count: Callable[[int], None]) -> Sequence[Finding]:
    part = next((one for one in job.postgres if one.name == piece.part), None)
    if part is None:
        return [Finding(label(piece), f"the system has no database {piece.part} any more to read it with")]
    with logical.script(restic, piece.snapshot, piece.path, part, count) as script:
        for _ in script.source:
            pass
        same = script.dump().sha256 == piece.sha256
    return [*([] if same else [Finding(label(piece), _CHANGED)]), *_miscounted(backup, piece, script.rows)]


def _miscounted(backup: BackupSet, piece: Piece, rows: Mapping[str, int]) -> list[Finding]:
    """Tables of which the dump holds another number of rows than the database did: row security hides some, say."""
    moment = backup.database(piece.part)
    left_out = set(backup.facts.get(f"{piece.part} tables of extensions", "").splitlines())
    held = {_plain(name): count for name, count in rows.items()}
    return [
        Finding(label(piece), f"it holds {held.get(_plain(table.name), 0)} of the {table.rows} rows of {table.name}")
        for table in (moment.tables if moment else ())
        if table.name not in left_out and held.get(_plain(table.name), 0) != table.rows
    ]


def _plain(name: str) -> str:
    """A name without its quotes: which words need some differs between versions."""
    return name.strip().replace('""', "\0").replace('"', "").replace("\0", '"')


def _small(job: Job, restic: Restic, backup: BackupSet, small: Sequence[Piece], steps: Steps) -> list[Finding]:
    with (
        steps.step("reading back configuration, secrets and roles", sum(piece.size for piece in small)),
        pieces.staged(job, f"reading-{backup.id}") as folder,
    ):
        restic.restore(small[0].snapshot, folder)
        return [finding for piece in small for finding in _small_piece(job, piece, folder)]


def _small_piece(job: Job, piece: Piece, folder: Path) -> Sequence[Finding]:
    file = folder / piece.path
    marks = listing.marks(folder)
    facts = listing.read(folder, piece.path, marks[piece.path]) if piece.path in marks else None
    if facts is None or facts[1] != piece.sha256:
        return [Finding(label(piece), _CHANGED)]
    if piece.kind == "redis":
        return _guarded(label(piece), lambda: _cache(job, piece, file))
    if piece.kind == "secrets":
        return _guarded(label(piece), lambda: fetch.look_into_secrets(job, file))
    return []


def _cache(job: Job, piece: Piece, file: Path) -> Sequence[Finding]:
    for part in job.redis:
        if part.name == piece.part:
            pieces.rdb_keys(part, file)
    return []


def _wal(job: Job, part: PostgresPart, backup: BackupSet, steps: Steps) -> Sequence[Finding]:
    from stackyard.backup import wal

    with steps.step(f"WAL of {part.name}"):
        return _guarded(f"wal {part.name}", lambda: wal.gaps(job, part, backup, _until(job, part, backup)))


def _until(job: Job, part: PostgresPart, backup: BackupSet) -> str | None:
    """Of sets that are older than what can be recovered to any moment, only the WAL up to their own moment is kept."""
    anchor = retention.anchor(store.sets(job), job.policy, datetime.now(UTC))
    moment = backup.database(part.name)
    return moment.lsn if moment and backup.id < anchor else None


def _wal_read_back(job: Job, backup: BackupSet, steps: Steps) -> list[Finding]:
    from stackyard.backup import wal, wal_reading

    found: list[Finding] = []
    for part in job.postgres:
        if wal.is_kept(part, backup):
            with steps.step(f"reading back the WAL of {part.name}"):
                look = partial(wal_reading.spoilt_since, job, part, backup, _until(job, part, backup))
                found += _guarded(f"wal {part.name}", look)
    return found


def _check_all(job: Job, restic: Restic, backup: BackupSet, steps: Steps) -> None:
    with steps.step("reading the whole repository"):
        found = restic.check(read_data=True)
    if not found:
        return
    where, is_broken = restic.repository.url, backup.state == State.BROKEN
    raise BackupError(
        f"the set {backup.id} is broken, and the repository {where} is damaged"
        if is_broken
        else f"the repository {where} is damaged, but not where the set {backup.id} lies",
        hint=f"{store.advice(store.sets(job))} `stackyard backup verify SET` says for each whether it is whole.",
        details=[f"{one.piece}: {one.what}" for one in (*(backup.findings if is_broken else ()), *found)],
    )
