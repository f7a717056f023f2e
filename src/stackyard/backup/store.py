"""The sets that there are. Each lies as a manifest in the repository, and beside it as a file that is quick to read.

In the repository a set is its snapshots tagged `set=<id>`, and the last of them is the manifest (`kind=manifest`):
snapshots without one are what an interrupted run left, and never a set.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from stackyard.backup import sets as manifests
from stackyard.backup.job import Job
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet, Piece

MANIFEST = {"kind": "manifest"}
_NAME = "manifest.json"


def sets(job: Job) -> tuple[BackupSet, ...]:
    """Every set that is known here, newest first. What is no manifest is passed over: `rebuild` brings it again."""
    found = []
    for file in job.places.sets.glob("*.json"):
        if manifests.is_id(file.stem):
            try:
                found.append(manifests.from_text(file.read_text()))
            except (OSError, ValueError, KeyError, TypeError):
                continue
    return tuple(sorted(found, key=lambda one: one.id, reverse=True))


def find(job: Job, name: str) -> BackupSet:
    """The set of that id, or the newest good one for "latest". Raises BackupError when there is none."""
    known = sets(job)
    if name == "latest":
        good = next((one for one in known if one.is_good), None)
        if good is None:
            raise BackupError(
                "there is no good backup set" + (": none passed its verification" if known else " yet"),
                hint="`stackyard backup create` makes one.",
            )
        return good
    for one in known:
        if one.id == name:
            return one
    newest = ", ".join(one.id for one in known[:5]) or "none"
    raise BackupError(f"there is no backup set {name!r}", hint=f"The newest are: {newest}.")


def advice(known: Sequence[BackupSet]) -> str:
    """What to say of these sets, newest first, to somebody who has just heard that one of them is broken."""
    good = next((one.id for one in known if one.is_good), "")
    return f"The newest good set is {good}." if good else "None is left that is good: make a new one now."


def save(job: Job, backup: BackupSet) -> None:
    """Keep the set as it is now: in the repository first, then here. Raises BackupError when the repository cannot."""
    restic = Restic(job, job.repository)
    tags = {"set": backup.id, **MANIFEST}
    before = [one.id for one in restic.snapshots(tags)]
    text = manifests.to_text(backup).encode()
    restic.backup_bytes(text, _NAME, tags)
    restic.forget(before)
    keep(job, backup)


def keep(job: Job, backup: BackupSet) -> None:
    """Keep the set here only, which is enough for what can be seen elsewhere, such as its copy off site."""
    write(job.places.sets / f"{backup.id}.json", manifests.to_text(backup))


def drop(job: Job, backup_id: str) -> None:
    """Forget what is known here of the set."""
    (job.places.sets / f"{backup_id}.json").unlink(missing_ok=True)


def rebuild(job: Job) -> tuple[BackupSet, ...]:
    """Read the manifests out of the repository again, write them here, and return all sets, newest first.

    A file here that the repository knows nothing of is moved aside, as `ID.json.lost`. Raises BackupError.
    """
    restic = Restic(job, job.repository)
    newest = {one.tags["set"]: one for one in restic.snapshots(MANIFEST) if manifests.is_id(one.tags.get("set", ""))}
    for name, snapshot in newest.items():
        with restic.dump(snapshot.id, _NAME) as taken:
            text = taken.whole().decode(errors="replace")
        try:
            keep(job, manifests.from_text(text))
        except (ValueError, KeyError, TypeError) as error:
            raise BackupError(f"the manifest of {name} in the repository cannot be read: {error}") from None
    for file in job.places.sets.glob("*.json"):
        if file.stem not in newest:
            file.replace(file.with_suffix(".json.lost"))
    return sets(job)


def snapshot_of(restic: Restic, backup: BackupSet, piece: Piece) -> str:
    """The snapshot that holds the piece in that repository, which may hold a copy of it under another id.

    Raises BackupError when the repository has neither.
    """
    if known := restic.known(piece.snapshot):
        return known
    for one in restic.snapshots({"set": backup.id}):
        if one.id.startswith(piece.snapshot) or (one.original and one.original.startswith(piece.snapshot)):
            return one.id
    raise BackupError(
        f"the {piece.kind} of {piece.part or backup.system} is missing from the repository {restic.repository.url}",
        hint="`stackyard backup list` shows older sets.",
    )


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all, to the disk, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise BackupError(f"{path} cannot be written: {error.strerror}") from error
    sync(path.parent)


def sync(folder: Path) -> None:
    """Put the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
