"""What backups are measured against: the same programs, put together by hand as a guide would."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stackyard.backup import database, programs, receive, recover
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.segments import Segment
from stackyard.backup.targets import RestorePoint
from stackyard.backup.wal import Collected

_NAME = "base.tar"


@dataclass(frozen=True)
class ByHand:
    """One repository, with the password and the programs of the job."""

    job: Job
    part: PostgresPart
    folder: Path

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **database.client_environment(self.part),
            "RESTIC_REPOSITORY": str(self.folder / "repository"),
            "RESTIC_PASSWORD_FILE": self.job.repository.password_file,
            "RESTIC_CACHE_DIR": str(self.folder / "cache"),
        }

    def init(self) -> None:
        """Make the repository."""
        _shell(f"{self.job.restic} init", self._environment)

    def backup(self) -> float:
        """`pg_basebackup | restic backup`: seconds."""
        made = f"{database.program(self.part, 'pg_basebackup')} -D - -Ft -X fetch -c fast -w"
        return _shell(f"{made} | {self.job.restic} backup --quiet --stdin --stdin-filename {_NAME}", self._environment)

    def restore(self, into: Path) -> float:
        """`restic dump | tar -x` into a new folder: seconds."""
        into.mkdir(mode=0o700)
        return _shell(f"{self.job.restic} dump latest {_NAME} | tar -xpf - -C {into}", self._environment)


@dataclass(frozen=True)
class RawCopy:
    """A copy of the cluster as plain files, and a folder of all WAL since, ready to be copied and replayed."""

    part: PostgresPart
    folder: Path

    @property
    def wal(self) -> Path:
        """Where the WAL lies."""
        return self.folder / "wal"

    def take(self) -> None:
        """Copy the cluster; its WAL comes later, by `gather`."""
        self.folder.mkdir()
        argv = (database.program(self.part, "pg_basebackup"), "-D", str(self.folder / "raw"), "-X", "none")
        environment = {**os.environ, **database.client_environment(self.part)}
        subprocess.run((*argv, "-c", "fast", "-w"), check=True, capture_output=True, env=environment)
        _give(self.part, self.folder)

    def gather(self, job: Job) -> None:
        """Copy what was received of the WAL. The last of it counts as whole."""
        receive.require_received(job, self.part)
        self.wal.mkdir()
        (spool,) = job.places.wal(self.part.name, "x").parent.iterdir()
        for path in spool.glob("0*"):
            whole = path.name.removesuffix(".partial")
            try:
                shutil.copy(path, self.wal / whole)
            except FileNotFoundError:  # it has become whole meanwhile
                shutil.copy(spool / whole, self.wal / whole)
        _give(self.part, self.wal)

    def restore(self, into: Path, mark: RestorePoint) -> float:
        """Copy it, replay up to the mark, stop: seconds."""
        collected = Collected(self.wal, 1, 0, Segment(0, 1), 0)
        begun = time.perf_counter()
        subprocess.run(("cp", "-a", str(self.folder / "raw"), str(into)), check=True)
        with recover.replaying(self.part, into, collected, mark) as server:
            server.stop()
        return time.perf_counter() - begun


def _give(part: PostgresPart, folder: Path) -> None:
    if part.account and os.geteuid() == 0:
        subprocess.run(("chown", "-R", f"{part.account.uid}:{part.account.gid}", str(folder)), check=True)


def _shell(line: str, environment: Mapping[str, str]) -> float:
    """Seconds that a pipeline takes. Raises RuntimeError when a part of it fails."""
    begun = time.perf_counter()
    argv = ("bash", "-c", f"set -o pipefail; {line}")
    done = subprocess.run(argv, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    taken = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError(programs.Answer(done.returncode, "", done.stderr.decode(errors="replace")).tail)
    return taken
