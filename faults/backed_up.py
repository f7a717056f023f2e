"""The small system with backups: its sets, commands on them, copies of its backups to spoil, and copies of its rows."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import psutil
from tests.backup.quick_repository import make_quick
from tests.e2e.conftest import Run

from faults.breakable import Breakable, breakable, is_ready, seconds_until
from faults.ledger import ROWS, Row
from stackyard.backup import job as jobs
from stackyard.backup import kit, recover, store
from stackyard.backup.events import silent
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.recover import Recovered
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet
from stackyard.backup.targets import Latest, Target

LIMIT = 600.0
"""Seconds that one command may take."""
_REPOSITORY = Path(__file__).parents[1]
_PATIENCE = 120.0
"""Seconds to wait for the keeper, which works on the backups too."""


@dataclass(frozen=True)
class Said:
    """How the engine ended: its exit code, its error in one text ("" for none), its result."""

    code: int
    error: str
    result: Any = None


@dataclass(frozen=True)
class BackedUp:
    """A copy of the system that is up, with backups. `job` is what its keeper goes by; `ground` any user may enter."""

    checkout: Breakable
    job: Job
    ground: Path
    numbers: Iterator[int]

    @property
    def part(self) -> PostgresPart:
        return self.job.postgres[0]

    @property
    def repository(self) -> Path:
        return Path(self.job.repository.url)

    def command(self, *words: str) -> Run:
        """`stackyard WORDS`, again while the keeper is at work on the backups."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            done = self.checkout.stackyard(*words, timeout=LIMIT)
            if done.code == 0 or "is under way" not in done.error or time.monotonic() > deadline:
                return done
            time.sleep(1.0)

    def create(self) -> BackupSet:
        """A new set. Raises RuntimeError when it cannot be had."""
        done = self.command("backup", "create")
        if done.code != 0:
            raise RuntimeError(f"`backup create` ended with {done.code}: {done.error}")
        return store.find(self.job, "latest")

    def sets(self) -> tuple[BackupSet, ...]:
        """All sets, as the repository has them."""
        return store.rebuild(self.job)

    def snapshots(self) -> dict[str, str]:
        """The snapshots that belong to sets: id, and the set that they say to be of."""
        found = Restic(self.job, self.job.repository).snapshots()
        return {one.id: one.tags["set"] for one in found if "set" in one.tags}

    def spoiled(self) -> Job:
        """The job over copies of the repository and of all that is known of it, to be spoiled. Nobody receives WAL."""
        place = self.ground / f"copy-{next(self.numbers)}"
        shutil.copytree(self.repository, place / "repository")
        left_out = shutil.ignore_patterns("cache", "repository", "lock")
        shutil.copytree(self.job.folder, place / "backups", ignore=left_out)
        repository = replace(self.job.repository, url=str(place / "repository"))
        made = replace(self.job, folder=str(place / "backups"), repository=repository, scratch=str(place / "scratch"))
        shutil.copy(kit.place(self.job), kit.place(made))
        return made

    def rows(self) -> list[Row]:
        """The ledger's rows, as the system has them now."""
        with self.checkout.database() as session:
            return [(int(number), str(told)) for number, told in session.execute(ROWS).fetchall()]

    def write(self, number: int) -> None:
        """One row more, beside the ledger."""
        with self.checkout.database() as session:
            session.execute("insert into ledger values (%s, 'beside the ledger')", (number,))

    @contextlib.contextmanager
    def recovered(self, job: Job, target: Target | None = None) -> Iterator[tuple[Recovered, list[Row]]]:
        """The database brought back beside the running one, from the newest good set, with the ledger's rows in it.

        Raises BackupError.
        """
        place = self.ground / f"recovered-{next(self.numbers)}"
        place.mkdir()
        try:
            backup = store.find(job, "latest")
            into = place / "db"
            found = recover.recover(job, backup, self.part, into, target or Latest(), silent, throw_away=True)
            with recover.serving(self.part, into) as server, server.connect(self.part.database) as session:
                rows = [(int(number), str(told)) for number, told in session.execute(ROWS).fetchall()]
            yield found, rows
        finally:
            shutil.rmtree(place, ignore_errors=True)


def begin(checkout: Breakable, *words: str) -> subprocess.Popen[str]:
    """`stackyard WORDS`, begun in a session of its own; what it says can be read."""
    given: dict[str, Any] = {key: value for key, value in checkout.process().items() if key != "check"}
    given |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True}
    return subprocess.Popen(checkout.command(*words), **given, text=True)


