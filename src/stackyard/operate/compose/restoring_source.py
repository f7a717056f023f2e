"""The backups of another machine, as the container that restores reads them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from stackyard.backup.job import Job, to_text
from stackyard.operate.compose.worker import Worker
from stackyard.targets.compose.dockerfiles.backups import BACKUPS
from stackyard.targets.local.backups import is_folder

_GIVE = 'chown -R "$(stat -c %u:%g "$1")" "$2"'
_TAKE = 'chown -R "$1" "$2"'


@contextmanager
def reading(worker: Worker, own: Job, source: Job, used: Collection[str]) -> Iterator[Worker]:
    """One that reads the backups of `source`, whose folders are of this machine and seen in there at the same places.

    Meanwhile they belong to whoever makes backups in there, who has to write locks into a repository; what lies in the
    folders of this machine that are `used` for backups stays so. `own` is the job of the system here. Raises
    StateError.
    """
    place = Path(source.folder)
    job = place / "job.json"
    job.write_text(to_text(replace(own, folder=source.folder, repository=source.repository, offsite=None)))
    url = source.repository.url
    folders = (place, *((Path(url),) if is_folder(url) else ()))
    owners = {one: one.stat() for one in folders}
    for one in folders:
        worker.shell(_GIVE, BACKUPS, str(one), folders=folders)
    try:
        yield replace(worker, job=str(job), folders=folders)
    finally:
        for one, was in owners.items():
            if not any(one.resolve().is_relative_to(Path(folder).resolve()) for folder in used):
                worker.shell(_TAKE, f"{was.st_uid}:{was.st_gid}", str(one), folders=folders)
