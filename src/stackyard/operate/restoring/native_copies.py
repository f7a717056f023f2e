"""A restored copy brought into the running server under a name of its own, for looking."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.backup import pipes, programs
from stackyard.backup.problem import BackupError
from stackyard.backup.steps import Steps
from stackyard.operate.restoring.engine import JobCopies, postgres_part
from stackyard.operate.restoring.side_database import made_for
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.postgres.replication import MARK
from stackyard.targets.local.databases import Database

if TYPE_CHECKING:
    from stackyard.backup.events import Tell
    from stackyard.backup.job import PostgresPart
    from stackyard.backup.private import Private
    from stackyard.backup.recover import Recovered
    from stackyard.backup.sets import BackupSet
    from stackyard.backup.targets import Target


@dataclass(frozen=True)
class NativeCopies(JobCopies):
    """See `Copies`. `database_of` leads to the running databases."""

    database_of: Callable[[str], Database]

    def database(self, backup: BackupSet, part: str, target: Target, place: str, tell: Tell) -> Recovered:
        recovered = super().database(backup, part, target, place, tell)
        # A replica of what was there before has gone another way: by this mark it would be taken for one of the copy.
        (Path(place) / MARK).unlink(missing_ok=True)
        return recovered

    def side_database(self, part: str, place: str, name: str, tell: Tell) -> None:
        from stackyard.backup.recover import serving

        found, database = postgres_part(self.job, part), self.database_of(part)
        with made_for(database, part, name), Steps(tell).step(f"load {name}"), serving(found, Path(place)) as server:
            _pipe(found, server, database, name)


def _pipe(part: PostgresPart, server: Private, database: Database, name: str) -> None:
    """Everything of the copy's database into the running one of that name. Raises BackupError."""
    own = {"PGHOST": server.host, "PGPORT": str(server.port), "PGUSER": server.user, **part.programs_environment}
    target = {
        "PGHOST": str(database.sockets),
        "PGPORT": str(database.port),
        "PGUSER": SUPERUSER,
        "PGPASSWORD": database.password(SUPERUSER),
        **part.programs_environment,
    }
    dump = (str(Path(part.programs) / "pg_dump"), "--format=custom", "--compress=0", f"--dbname={part.database}")
    load = (str(Path(part.programs) / "pg_restore"), "--exit-on-error", f"--dbname={name}")
    with pipes.source(dump, env=own) as taken:
        loading = programs.start(load, target, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said = programs.Listener(loading.stderr)
        try:
            pipes.pour(taken, loading)
            code = loading.wait()
        finally:
            programs.end(loading)
    if code != 0:
        raise BackupError(f"the copy could not be loaded into {name}", details=said.said().splitlines()[-5:])
