"""Tars of databases in a form that a repository stores little of when little has changed.

restic cuts what it stores at places that the content decides, so that what lies unchanged between two cuts is found
again. It takes 64 bytes of zero for such a place, but none sooner than 512 KiB after the cut before. A page of
PostgreSQL has such a hole between its pointers and its rows, so every chunk would end at the first hole after 512 KiB,
and one that ends 4 bytes later moves all that follow by as much: after a change of 1 % nearly everything was new.

So what is stored is the tar with two changes. All through it the bytes 0x00 and 0xA5 stand for each other, which leaves
no run of zeros. And 64 bytes of zero follow every 512 KiB of a member's data, counted from its beginning, and its end.
There the cuts fall then: at the same places of a large file whatever comes before it, and between small ones.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator

from stackyard.backup.chunks import Chunks
from stackyard.backup.problem import BackupError

SUFFIX = ".aligned"
"""Ends the names of files in the repository that have this form."""

GRID = 512 << 10
"""Bytes of a member between two marks: the least that restic makes a chunk of."""
MARK = bytes(64)
"""What restic cuts after: as long as the window that it looks through."""

_BLOCK = 512
_SWAP = bytes.maketrans(b"\x00\xa5", b"\xa5\x00")
"""To the stored form, and back: 0xA5 repeats in data more seldom than most."""


def aligned(tar: Iterable[bytes]) -> Iterator[bytes]:
    """The tar, in pieces of any size, in the form in which it is stored. What is no tar passes as well."""
    reader = Chunks(tar)
    while header := reader.read(_BLOCK):
        yield header.translate(_SWAP)
        for piece, is_at_mark in _data(reader, _length(header)):
            yield piece.translate(_SWAP)
            if is_at_mark:
                yield MARK


def plain(stored: Iterable[bytes]) -> Iterator[bytes]:
    """The tar again, as far as the stored form goes. Raises BackupError for something else in the place of a mark."""
    reader = Chunks(stored)
    while header := reader.read(_BLOCK).translate(_SWAP):
        yield header
        for piece, is_at_mark in _data(reader, _length(header)):
            yield piece.translate(_SWAP)
            # One that the end cuts short is for the producer to explain, which failed then.
            if is_at_mark and any(reader.read(len(MARK))):
                raise BackupError("the tar in the repository is not what was stored: one of its marks is missing")


def _data(reader: Chunks, length: int) -> Iterator[tuple[bytes, bool]]:
    """The data of a member in pieces, and for each whether a mark belongs after it."""
    done = 0
    while done < length and (piece := reader.some(min(length, done - done % GRID + GRID) - done)):
        done += len(piece)
        yield piece, done % GRID == 0 or done == length


def _length(header: bytes) -> int:
    """How many bytes of data follow the header, filled up to whole blocks; 0 after what is no header."""
    try:
        size = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape").size
    except tarfile.HeaderError:
        return 0
    return max(size, 0) + -size % _BLOCK
