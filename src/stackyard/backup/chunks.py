"""A stream as a file that can be read from beginning to end."""

from __future__ import annotations

from collections.abc import Iterable


class Chunks:
    """A file to read from, made of what comes piece by piece."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._chunk, self._at = iter(chunks), b"", 0

    def some(self, most: int) -> bytes:
        """What is there of the next `most` bytes; nothing only at the end."""
        while self._at == len(self._chunk):
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._chunk, self._at = chunk, 0
        found = self._chunk[self._at : self._at + most]
        self._at += len(found)
        return found

    def read(self, size: int) -> bytes:
        """That many bytes; fewer at the end."""
        found = [self.some(size)]
        left = size - len(found[0])
        while left and (more := self.some(left)):
            found.append(more)
            left -= len(more)
        return found[0] if len(found) == 1 else b"".join(found)

    def drain(self) -> None:
        """Take the rest, so that whoever writes it can end."""
        self._chunk, self._at = b"", 0
        for _ in self._chunks:
            pass
