"""A new machine: the backups opened with an age identity alone, secrets and configuration put in place."""

from __future__ import annotations

import filecmp
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stackyard.backup import fetch, kit, store
from stackyard.backup.job import Job, Repository
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet
from stackyard.errors import StateError, UsageError
from stackyard.targets.local.backups import is_folder, repository
from stackyard.targets.native import toolchain
from stackyard.targets.native.toolchain.clients import AGE, RESTIC

STACK_FILE = "stack-file"
"""The label of the stack file in the configuration of a set."""
IN_PROJECT = "project/backups/project"
"""Where it lies in the configuration of a set that was made on Compose: beside the documents."""


@dataclass(frozen=True)
class Opened:
    """Backups of another machine, with what a job needs to read them. Its folder goes when the block ends."""

    job: Job
    key: Path

    def sets(self) -> tuple[BackupSet, ...]:
        """Every set in the repository, the newest first. Raises BackupError."""
        return store.sets(self.job) or store.rebuild(self.job)

    def put_in_place(self, backup: BackupSet, root: Path, secrets: Path) -> tuple[str, ...]:
        """Put the secrets of a set into the folder `secrets`, and the stack file into `root` where there is none.

        A sentence for each thing that was done. Raises BackupError, and StateError for secrets that differ.
        """
        folder = Path(self.job.folder)
        said = []
        if backup.piece("", "secrets") is not None:
            fetch.secrets(self.job, backup, self.key, folder / "secrets")
            count = _put_secrets(folder / "secrets", secrets)
            said.append(f"{count} secrets were put in place")
        else:
            said.append(f"the set {backup.id} holds no secrets: new ones are made")
        fetch.config(self.job, backup, folder / "config")
        goal, saved = root / "stackyard.yaml", stack_file(folder / "config")
        if not goal.exists() and not goal.with_suffix(".yml").exists() and saved is not None:
            shutil.copyfile(saved, goal)
            said.append(f"the stack file of the backup is now {goal}")
        return tuple(said)


@contextmanager
def opened(place: str, key: Path, environment: str) -> Iterator[Opened]:
    """Open the backups at a place, a folder or a URL. Raises UsageError, MachineError, BackupError."""
    if not key.is_file():
        raise UsageError(f"there is no age identity {key}", hint="It is the file that age-keygen made, kept elsewhere.")
    with tempfile.TemporaryDirectory(prefix="stackyard-") as name:
        folder = Path(name)
        restic, age = (str(_tool(want).path) for want in (RESTIC, AGE))
        reached = repository(place, str(_repository_in(Path(place).expanduser().absolute())), str(folder))
        given = {variable: os.environ.get(variable, "") for variable in reached.environment}
        nothing = Repository(reached.url, str(folder / "password"), _files(folder, given))
        job = Job("", environment, str(folder), str(folder), nothing, restic, age, "", ())
        told = kit.read(job, _kit(job, place), key)
        if told["environment"] != environment:
            raise UsageError(
                f"these are the backups of {told['system']} ({told['environment']})",
                hint=f"Say --env {told['environment']}.",
            )
        yield Opened(_with_access(job, told), key.absolute())


def _repository_in(folder: Path) -> Path:
    """The folder itself, or the one in it where a container keeps a repository: the kit lies beside that."""
    inner = folder / "repository"
    return inner if (inner / "config").is_file() and not (folder / "config").is_file() else folder


def _tool(want: toolchain.Want) -> toolchain.Tool:
    return toolchain.find(want) or toolchain.fetch(toolchain.plan_fetch(want))


def _kit(job: Job, place: str) -> Path:
    """The file with the kit, which lies beside the repository. Raises UsageError when there is none."""
    if is_folder(place):
        file = Path(job.repository.url).with_name(kit.NAME)
        if not file.is_file():
            raise UsageError(
                f"there is no recovery kit: {file}",
                hint="--from names the repository itself; the kit lies beside it, where secrets are encrypted.",
            )
        return file
    Path(job.repository.password_file).write_text(kit.PASSWORD)
    beside = replace(job.repository, url=f"{job.repository.url.rstrip('/')}-{kit.PASSWORD}")
    restic = Restic(job, beside)
    file = Path(job.folder) / kit.NAME
    # Nobody knows yet which system it is of: there is one of it.
    with restic.dump("latest", kit.NAME) as taken:
        file.write_bytes(taken.whole())
    return file


def _with_access(job: Job, told: Mapping[str, Any]) -> Job:
    """The job with what the kit says about the repository, which may be reached at another place by now."""
    known = [one for one in (told["repository"], told["offsite"]) if one]
    same = next((one for one in known if one["url"] == job.repository.url), known[0])
    folder = Path(job.folder)
    _write(folder / "password", str(same["password"]))
    environment = {**job.repository.environment, **_files(folder, same["environment"])}
    return replace(job, system=str(told["system"]), repository=replace(job.repository, environment=environment))


def _files(folder: Path, values: Mapping[str, str]) -> dict[str, str]:
    """Each value in a file of its own, by the variable that it is for."""
    for name, value in values.items():
        _write(folder / name, value)
    return {name: str(folder / name) for name, value in values.items() if value}


def _write(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)


def stack_file(config: Path) -> Path | None:
    """The stack file in the configuration of a set, wherever that was made; None where it is not in it."""
    places = (config / STACK_FILE, *(config / IN_PROJECT / f"stackyard.{ending}" for ending in ("yaml", "yml")))
    return next((one for one in places if one.is_file()), None)


def _put_secrets(source: Path, goal: Path) -> int:
    """How many secrets there are now. Raises StateError for one that is there already and is another."""
    goal.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = [path for path in source.rglob("*") if path.is_file()]
    for path in files:
        there = goal / path.name
        if there.exists() and not filecmp.cmp(path, there, shallow=False):
            raise StateError(
                f"there is another secret {path.name} on this machine already",
                hint=f"This is for a new machine. Move {goal} away, if nothing here needs it; nothing was changed.",
            )
    for path in files:
        if not (goal / path.name).exists():
            _write(goal / path.name, path.read_text())
    return len(files)
