"""How many transaction ids have gone by since the oldest in use: at two thousand million a server stops."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from stackyard.backup.database import connect
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.problem import BackupError

_LOOK = 60.0
"""Seconds between two looks."""
_AGE = "select max(greatest(age(datfrozenxid), mxid_age(datminmxid))) from pg_database"


class Ages(threading.Thread):
    """Looks at every database of the job, again and again. One that does not answer has no age."""

    def __init__(self, job: Job) -> None:
        super().__init__(name="ages", daemon=True)
        self._parts = job.postgres
        self._ending = threading.Event()
        self.known: Mapping[str, int] = {}
        """Ids by part, as they were at the last look."""

    def end(self) -> None:
        """Have it end; `join` waits for it."""
        self._ending.set()

    def run(self) -> None:
        """Look until the end."""
        while not self._ending.is_set():
            self.known = {part.name: found for part in self._parts if (found := age(part)) is not None}
            self._ending.wait(_LOOK)


def age(part: PostgresPart) -> int | None:
    """The age of the oldest id in use in the whole cluster, of rows or of their lockers; None without an answer."""
    import psycopg

    try:
        with connect(part) as session:
            row = session.execute(_AGE).fetchone()
    except (BackupError, psycopg.Error):
        return None
    return int(str(row[0])) if row else None
