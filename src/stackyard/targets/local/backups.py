"""What the backups of a system are told wherever it runs: how often and how long, and where the repositories are."""

from __future__ import annotations

from pathlib import Path

from stackyard.backup.job import Policy, Repository
from stackyard.model.system import Backups, System
from stackyard.resources import age
from stackyard.resources.secrets import IDENTITY, REPOSITORY, needs_identity, store_keys

_S3 = "s3://"
_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def policy(wanted: Backups) -> Policy:
    """When, how long and how well, as the stack file says."""
    return Policy(
        at=wanted.at,
        keep=wanted.keep,
        weekly=wanted.weekly,
        monthly=wanted.monthly,
        rpo=wanted.rpo,
        rto=wanted.rto,
        drill=wanted.drill,
        rate=wanted.rate,
    )


def is_folder(place: str) -> bool:
    """Whether a place of backups is a folder of the machine, and not what restic reaches over a network."""
    return ":" not in place


def repository(place: str, folder: str, secrets: str, kind: str = "") -> Repository:
    """The repository at a place of the stack file.

    `folder` is where a folder of the machine is seen from, `secrets` the folder of the secrets. `kind` is "offsite-"
    for the copy. The address of an S3 store without a server of its own is Amazon's.
    """
    password = f"{secrets}/{REPOSITORY}"
    if is_folder(place):
        return Repository(folder, password)
    keys = store_keys(kind, place)
    files = {name: f"{secrets}/{key}" for name, key in zip(_VARIABLES, keys or (), strict=False)}
    url = f"s3:https://s3.amazonaws.com/{place.removeprefix(_S3)}" if place.startswith(_S3) else place
    return Repository(url, password, files)


def recipient(system: System, secrets: Path) -> str:
    """Whom backups of secrets are encrypted to where nobody was named, "" until there is one."""
    file = secrets / IDENTITY
    return age.recipient_of(file.read_text()) if needs_identity(system) and file.is_file() else ""


def absolute(place: str, root: Path) -> str:
    """A folder of the stack file as an absolute path; anything else as it is."""
    return str((root / place).resolve()) if is_folder(place) else place
