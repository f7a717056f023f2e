"""Bringing back in a drill what is not a database: caches, files, configuration, secrets, and the recovery kit."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from stackyard.backup import cache, fetch, kit, pieces, store
from stackyard.backup.drilling import Drilling, Seen
from stackyard.backup.job import FilesPart, RedisPart, Repository
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import Finding


def cache_back(drilling: Drilling, part: RedisPart, scratch: Path) -> bool:
    """Load the cache's snapshot, as a restore does, and count its keys; True when there is a copy."""
    if not drilling.has(part.name, "redis"):
        drilling.skip(f"cache {part.name}", "the set holds no copy of it")
        return False
    job, backup, name = drilling.job, drilling.backup, f"{part.name} redis"

    def load() -> Seen:
        file = scratch / f"{part.name}.rdb"
        fetch.rdb(job, backup, part, file)
        stored, saved = pieces.rdb_keys(part, file), backup.keys.get(part.name, 0)
        keys = cache.load(part, file, scratch / part.name)
        file.unlink()
        found = []
        if stored != saved:
            found.append(Finding(name, f"the snapshot holds {stored} keys; {saved} were saved"))
        if keys.loaded + keys.expired < stored:
            found.append(Finding(name, f"the cache came up with {keys.loaded} of {stored} keys"))
        return f"{stored} keys were saved; {keys.loaded} are back, the time of {keys.expired} has passed", tuple(found)

    return drilling.take(f"cache {part.name}", load, piece=name, counts=True)


def files_back(drilling: Drilling, part: FilesPart, scratch: Path) -> bool:
    """Bring the files; their listing is compared with the manifest on the way. True when there is a copy."""
    piece = drilling.backup.piece(part.name, "objects")
    if piece is None:
        drilling.skip(f"files {part.name}", "the set holds no copy of them")
        return False

    def bring() -> Seen:
        fetch.files(drilling.job, drilling.backup, part, scratch / part.name)
        return f"{piece.files} files, {piece.size / 1e6:.1f} MB, each with its checksum", ()

    return drilling.take(f"files {part.name}", bring, piece=f"{part.name} objects", counts=True)


def config_back(drilling: Drilling, scratch: Path) -> None:
    """Unpack what described the system."""
    if not drilling.has("", "config"):
        drilling.skip("configuration", "the set holds none")
        return

    def unpack() -> Seen:
        fetch.config(drilling.job, drilling.backup, scratch / "config")
        return ", ".join(sorted(path.name for path in (scratch / "config").iterdir())), ()

    drilling.take("configuration", unpack, piece="config", counts=True)


def secrets_back(drilling: Drilling, scratch: Path) -> None:
    """Decrypt the secrets where this machine may, and see that they are not fewer than the system has now."""
    job = drilling.job
    if not drilling.has("", "secrets"):
        drilling.skip("secrets", "the set holds none: there are no recipients")
        return
    if not job.identity:
        drilling.skip("secrets", "this machine may not decrypt them; try the age identity where it is kept")
        return

    def decrypt() -> Seen:
        into = scratch / "secrets"
        fetch.secrets(job, drilling.backup, Path(job.identity), into)
        count = sum(path.is_file() for path in into.rglob("*"))
        found = () if count else (Finding("secrets", "there is no secret in what was saved"),)
        return f"{count} secrets were decrypted", found

    drilling.take("secrets", decrypt, piece="secrets", counts=True)


def kit_opens(drilling: Drilling, scratch: Path) -> None:
    """The recovery kit opens with the identity, and what is in it opens the repository."""
    job, name = drilling.job, "the recovery kit opens the repository"
    if not job.recipients or not job.identity:
        drilling.skip(name, "this machine may not decrypt the kit; try the age identity where it is kept")
        return
    drilling.prove(name, lambda: _open(drilling, scratch), piece="recovery kit")


def _open(drilling: Drilling, scratch: Path) -> Seen:
    job, file = drilling.job, kit.place(drilling.job)
    if not file.is_file():
        raise BackupError(f"there is no recovery kit at {file}", hint="`stackyard backup create` writes it.")
    told = kit.read(job, file, Path(job.identity))
    about = told.get("repository")
    if not isinstance(about, dict) or not about.get("password"):
        raise BackupError("the recovery kit does not hold the password of the repository")
    password = scratch / "kit-password"
    with open(password, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as secret:
        secret.write(str(about["password"]))
    try:
        repository = Repository(str(about["url"]), str(password), job.repository.environment)
        empty = replace(job, folder=str(scratch / "kit"), repository=repository)
        there = Restic(empty, repository).snapshots({"set": drilling.backup.id, **store.MANIFEST})
    finally:
        password.unlink()
    if not there:
        raise BackupError(f"the repository that the recovery kit opens does not hold the set {drilling.backup.id}")
    return "password, address and the manifest of the set were found with the age identity alone", ()
