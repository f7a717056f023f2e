"""The tar of a cluster as a folder again, written as it comes; and the disk writes while the processor unpacks."""

from __future__ import annotations

import os
import queue
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from stackyard.backup.chunks import Chunks
from stackyard.backup.job import Account
from stackyard.backup.ownership import give
from stackyard.backup.problem import BackupError

_BLOCK = tarfile.BLOCKSIZE
_STRIDE = 16 << 20
"""Bytes of one file after which what there is of it goes to the disk."""
_WAITING = 8
"""How many such parts may wait for the disk until the unpacking waits as well."""

Settle = Callable[[int], None]
"""Is told the descriptor of a file of which much has been written."""


def unpack(tar: Iterable[bytes], into: Path, account: Account | None, *, settle: bool) -> None:
    """Write what is in the tar into an empty folder of ours, for the account, whom the folder is given to at the end.

    With `settle` large files go to the disk meanwhile, so that whoever sees to it later finds it done. Raises TarError
    for what is no whole tar of a cluster, and BackupError when the disk does not take it.
    """
    owner = account if os.geteuid() == 0 else None
    stream = Chunks(tar)
    try:
        with _settling(settle) as settler:
            while member := _next(stream):
                _write(stream, member, into / _inside(member), owner, settler)
            stream.drain()
        give(into, owner)
    except OSError as error:
        raise BackupError(
            f"the copy cannot be unpacked into {into}: {error.strerror}", hint="Is there room on that disk?"
        ) from error


def _next(stream: Chunks) -> tarfile.TarInfo | None:
    """The next member; None at the block of zeros that ends a tar."""
    header = stream.read(_BLOCK)
    if header == bytes(_BLOCK):
        return None
    return tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")


def _inside(member: tarfile.TarInfo) -> PurePosixPath:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or not (member.isdir() or member.isreg()):
        raise tarfile.ReadError(f"{member.name!r} is none of the files of a cluster")
    return path


def _write(stream: Chunks, member: tarfile.TarInfo, path: Path, owner: Account | None, settle: Settle | None) -> None:
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(member.mode & 0o777)
        give(path, owner)
        return
    # Whoever the folder is given to in the end cannot have put anything in the way: until then it is ours alone.
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.fchmod(file, member.mode & 0o777)
        if owner:
            os.fchown(file, owner.uid, owner.gid)
        _fill(stream, member.size, file, settle)
    finally:
        os.close(file)
    stream.read(-member.size % _BLOCK)


def _fill(stream: Chunks, size: int, file: int, settle: Settle | None) -> None:
    done = settled = 0
    while done < size:
        piece = stream.some(size - done)
        if not piece:
            raise tarfile.ReadError("it ends within a file")
        left = memoryview(piece)
        while left:
            left = left[os.write(file, left) :]
        done += len(piece)
        if settle and done - settled >= _STRIDE:
            settle(file)
            settled = done


@contextmanager
def _settling(is_wanted: bool) -> Iterator[Settle | None]:
    """Has files written to the disk in a thread. Raises OSError at the end when one of them could not be."""
    if not is_wanted:
        yield None
        return
    waiting: queue.Queue[int] = queue.Queue(_WAITING)
    failed: list[OSError] = []
    sync = getattr(os, "fdatasync", os.fsync)

    def work() -> None:
        while (file := waiting.get()) >= 0:
            try:
                sync(file)
            except OSError as error:
                failed.append(error)
            finally:
                os.close(file)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        # The file may be closed before its turn comes.
        yield lambda file: waiting.put(os.dup(file))
    finally:
        waiting.put(-1)
        thread.join()
    if failed:
        raise failed[0]
