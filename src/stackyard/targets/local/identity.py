"""Who the parts run as, and where that user may go. PostgreSQL refuses root, and nothing else needs it."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import MachineError

SYSTEM_USER = "stackyard"


@dataclass(frozen=True)
class Identity:
    """The user that the parts run as. `drop` is true when we are root and have to become that user."""

    uid: int
    gid: int
    name: str
    drop: bool

    @property
    def owner(self) -> int | None:
        """Who must own what the parts write; None when we are that user, and can give it to nobody else."""
        return self.uid if self.drop else None


def service_identity(
    project: Path,
    *,
    me: int | None = None,
    by_uid: Callable[[int], pwd.struct_passwd] = pwd.getpwuid,
    by_name: Callable[[str], pwd.struct_passwd] = pwd.getpwnam,
) -> Identity:
    """Who the parts of the project run as.

    An ordinary user: himself. Root: the owner of the project folder; the system user when root owns the folder, or a
    number without an account, as out of a container (PostgreSQL refuses to run as one). Raises MachineError when
    there is nobody to become.
    """
    uid = os.geteuid() if me is None else me
    if uid != 0:
        account = _account(uid, by_uid)
        return Identity(uid, os.getegid(), account.pw_name if account else str(uid), drop=False)
    owner = project.stat().st_uid
    entry = (_account(owner, by_uid) if owner else None) or _system_user(project, by_name)
    return Identity(entry.pw_uid, entry.pw_gid, entry.pw_name, drop=True)


def _system_user(project: Path, by_name: Callable[[str], pwd.struct_passwd]) -> pwd.struct_passwd:
    try:
        return by_name(SYSTEM_USER)
    except KeyError:
        raise MachineError(
            f"the parts must not run as root, and there is no user `{SYSTEM_USER}` to run them as",
            hint=f"`stackyard doctor --install` creates it; or give {project} to an ordinary user with chown.",
        ) from None


def _account(uid: int, by_uid: Callable[[int], pwd.struct_passwd]) -> pwd.struct_passwd | None:
    try:
        return by_uid(uid)
    except KeyError:
        return None


def blocked_ancestors(path: Path, identity: Identity) -> list[Path]:
    """The folders on the way to `path` that the user may not search, outermost first; both with and without links."""
    absolute = path.absolute()
    folders = {*absolute.parents, *absolute.resolve().parents}
    return sorted(folder for folder in folders if folder.is_dir() and not _may(folder, identity))


def may_execute(path: Path, identity: Identity) -> bool:
    """True when the user can reach the program and run it."""
    return not blocked_ancestors(path, identity) and path.is_file() and _may(path.resolve(), identity)


def _may(path: Path, identity: Identity) -> bool:
    if not identity.drop:
        return os.access(path, os.X_OK)
    status = path.stat()
    if identity.uid == status.st_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    # A dropped process keeps no supplementary groups.
    if identity.gid == status.st_gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
