"""Making a set: all copies tied to one moment, read back, copied off site, and old ones let go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from stackyard.backup import (
    database,
    kit,
    mending,
    niceness,
    offsite,
    pieces,
    programs,
    prune,
    retention,
    store,
    verify,
)
from stackyard.backup.database import Held
from stackyard.backup.events import Tell
from stackyard.backup.guard import lock
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.pieces import Making
from stackyard.backup.problem import BackupError, DamagedError, RepositoryMissingError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet, Kind, Moment, Piece, new_id, now
from stackyard.backup.snapshots import Snapshot
from stackyard.backup.steps import Steps


@dataclass
class _Made:
    """What there is of a set so far."""

    pieces: list[Piece] = field(default_factory=list)
    starts: dict[str, tuple[str, int]] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    rows: dict[str, Mapping[str, int]] = field(default_factory=dict)
    moment: str = ""


def create(job: Job, *, kind: Kind, tell: Tell) -> BackupSet:
    """Make a set, read it back, copy it off site, and let go of what had its time.

    A safety set is neither copied off site nor makes others go, and it is made as fast as can be: somebody waits for
    it. Any other steps back behind whoever uses the processor. Raises BackupError when no good
    set came of it: what was made till then never looks like one. The same when the set is good, but could not be copied
    off site; the error says so.
    """
    if kind != Kind.SAFETY:
        niceness.step_back()
    with lock(job, "backup"):
        restic = Restic(job, job.repository)
        last = next((one for one in _known(job, restic) if one.is_good), None)
        steps = Steps(tell, last.steps if last else {})
        done, is_mended = _sound(job, restic, kind, steps, last)
        if kind == Kind.SAFETY:
            return done
        mending.revisit(job, restic, steps, is_mended=is_mended)
        trouble = _copied(job, done, steps)
        prune.prune(job, tell)
        if trouble:
            raise BackupError(
                f"the set {done.id} is good, but it could not be copied off site: {trouble.what}",
                hint=trouble.hint,
                details=trouble.details,
            )
        return store.find(job, done.id)


def _sound(job: Job, restic: Restic, kind: Kind, steps: Steps, last: BackupSet | None) -> tuple[BackupSet, bool]:
    """A good set, and whether the repository had to be put right for it: then this is a second try."""
    try:
        return _tried(job, restic, kind, steps, last)
    except DamagedError:
        if not mending.mend(restic, steps):
            raise
        return _tried(job, restic, kind, steps, last)[0], True


def _tried(job: Job, restic: Restic, kind: Kind, steps: Steps, last: BackupSet | None) -> tuple[BackupSet, bool]:
    name = _named(job, steps)
    with pieces.staged(job, f"making-{name}") as stage:
        sizes = {f"{one.kind} {one.part}": one.size for one in (last.pieces if last else ())}
        making = Making(job, restic, name, kind, steps, stage, sizes)
        return _checked(making, *_made(making))


def _known(job: Job, restic: Restic) -> Sequence[BackupSet]:
    """The sets so far, with a repository ready. Raises BackupError when it is gone though it was there before."""
    known = store.sets(job)
    if not known:
        return () if restic.ensure() else store.rebuild(job)
    try:
        restic.unlock()
    except RepositoryMissingError as error:
        raise BackupError(
            f"the repository at {restic.repository.url} is gone, and {len(known)} sets were stored in it",
            hint=f"Mount its disk. If it is lost for good, move {job.places.sets} away: the next run makes a new one.",
            details=error.details,
        ) from None
    return known


def _named(job: Job, steps: Steps) -> str:
    """An id that sorts after all there are, also when the clock went back."""
    ids = {one.id for one in store.sets(job)}
    newest = max((retention.made_at(one) for one in store.sets(job)), default=datetime.fromtimestamp(0, UTC))
    clock = datetime.now(UTC)
    if clock.replace(microsecond=0) >= newest:
        return new_id(ids, clock)
    steps.warn("clock", f"the clock says {clock:%Y-%m-%d %H:%M:%S}, but there is a set of {newest:%Y-%m-%d %H:%M:%S}")
    return new_id(ids, newest + timedelta(seconds=1))


def _made(making: Making) -> tuple[BackupSet, Mapping[str, Mapping[str, int]]]:
    """All pieces, in the repository, without a manifest yet; and the rows that the dump of each database holds."""
    begun, made, job = now(), _Made(facts=dict(making.job.facts)), making.job
    for part in job.postgres:
        piece, start, timeline = pieces.base(making, part)
        made.pieces.append(piece)
        made.starts[part.name] = (start, timeline)
    with ExitStack() as stack:
        held = [(part, stack.enter_context(database.hold_moment(part, making.id))) for part in job.postgres]
        made.moment = min((one.moment.taken for _, one in held), default=now())
        # Right after the moment: a row that names a file or a key is older than this.
        for cache in job.redis:
            made.keys[cache.name] = pieces.redis(making, cache)
            made.facts[f"{cache.name} persistence"] = ",".join(cache.persistence)
        made.pieces += [pieces.files(making, part) for part in job.files]
        for part, one in held:
            _copy_rows(making, made, part, one)
    made.pieces += _small(making)
    backup = BackupSet(
        making.id, job.system, job.environment, making.kind, begun, made.moment, now(), tuple(made.pieces),
        tuple(made.moments), {**made.facts, **_tools(job)}, made.keys, recipients=job.recipients,
    )  # fmt: skip
    return backup, made.rows


def _copy_rows(making: Making, made: _Made, part: PostgresPart, held: Held) -> None:
    dump = pieces.dump(making, part, held.snapshot)
    with making.steps.step(f"rows of {part.name}"):
        tables = database.tables(held.connection)
        made.facts |= {f"{part.name} {name}": value for name, value in database.oddities(held.connection).items()}
    start, timeline = made.starts[part.name]
    made.moments.append(replace(held.moment, start=start, timeline=timeline, tables=tables))
    sql, made.rows[part.name] = pieces.sql(making, part, dump)
    made.pieces += [dump, sql]


def _small(making: Making) -> Sequence[Piece]:
    for part in making.job.postgres:
        pieces.stage_globals(making, part)
    if making.job.config:
        pieces.stage_config(making)
    if making.job.recipients and making.job.secrets:
        pieces.stage_secrets(making)
    else:
        why = "there are no recipients to encrypt the secrets to" if making.job.secrets else "as the stack file wants"
        making.steps.warn("secrets", f"{why}: they are not in this set")
    return pieces.small(making) if any(making.stage.iterdir()) else ()


def _checked(making: Making, backup: BackupSet, rows: Mapping[str, Mapping[str, int]]) -> tuple[BackupSet, bool]:
    """The set, read back and with its manifest in the repository, and whether that was put right for its WAL.

    Raises BackupError when the set is broken, a DamagedError when that may be the repository's fault.
    """
    job, restic = making.job, making.restic
    there = restic.snapshots({"set": backup.id})
    backup = replace(backup, pieces=tuple(_resolved(piece, there) for piece in backup.pieces))
    archived = [part for part in job.postgres if part.wal and _keep_wal(making, part)]
    found = verify.examine(job, restic, backup, making.steps, there, rows)
    steps = {name: round(seconds, 3) for name, seconds in making.steps.seconds.items()}
    done = verify.judged(replace(backup, steps=steps, ended=now()), found)
    store.save(job, done)
    if not done.is_good:
        is_wal_alone = all(one.piece.startswith("wal ") for one in done.findings)
        kind = BackupError if is_wal_alone else DamagedError
        raise kind(
            f"the set {done.id} was made, but it is broken: {done.findings[0].piece}: {done.findings[0].what}",
            hint=f"`stackyard backup show {done.id}` says all. Older sets are untouched.",
            details=[f"{one.piece}: {one.what}" for one in done.findings],
        )
    # Each in its turn, also after one for which the repository had to be put right.
    mended = [_trim_wal(making, part, done) for part in archived]
    return done, any(mended)


def _resolved(piece: Piece, there: Sequence[Snapshot]) -> Piece:
    """The piece with the whole id of its snapshot, of which restic names the beginning only."""
    return replace(piece, snapshot=next((one.id for one in there if one.id.startswith(piece.snapshot)), piece.snapshot))


def _keep_wal(making: Making, part: PostgresPart) -> bool:
    """See that the WAL up to the moment is in the repository, under the set before; True when all went well.

    A failure is told, and the verdict left to the verification: it looks for what must be there.
    """
    from stackyard.backup import push, receive

    name = f"WAL of {part.name}"
    try:
        with making.steps.step(name):
            receive.require_received(making.job, part)
            push.push(making.job, part)
    except BackupError:
        return False
    return True


def _trim_wal(making: Making, part: PostgresPart, backup: BackupSet) -> bool:
    """Let the spool begin at this set. What cannot be done now is done after the next. True when the repository had to
    be put right: what it lost of the WAL the spool still has."""
    from stackyard.backup import wal

    def trim() -> None:
        with making.steps.step(f"spool of {part.name}"):
            wal.trim(making.job, part, backup)

    is_mended = False
    with suppress(BackupError):
        try:
            trim()
        except DamagedError:
            is_mended = mending.mend(making.restic, making.steps)
            if is_mended:
                trim()
    return is_mended


def _copied(job: Job, backup: BackupSet, steps: Steps) -> BackupError | None:
    """Have everything off site too; what went wrong, for the set itself is as good as before."""
    if job.recipients:
        kit.write(job)
    try:
        if not job.offsite:
            kit.publish(job)
            return None
        with steps.step("copy off site"):
            offsite.mirror(job)
            kit.publish(job)
    except BackupError as error:
        return error
    store.keep(job, replace(backup, offsite=now()))
    return None


def _tools(job: Job) -> dict[str, str]:
    """The versions of the programs that made the set."""
    asked = {"restic": (job.restic, "version"), "age": (job.age, "--version")}
    asked |= {f"{one.name} clients": (database.program(one, "pg_dump"), "--version") for one in job.postgres}
    env = {f"{one.name} clients": one.programs_environment for one in job.postgres}
    asked |= {f"{one.name} client": (one.cli, "--version") for one in job.redis}
    env |= {f"{one.name} client": one.environment for one in job.redis}
    found = {name: programs.run(argv, env=env.get(name, {})).output.strip() for name, argv in asked.items()}
    return {f"program of {name}": text.splitlines()[0] for name, text in found.items() if text}
