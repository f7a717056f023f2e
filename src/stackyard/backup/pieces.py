"""The pieces of a set: what each is made of, and how it gets into the repository."""

from __future__ import annotations

import io
import re
import shutil
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from stackyard.backup import aligning, database, listing, logical, programs
from stackyard.backup.job import FilesPart, Job, PostgresPart, RedisPart
from stackyard.backup.problem import BackupError, NotReadError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import Kind, Piece
from stackyard.backup.snapshots import Kept
from stackyard.backup.steps import Steps

SMALL = "small"
"""The kind of the one snapshot that holds all pieces which are small."""

_START = re.compile(r"start point: ([0-9A-F]+/[0-9A-F]+) on timeline (\d+)")
_KEYS = re.compile(r"(\d+) keys read")
_MOST_PER_SECOND = 1 << 20
"""The highest rate that pg_basebackup takes, in kB a second."""


@dataclass
class Making:
    """A set while it is made. `stage` is a private folder for what is small; `sizes` are those of the last set."""

    job: Job
    restic: Restic
    id: str
    kind: Kind
    steps: Steps
    stage: Path
    sizes: Mapping[str, int] = field(default_factory=dict)

    def tags(self, kind: str, part: str = "") -> dict[str, str]:
        return {"set": self.id, "kind": kind, **({"part": part} if part else {})}