def kill(begun: subprocess.Popen[str], *, whole: bool) -> list[str]:
    """SIGKILL, unless it has ended; `whole` takes all that it had started with it. What is wrong with how it ended."""
    reasons = ended_badly(begun)
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(begun.pid)
        for one in (process, *(process.children(recursive=True) if whole else ())):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
    _, said = begun.communicate(timeout=LIMIT)
    return [f"{reason}: {said[-300:]}" for reason in reasons]


def ended_badly(begun: subprocess.Popen[str]) -> list[str]:
    """That it ended by itself, before anybody did anything, and did not do its work; [] otherwise."""
    return [f"it ended by itself with {begun.returncode}"] if begun.poll() else []


def engine(job: Job, *words: str, module: tuple[str, ...] = ("stackyard.backup",)) -> Said:
    """What the keeper runs, over that job: `python -m stackyard.backup JOB WORDS`."""
    done = subprocess.run(engine_command(job, *words, module=module), **_process(), timeout=LIMIT)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    last = lines[-1] if lines else {}
    error = last.get("error")
    if "Traceback" in done.stderr or not lines:
        return Said(done.returncode, f"TRACEBACK {done.stderr[-400:]}")
    text = " / ".join([error["what"], error["hint"], *error["details"]]) if error else ""
    return Said(done.returncode, text, last.get("result"))


def engine_command(job: Job, *words: str, module: tuple[str, ...] = ("stackyard.backup",)) -> list[str]:
    """The command line of `engine`; the job is written down for it."""
    file = Path(job.folder) / "fault-job.json"
    file.write_text(jobs.to_text(job))
    return [sys.executable, "-m", *module, str(file), *words]


def _process() -> dict[str, Any]:
    return {"cwd": _REPOSITORY, "capture_output": True, "text": True, "check": False}


def unarchived(job: Job) -> Job:
    """The same without WAL: a copy of the backups has no receiver of its own."""
    return replace(job, postgres=tuple(replace(part, wal=False) for part in job.postgres))


@contextlib.contextmanager
def backed_up(ground: Path) -> Iterator[BackedUp]:
    """The system, up, with a repository on a small disk of its own where one can be mounted, and one set in it."""
    with breakable(ground) as checkout, contextlib.ExitStack() as stack:
        file = checkout.folder / "stackyard.yaml"
        text = file.read_text().replace("replicas: 2\n", "replicas: 2\n    migrate: python -c pass\n")
        file.write_text(f"{text}\nbackups: {{wal: continuous, drill: never}}\n")
        place = checkout.state / "backups" / "repository"
        place.mkdir(parents=True)
        if is_mounted := can_mount(place, "1g"):
            stack.callback(subprocess.run, ["umount", "--lazy", str(place)], check=False)
        checkout.up("--quiet")
        job = jobs.from_text((checkout.state / "etc" / "backups" / "job.json").read_text())
        found = BackedUp(checkout, job, ground, count(1))
        stack.callback(checkout.stackyard, "down")
        found.create()
        # Many short commands of restic: the password is as right or wrong as before, and far sooner known to be.
        make_quick(found.repository, Path(job.repository.password_file).read_text().strip())
        assert is_mounted == os.path.ismount(place)
        yield found


def can_mount(place: Path, size: str) -> bool:
    """Put a disk of that size there, in memory; False where we may not."""
    if os.geteuid() != 0:
        return False
    argv = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "none", str(place)]
    return subprocess.run(argv, check=False, capture_output=True).returncode == 0


def remount(place: Path, options: str) -> None:
    """Change the disk that is mounted there."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)


@contextlib.contextmanager
def full(place: Path, room: int) -> Iterator[None]:
    """The disk there, filled up to so many bytes; free again afterwards."""
    filler = place / ".filler"
    try:
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(shutil.disk_usage(place).free - room, 1))
        yield
    finally:
        filler.unlink()


def until_ready(checkout: Breakable) -> list[str]:
    """Wait until every part is ready; what is not."""
    client = checkout.supervisor()
    if client is None:
        return ["no supervisor answers"]
    if seconds_until(lambda: is_ready(client.status()), 60.0) is None:
        return [f"{one.id} is {one.phase}: {one.sentence}" for one in client.status().programs if one.phase != "ready"]
    return []
