"""The beginning of every recovery: WAL and base backup out of the repository into a new folder, and checked there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from stackyard.backup import fetch, private, programs
from stackyard.backup.archive import Archive
from stackyard.backup.events import Event, Tell
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.ownership import give_all
from stackyard.backup.problem import BackupError
from stackyard.backup.segments import lsn
from stackyard.backup.sets import BackupSet
from stackyard.backup.steps import Steps
from stackyard.backup.targets import Latest, Lsn, RestorePoint, Target, describe, reaches
from stackyard.backup.wal import Collected, chain, collect, is_kept

UNFINISHED = "stackyard-unfinished"
"""The file in a folder that has not been recovered: it says why, and keeps everybody from starting a server on it."""


def bring(
    job: Job,
    backup: BackupSet,
    part: PostgresPart,
    into: Path,
    target: Target,
    steps: Steps,
    tell: Tell,
    *,
    use_spool: bool = True,
    settle: bool = False,
) -> Collected | None:
    """The base backup in the folder and its WAL beside it, neither started yet; the WAL is None for a set without.

    Both come at once. As soon as the WAL turns out to have a hole before the target, nothing else is done, and nothing
    stays of the base backup. Raises BackupError.
    """
    private.require_account(part)
    if into.exists() and any(into.iterdir()):
        raise BackupError(f"{into} is not empty", hint="A copy is recovered into a new folder only.")
    if not reaches(backup, target, part.name):
        raise BackupError(f"the set {backup.id} is later than {describe(target)}", hint="Start from an older set.")
    is_whole = is_kept(part, backup)
    if not is_whole and not isinstance(target, Latest):
        raise BackupError(
            f"{part.name} keeps no WAL, so it can only be brought back as it was at the set {backup.id}",
            hint="Write `wal: continuous` under `backups:` to go back to any moment from then on.",
        )
    coming = into.with_name(f"{into.name}.coming")
    with ThreadPoolExecutor(1) as aside:
        # Unpacking waits for the repository most of the time, which leaves a core and the disk to the WAL.
        beside = into.with_name(f"{into.name}.wal")
        look = partial(chain, job, part, backup, until=_until(target), use_spool=use_spool)
        collecting = aside.submit(_collect, job, part, beside, _until(target), look) if is_whole else None
        try:
            fetch.base(job, backup, part, coming, _until_failed(collecting, tell), settle=settle)
            with steps.step(f"WAL of {part.name}"):
                wal = collecting.result() if collecting else None
        except BackupError:
            if collecting and collecting.exception():
                shutil.rmtree(coming, ignore_errors=True)
            raise
    (coming / UNFINISHED).write_text(f"This copy of {part.name}, from the set {backup.id}, is not recovered yet.\n")
    with marked(coming.replace(into)), steps.step(f"checksums of {part.name}"):
        _verify(part, into)
    return wal


def _collect(job: Job, part: PostgresPart, beside: Path, until: int | None, look: Callable[[], Archive]) -> Collected:
    archive = look()
    try:
        wal = collect(job, part, archive, beside, until=until)
    except BackupError:
        again = look()
        if again.stored == archive.stored:
            raise
        # The snapshot was replaced by one that holds more just when it was to be read.
        wal = collect(job, part, again, beside, until=until)
    give_all(beside, part.account)
    return wal


def _until_failed(beside: Future[Collected] | None, tell: Tell) -> Tell:
    """Tells on; but when what goes on beside has failed, that is raised, and ends what is told of."""

    def told(event: Event) -> None:
        if beside and beside.done():
            beside.result()
        tell(event)

    return told


def _until(target: Target) -> int | None:
    text = target.text if isinstance(target, Lsn) else target.lsn if isinstance(target, RestorePoint) else ""
    return lsn(text) if text else None


def _verify(part: PostgresPart, folder: Path) -> None:
    """Compare every file with the manifest that PostgreSQL wrote. Raises BackupError for what differs."""
    program = Path(part.programs) / "pg_verifybackup"
    if not program.is_file() or not (folder / "backup_manifest").is_file():
        return
    # One of the packaged builds crashes whatever it is asked: that says nothing about the copy.
    if not programs.run([str(program), "--version"], env=part.programs_environment).is_done:
        return
    argv = [str(program), "--no-parse-wal", "--quiet", "--ignore", UNFINISHED, str(folder)]
    answer = programs.run(argv, env=part.programs_environment)
    if not answer.is_done:
        raise BackupError(f"the base backup of {part.name} is not what was saved", details=answer.tail)


@contextmanager
def marked(folder: Path) -> Iterator[None]:
    """What goes wrong in the block is written into the folder too."""
    try:
        yield
    except BackupError as error:
        text = (f"This copy was NOT recovered: {error.what}", *error.details, "")
        (folder / UNFINISHED).write_text("\n".join(text))
        raise


def finish(folder: Path) -> None:
    """The folder is a whole cluster from now on; the WAL beside it goes."""
    (folder / UNFINISHED).unlink()
    shutil.rmtree(folder.with_name(f"{folder.name}.wal"), ignore_errors=True)