@contextmanager
def staged(job: Job, name: str) -> Iterator[Path]:
    """A private folder in the scratch space, gone afterwards."""
    folder = Path(job.scratch) / name
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700, parents=True)
        yield folder
    except OSError as error:
        raise BackupError(
            f"{error.filename or folder}: {error.strerror}", hint=f"See that there is room in {job.scratch}."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear(job: Job) -> None:
    """Remove from the scratch space what killed runs left in it. The caller holds the lock, and is no such run."""
    for kind in ("making", "reading", "drill"):
        for folder in Path(job.scratch).glob(f"{kind}-*"):
            shutil.rmtree(folder, ignore_errors=True)


def base(making: Making, part: PostgresPart) -> tuple[Piece, str, int]:
    """A copy of the whole cluster, its WAL and its manifest in it; where it begins (LSN), and its timeline.

    PostgreSQL checks every page that it sends, so damage in the living cluster ends this with an error.
    """
    # A checkpoint at once slows the living system down, so only somebody who waits gets one.
    pace = "spread" if making.kind == Kind.SCHEDULED else "fast"
    rate = int(making.job.policy.rate // 1024)
    argv = (
        database.program(part, "pg_basebackup"), "-D", "-", "-Ft", "-X", "fetch", "-c", pace, "-w", "-v",
        "-l", f"stackyard {making.id}", *(("-r", str(min(max(rate, 32), _MOST_PER_SECOND))) if rate else ()),
    )  # fmt: skip
    path, tags = f"base-{part.name}.tar{aligning.SUFFIX}", making.tags("base", part.name)
    with making.steps.step(f"base backup of {part.name}", database.size(part)) as count:
        begun = time.monotonic()
        env = database.client_environment(part)
        kept = making.restic.backup_stream(argv, path, tags, env=env, count=count, through=aligning.aligned)
        found = _START.search(kept.said)
        if not found:
            raise BackupError(f"pg_basebackup did not say where the copy of {part.name} begins")
        return _piece(kept, part.name, "base", path, begun), found[1], int(found[2])


def dump(making: Making, part: PostgresPart, snapshot: str) -> Piece:
    """A logical copy of the database as the snapshot shows it. The repository compresses, so pg_dump does not."""
    argv = (database.program(part, "pg_dump"), "-Fc", "-Z0", "-w", f"--snapshot={snapshot}", part.database)
    path, tags = f"dump-{part.name}.pgdump", making.tags("dump", part.name)
    with making.steps.step(f"dump of {part.name}", making.sizes.get(f"dump {part.name}", 0)) as count:
        begun = time.monotonic()
        env = database.client_environment(part)
        kept = making.restic.backup_stream(argv, path, tags, env=env, count=count)
        return _piece(kept, part.name, "dump", path, begun)


def sql(making: Making, part: PostgresPart, made: Piece) -> tuple[Piece, Mapping[str, int]]:
    """The dump as plain SQL for any psql, made from what the repository holds: the database is not asked again.

    So it is the reading back of the dump as well: how many rows that holds for each table comes with it.
    """
    path, tags = f"dump-{part.name}.sql", making.tags("sql", part.name)
    with making.steps.step(f"SQL of {part.name}", made.size) as count:
        begun = time.monotonic()
        with logical.script(making.restic, made.snapshot, made.path, part, count) as script:
            kept = making.restic.backup_source(script.source, path, tags)
            if script.dump().sha256 != made.sha256:
                raise BackupError(f"the dump of {part.name} came back from the repository as something else")
            return _piece(kept, part.name, "sql", path, begun), script.rows


def files(making: Making, part: FilesPart) -> Piece:
    """A folder as it is. Its digest is of the files themselves; what changed meanwhile is read from the repository."""
    folder = Path(part.path)
    with making.steps.step(f"files of {part.name}", making.sizes.get(f"objects {part.name}", 0)) as count:
        begun = time.monotonic()
        before = listing.marks(folder)
        tags = making.tags("objects", part.name)
        # restic keeps no empty folder: a file in its place says that there was nothing.
        path = "" if any(folder.iterdir()) else listing.NOTHING
        kept = making.restic.backup_bytes(b"\n", path, tags) if path else making.restic.backup_folder(folder, tags)
        count(kept.size)
        found = {} if path else _digests(making.restic, kept.snapshot, folder, before)
        made = listing.digest(found)
        spent = time.monotonic() - begun
        return Piece(
            part.name, "objects", kept.snapshot, path, made.size, kept.added, made.sha256, spent, files=made.files
        )


def redis(making: Making, part: RedisPart) -> int:
    """Stage a copy of the cache, and check it; how many keys it holds."""
    file = making.stage / f"redis-{part.name}.rdb"
    tls = ("--tls", "--cacert", part.tls_ca) if part.tls_ca else ()
    argv = (part.cli, "-h", part.host, "-p", str(part.port), *tls, "--user", part.user, "--rdb", str(file))
    with making.steps.step(f"copy of {part.name}") as count:
        password = Path(part.password_file).read_text().strip()
        answer = programs.run(argv, env={**part.environment, "REDISCLI_AUTH": password})
        if not answer.is_done or not file.exists():
            raise BackupError(f"{part.name} gave no copy of itself", hint="Is it running?", details=answer.tail)
        count(file.stat().st_size)
        return rdb_keys(part, file)


def rdb_keys(part: RedisPart, file: Path) -> int:
    """How many keys the RDB file holds. Raises BackupError when its checksum is wrong or it cannot be read."""
    answer = programs.run((check_rdb(part), str(file)), env=part.environment)
    if answer.code < 0:
        raise NotReadError(f"the copy of {part.name} could not be read: its reader was ended by a signal")
    found = _KEYS.search(answer.output)
    if not answer.is_done or not found:
        raise BackupError(f"the copy of {part.name} is damaged", details=answer.output.splitlines()[-5:])
    return int(found[1])


def check_rdb(part: RedisPart) -> str:
    """The program that checks RDB files, beside the other programs of the cache. Raises BackupError without one."""
    for folder in (Path(part.cli).parent, Path(part.server).parent):
        for name in ("redis-check-rdb", "valkey-check-rdb"):
            if (folder / name).exists():
                return str(folder / name)
    raise NotReadError(f"there is no redis-check-rdb beside {part.cli}", hint="It comes with Redis's own tools.")


def stage_globals(making: Making, part: PostgresPart) -> None:
    """Stage roles and their memberships, which a dump does not hold; without passwords: those are secrets."""
    argv = (database.program(part, "pg_dumpall"), "--globals-only", "--no-role-passwords", "-w", "-l", part.database)
    answer = programs.run(argv, env=database.client_environment(part))
    if not answer.is_done:
        raise BackupError(f"the roles of {part.name} could not be written down", details=answer.tail)
    text = logical.for_any_server(answer.output.encode())
    (making.stage / f"globals-{part.name}.sql").write_bytes(text)


def stage_config(making: Making) -> None:
    """Stage what describes the system, each file or folder under its label."""
    with tarfile.open(making.stage / "config.tar", "w") as archive:
        for label, path in sorted(making.job.config.items()):
            archive.add(path, label)


def stage_secrets(making: Making) -> None:
    """Stage the secrets, readable only with an identity of one of the recipients."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        archive.add(making.job.secrets, ".")
    encrypt(making.job, plain.getvalue(), making.stage / "secrets.tar.age")


def encrypt(job: Job, content: bytes, file: Path) -> None:
    """Write the content to a file that only the job's recipients can read. Raises BackupError."""
    recipients = [text for recipient in job.recipients for text in ("-r", recipient)]
    answer = programs.run((job.age, *recipients, "-o", str(file)), stdin=content)
    if not answer.is_done:
        raise BackupError(
            "the secrets could not be encrypted",
            hint="Each of `recipients` must be what age-keygen calls a public key: age1…",
            details=answer.tail,
        )


def small(making: Making) -> tuple[Piece, ...]:
    """Put everything that is staged into the repository, in one snapshot."""
    with making.steps.step("configuration, secrets and roles") as count:
        begun = time.monotonic()
        files = sorted(making.stage.iterdir())
        found = {file.name: listing.read(making.stage, file.name, _mark(making.stage, file.name)) for file in files}
        kept = making.restic.backup_folder(making.stage, making.tags(SMALL))
        count(kept.size)
        spent = time.monotonic() - begun
        pieces = [_small_piece(kept.snapshot, name, facts, spent) for name, facts in found.items()]
        return _shared(pieces, kept.added)


def _shared(pieces: list[Piece], added: int) -> tuple[Piece, ...]:
    """What the repository grew by, shared out by size."""
    whole = sum(piece.size for piece in pieces) or 1
    return tuple(replace(piece, added=added * piece.size // whole) for piece in pieces)


def _small_piece(snapshot: str, name: str, facts: tuple[int, str] | None, seconds: float) -> Piece:
    """The piece of a staged file: "redis-cache.rdb" is the redis of cache."""
    if facts is None:
        raise BackupError("a staged file changed while it was read", hint="Nothing but a backup may write there.")
    kind, _, part = name.split(".", 1)[0].partition("-")
    return Piece(part, kind, snapshot, name, facts[0], 0, facts[1], seconds)


def _mark(folder: Path, name: str) -> listing.Mark:
    return listing.marks(folder)[name]


def _digests(restic: Restic, snapshot: str, folder: Path, before: Mapping[str, listing.Mark]) -> listing.Files:
    found: dict[str, tuple[int, str]] = {}
    changed = set()
    for path, _ in restic.ls(snapshot):
        name = path.lstrip("/")
        facts = listing.read(folder, name, before[name]) if name in before else None
        if facts:
            found[name] = facts
        else:
            changed.add(name)
    if changed:
        with restic.dump(snapshot, "/") as taken:
            stored = listing.from_tar(taken)
        found |= {name: facts for name, facts in stored.items() if name in changed}
    return found


def _piece(kept: Kept, part: str, kind: str, path: str, begun: float) -> Piece:
    return Piece(part, kind, kept.snapshot, path, kept.size, kept.added, kept.sha256, time.monotonic() - begun)
