"""Looks at the backups of a system, each taken once however many checks ask for it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackyard.errors import StackyardError
from stackyard.observe.seen import CannotSeeError

Take = Callable[[str], Mapping[str, Any]]


@dataclass
class Looks:
    """What the looks of `stackyard.backup.looks` saw, by name. `take` takes one, where the job makes sense."""

    take: Take
    _seen: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _locks: defaultdict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))

    def at(self, name: str) -> Mapping[str, Any]:
        """What that look saw. Raises CannotSeeError when it could not be taken; the next who asks tries again."""
        with self._locks[name]:
            if name not in self._seen:
                try:
                    self._seen[name] = self.take(name)
                except StackyardError as error:
                    raise CannotSeeError(error.what) from None
            return self._seen[name]


def here(job_file: Path, name: str) -> Mapping[str, Any]:
    """Take a look in this process, with the job that the keeper works by. Raises StackyardError."""
    from stackyard.backup import job, looks
    from stackyard.backup.problem import BackupError

    try:
        told = job.from_text(job_file.read_text())
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise BackupError(f"{job_file} does not say what there is to back up: {error}") from None
    return looks.look(told, name)
