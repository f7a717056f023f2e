"""What lies in a folder, as one digest: path, size and SHA-256 of every file. Links and empty folders do not count."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from stackyard.backup.chunks import Chunks
from stackyard.backup.pipes import Source
from stackyard.backup.problem import BackupError
from stackyard.backup.programs import CHUNK

Files = Mapping[str, tuple[int, str]]
"""Path inside the folder, with slashes → size and SHA-256."""

Mark = tuple[int, int, int, int]
"""Device, number, size and time of the last change: a file with the same mark holds the same."""


@dataclass(frozen=True)
class Digest:
    """Everything about a folder's files at once."""

    sha256: str
    files: int
    size: int


NOTHING = "nothing"
"""The file that stands in a repository for a folder in which there was none."""


def digest(files: Files) -> Digest:
    """The digest of what lies in a folder; the order in which it was found does not matter."""
    lines = (json.dumps([path, *files[path]]) + "\n" for path in sorted(files))
    whole = hashlib.sha256()
    for line in lines:
        whole.update(line.encode())
    return Digest(whole.hexdigest(), len(files), sum(size for size, _ in files.values()))


def marks(folder: Path) -> Mapping[str, Mark]:
    """The mark of every regular file below the folder. What vanishes meanwhile is left out."""
    return dict(_marks(str(folder), ""))


def read(folder: Path, path: str, mark: Mark) -> tuple[int, str] | None:
    """Size and SHA-256 of the file, None when it is not the one of that mark (any more)."""
    try:
        with (folder / path).open("rb") as file:
            found = _hashed(file)
            return found if _mark(os.fstat(file.fileno())) == mark else None
    except OSError:
        return None


def from_tar(taken: Source) -> Files:
    """What a tar holds, read to its end as it streams by. Raises BackupError when its producer fails."""
    chunks = Chunks(taken)
    try:
        found = _members(chunks)
    except tarfile.TarError as error:
        chunks.drain()
        taken.flow()
        raise BackupError("what the repository holds of the files cannot be read", details=(str(error),)) from None
    chunks.drain()
    taken.flow()
    return found


def _members(chunks: Chunks) -> Files:
    found: dict[str, tuple[int, str]] = {}
    with tarfile.open(fileobj=cast(IO[bytes], chunks), mode="r|", bufsize=CHUNK) as archive:
        for member in archive:
            if member.isreg():
                file = archive.extractfile(member)
                assert file is not None
                found[member.name.lstrip("/")] = _hashed(file)
    return found


def _hashed(file: IO[bytes]) -> tuple[int, str]:
    whole, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        whole.update(chunk)
        size += len(chunk)
    return size, whole.hexdigest()


def _marks(folder: str, prefix: str) -> Iterator[tuple[str, Mark]]:
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _marks(entry.path, f"{prefix}{entry.name}/")
        elif entry.is_file(follow_symlinks=False):
            try:
                yield f"{prefix}{entry.name}", _mark(entry.stat(follow_symlinks=False))
            except FileNotFoundError:
                continue


def _mark(status: os.stat_result) -> Mark:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
