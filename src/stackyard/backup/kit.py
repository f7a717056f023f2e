"""The recovery kit: what somebody with an age identity and nothing else needs to get at the backups.

It is one file, encrypted to the recipients: the repository's password, where it lies, and the credentials off site. It
lies beside each repository: as a file in a folder, and elsewhere in a small repository of its own, whose password is
no secret, for the kit in it is encrypted already.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from stackyard.backup import fetch, pieces
from stackyard.backup.job import Job, Repository
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import now

NAME = "recovery-kit.age"
PASSWORD = "recovery-kit"
"""Of the small repository off site that holds the kit."""


def write(job: Job) -> Path:
    """Write the kit beside the repository, and say where. Raises BackupError, also where there are no recipients."""
    if not job.recipients:
        raise BackupError(
            "nobody could open a recovery kit: there are no recipients",
            hint="Give `backups: {recipients: [age1…]}`; `age-keygen` makes such a pair.",
        )
    file = place(job)
    beside = file.with_name(f".{NAME}.new")
    file.parent.mkdir(parents=True, exist_ok=True)
    beside.unlink(missing_ok=True)
    pieces.encrypt(job, _content(job), beside)
    beside.replace(file)
    return file


def place(job: Job) -> Path:
    """Where the kit lies on this machine."""
    return _beside(job.repository) or Path(job.folder) / NAME


def publish(job: Job) -> None:
    """Put the kit beside each repository that is not where it lies, unless the one that is there serves.

    Raises BackupError.
    """
    if not job.recipients:
        return
    for there, mark in ((job.repository, "recovery-kit.beside"), (job.offsite, "recovery-kit.published")):
        if there is not None:
            _publish(job, there, Path(job.folder) / mark)


def _publish(job: Job, there: Repository, mark: Path) -> None:
    content = place(job).read_bytes()
    if beside := _beside(there):
        if beside != place(job):
            beside.write_bytes(content)
        return
    stamp = _stamp(job)
    if mark.exists() and mark.read_text() == stamp:
        return
    restic = Restic(job, _repository(job, there))
    restic.ensure()
    before = [one.id for one in restic.snapshots()]
    restic.backup_bytes(content, NAME, {"kind": "recovery-kit"})
    restic.forget(before)
    mark.write_text(stamp)


def read(job: Job, file: Path, identity_file: Path) -> dict[str, object]:
    """What the kit says. Raises BackupError when the identity does not open it."""
    told = json.loads(fetch.decrypt(job, file.read_bytes(), identity_file))
    assert isinstance(told, dict)
    return told


def _repository(job: Job, there: Repository) -> Repository:
    file = Path(job.folder) / "recovery-kit.password"
    if not file.exists():
        file.write_text(PASSWORD)
    return replace(there, url=f"{there.url.rstrip('/')}-{PASSWORD}", password_file=str(file))


def _beside(repository: Repository) -> Path | None:
    return Path(repository.url).with_name(NAME) if repository.url.startswith("/") else None


def _stamp(job: Job) -> str:
    """What the kit depends on: the kit itself is another one each time it is encrypted."""
    known = [one for one in (job.repository, job.offsite) if one]
    files = [job.repository.password_file, *(file for one in known for file in one.environment.values())]
    ages = [Path(file).stat().st_mtime_ns for file in files]
    urls = [job.repository.url, job.offsite.url if job.offsite else ""]
    return json.dumps([urls, ages, job.recipients])


def _content(job: Job) -> bytes:
    return json.dumps(
        {
            "system": job.system,
            "environment": job.environment,
            "written": now(),
            "repository": _told(job.repository),
            "offsite": _told(job.offsite) if job.offsite else None,
            "how": "RESTIC_PASSWORD=… restic -r URL snapshots; the newest of kind=manifest names all pieces.",
        },
        indent=2,
    ).encode()


def _told(repository: Repository) -> dict[str, object]:
    files = {"password": repository.password_file, **repository.environment}
    values = {name: Path(file).read_text().strip() for name, file in files.items()}
    return {"url": repository.url, "password": values.pop("password"), "environment": values}
