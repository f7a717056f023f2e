"""The folder of the project on the disk: what stands there, and how it is put right.

A file that a container has mounted is rewritten in place: the container would never see one that took its name.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from stackyard.errors import StateError
from stackyard.model.files import File
from stackyard.targets.compose.rendering import SecretFile
from stackyard.targets.local.state import write_whole

_MOUNTED = "config"
_SECRETS = "secrets"
_OURS = (_MOUNTED, _SECRETS, "images")
"""The folders in which nothing stands but what was rendered."""


def are_assembled(folder: Path, contents: Mapping[SecretFile, str]) -> bool:
    """Whether the files of secrets are there as they should be, and nobody else can pass their folders."""
    try:
        if any(place.stat().st_mode & 0o077 for place in _places(folder, contents)):
            return False
        return all(
            (folder / file.path).read_text() == text and (folder / file.path).stat().st_mode & 0o777 == file.mode
            for file, text in contents.items()
        )
    except (OSError, UnicodeDecodeError):
        return False


def write(folder: Path, files: Iterable[File], contents: Mapping[SecretFile, str]) -> None:
    """Write everything that differs, and remove what is no longer rendered. Raises StateError, OSError."""
    rendered = tuple(files)
    folder.mkdir(parents=True, exist_ok=True)
    for file in rendered:
        _write(folder / file.path, file.content, file.mode, in_place=file.path.parts[0] == _MOUNTED)
    for place in _places(folder, contents):
        _make_private(place)
    for secret, text in contents.items():
        _write(folder / secret.path, text, secret.mode, in_place=True)
    wanted = {folder / file.path for file in rendered} | {folder / file.path for file in contents}
    for path in _left_over(folder, wanted):
        path.unlink()


def _places(folder: Path, contents: Iterable[SecretFile]) -> list[Path]:
    """The folders with secrets, each after the one that it is in."""
    places = {parent for file in contents for parent in file.path.parents if parent.parts[:1] == (_SECRETS,)}
    return sorted(folder / place for place in places)


def _write(path: Path, text: str, mode: int, *, in_place: bool) -> None:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if path.read_text() == text and path.stat().st_mode & 0o777 == mode:
            return
    # Where a mounted file was missing, the engine may have made a folder of that name.
    with contextlib.suppress(OSError):
        path.rmdir()
    if not in_place or not path.is_file() or path.is_symlink():
        write_whole(path, text, mode)
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        data = text.encode()
        written = 0
        while written < len(data):
            written += os.write(descriptor, data[written:])
        os.ftruncate(descriptor, len(data))
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.lstat().st_uid != os.geteuid():
        raise StateError(f"{folder} belongs to somebody else", hint="Remove it, or ask its owner to.")
    folder.chmod(0o700)


def _left_over(folder: Path, wanted: set[Path]) -> Iterator[Path]:
    for name in _OURS:
        for path in sorted((folder / name).rglob("*")):
            if path.is_file() and path not in wanted:
                yield path
