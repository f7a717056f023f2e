"""The store of secrets: a folder of mode 0700 with one file of mode 0600 for each, never half-written.

A folder or a file that others can open is an error, not something to put right in silence: what was readable may have
been read. STACKYARD_SECRET_<NAME> in the environment overrides the file of a provided secret, and is kept in it.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets as random
import stat
from collections.abc import Collection, Mapping
from pathlib import Path

from stackyard.errors import StateError, UsageError
from stackyard.model.system import System
from stackyard.resources.secrets import SecretSpec, generate, needed, weakness
from stackyard.targets.local.state import sync

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_LARGEST = 64 * 1024
"""Bytes; a key file fits, a mistaken upload does not."""


def ensure(
    system: System, folder: Path, *, environment: Mapping[str, str] = os.environ, samples: Collection[str] = ()
) -> tuple[str, ...]:
    """Make what is missing, take what the environment provides; the names of those written.

    Production refuses provided secrets that are missing, and any that is weak, all in one error. Elsewhere a missing
    provided secret gets a random stand-in. Raises StateError.
    """
    _open_folder(folder)
    specs = needed(system)
    written = [spec.name for spec in specs if spec.provided and _take(spec, folder, environment)]
    if system.is_production:
        _refuse(specs, folder, samples)
    for spec in specs:
        if not (folder / spec.name).exists():
            # Somebody who was quicker has made the same decision: theirs stays.
            with contextlib.suppress(FileExistsError):
                _write(folder, spec.name, _generated(spec), replace=False)
                written.append(spec.name)
    return tuple(written)


def unmade(system: System, folder: Path, *, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The names of the secrets that `ensure` would write: those that are missing, and those provided anew."""
    return tuple(
        spec.name
        for spec in needed(system)
        if not (folder / spec.name).exists()
        or (spec.provided and environment.get(variable(spec.name), "") not in ("", read(folder, spec.name)))
    )


def guard(system: System, folder: Path) -> None:
    """Raise StateError when others can open the folder or one of the system's secrets in it; it may be absent."""
    for path, mode in ((folder, 0o700), *((folder / spec.name, 0o600) for spec in needed(system))):
        with contextlib.suppress(FileNotFoundError):
            _check_private(path, path.lstat(), mode)


def read(folder: Path, name: str) -> str:
    """The secret. Raises StateError when it is not there, is not a plain file, or others may read it."""
    path = folder / _checked(name)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise StateError(f"there is no secret `{name}`", hint="`stackyard up` makes those that it can.") from None
    except OSError as error:
        raise StateError(f"the secret {path} cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        _check_private(path, os.fstat(file.fileno()), 0o600)
        return file.read(_LARGEST).decode().rstrip("\n")


def put(folder: Path, name: str, value: str) -> None:
    """Keep a value that somebody provides, in place of any before it. Raises UsageError for one that cannot be kept."""
    if not value or "\0" in value or len(value.encode()) > _LARGEST:
        raise UsageError(f"the value for the secret `{name}` is empty, too long, or not text")
    _open_folder(folder)
    _write(folder, _checked(name), value, replace=True)


def variable(name: str) -> str:
    """The environment variable that provides a secret: `smtp-password` comes from STACKYARD_SECRET_SMTP_PASSWORD."""
    return "STACKYARD_SECRET_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def _take(spec: SecretSpec, folder: Path, environment: Mapping[str, str]) -> bool:
    """Keep what the environment provides; True when that is news."""
    value = environment.get(variable(spec.name), "")
    if not value or ((folder / spec.name).exists() and read(folder, spec.name) == value):
        return False
    put(folder, spec.name, value)
    return True


def _generated(spec: SecretSpec) -> str:
    if spec.make is not None:
        return spec.make()
    try:
        return generate(spec.length)
    except ValueError as error:
        raise StateError(f"{spec.position}: the secret `{spec.name}` cannot be made: {error}") from error


def _refuse(specs: Collection[SecretSpec], folder: Path, samples: Collection[str]) -> None:
    refused = []
    for spec in specs:
        if (folder / spec.name).exists():
            reason = weakness(read(folder, spec.name), samples)
        else:
            reason = f"is missing: set {variable(spec.name)}" if spec.provided else ""
        if reason:
            refused.append(f"{spec.position}: the secret `{spec.name}` {reason}")
    if refused:
        noun = "secret is" if len(refused) == 1 else "secrets are"
        raise StateError(
            f"production does not start: {len(refused)} {noun} weak or missing",
            hint="Provide each as STACKYARD_SECRET_<NAME>; `openssl rand -base64 32` makes a good one.",
            details=refused,
        )


def _open_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise StateError(f"{folder} must be a folder, and not a link to one")
    _check_private(folder, status, 0o700)


def _check_private(path: Path, status: os.stat_result, mode: int) -> None:
    if status.st_uid != os.geteuid():
        raise StateError(f"{path} belongs to another user (uid {status.st_uid})", hint=f"chown {os.geteuid()} {path}")
    if stat.S_IMODE(status.st_mode) & ~mode:
        raise StateError(
            f"others on this machine can open {path} (mode {stat.S_IMODE(status.st_mode):04o})",
            hint=f"chmod {mode:04o} {path}; if others use this machine, count what it holds as known, and change it.",
        )


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError("the name of a secret is letters, digits, dots, dashes and underscores")
    return name


def _write(folder: Path, name: str, value: str, *, replace: bool) -> None:
    """Write beside and move into place, on the disk before this returns. Raises FileExistsError unless `replace`."""
    beside = folder / f".{name}.{random.token_hex(4)}"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            beside.replace(folder / name)
        else:
            os.link(beside, folder / name)
    finally:
        beside.unlink(missing_ok=True)
    sync(folder)
