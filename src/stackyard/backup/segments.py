"""WAL by its names: positions, segments, timelines. Arithmetic only; nothing here reads a file.

A position in the WAL (LSN) is a number of bytes, written "0/3000028". The WAL is cut into segments of equal size (16 MB
as PostgreSQL comes, 1 MB in development); a segment's file is named for its timeline and its number. A timeline begins
where a server was promoted; its history file tells from which timelines, and where, it forked.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

_SEGMENT = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.partial)?")
_HISTORY = re.compile(r"([0-9A-F]{8})\.history")
_LSN = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")

_LONG_HEADER = struct.Struct("<HHIQI4xQII")
"""A segment's first page: magic, flags, timeline, address, what is left of a record, cluster, segment, block."""

_SHORT_HEADER = struct.Struct("<HHIQI")
_SHORT, _LONG = 24, 40
_CONTINUES, _IS_LONG = 0x0001, 0x0002
_MAGICS = (0xD0, 0xD1)
"""The first byte of the number that marks a page of WAL; the second is the version of its format."""

PAGE = 8192
"""The size of a page of WAL in every server that is built as PostgreSQL comes."""


def lsn(text: str) -> int:
    """The position as a number of bytes. Raises ValueError when it is not written like one."""
    match = _LSN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a position in the WAL such as 0/3000028")
    return int(match[1], 16) << 32 | int(match[2], 16)


def lsn_text(position: int) -> str:
    """The position as PostgreSQL writes it."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


@dataclass(frozen=True, order=True)
class Segment:
    """A piece of the WAL. The number counts segments from the beginning of the cluster, on any timeline."""

    number: int
    timeline: int

    def name(self, size: int) -> str:
        """The name of its file, for segments of `size` bytes."""
        high, low = divmod(self.number, 0x100000000 // size)
        return f"{self.timeline:08X}{high:08X}{low:08X}"

    def start(self, size: int) -> int:
        """The position of its first byte."""
        return self.number * size


def segment_named(name: str, size: int) -> Segment | None:
    """The segment whose file has that name, whole or `.partial`; None for the name of anything else."""
    match = _SEGMENT.fullmatch(name)
    if match is None:
        return None
    number = int(match[2], 16) * (0x100000000 // size) + int(match[3], 16)
    return Segment(number, int(match[1], 16))


def timeline_named(name: str) -> int | None:
    """The timeline whose history file has that name; None for the name of anything else."""
    match = _HISTORY.fullmatch(name)
    return int(match[1], 16) if match else None


def history_name(timeline: int) -> str:
    """The name of the file that tells where the timeline began."""
    return f"{timeline:08X}.history"


@dataclass(frozen=True)
class Fork:
    """Where a timeline was left for the next: `timeline` is the one that was left, `at` the position."""

    timeline: int
    at: int


def forks(history: str) -> tuple[Fork, ...]:
    """The forks that a history file tells of, oldest first. Raises ValueError on a file that is none.

    Whoever goes back to a moment before the last fork leaves each timeline since at that moment, whatever its own line
    says: PostgreSQL goes by the latest line.
    """
    found = []
    for line in history.splitlines():
        words = line.split(None, 2)
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 2 or not words[0].isdigit():
            raise ValueError(f"not a line of a timeline's history: {line[:80]!r}")
        found.append(Fork(int(words[0]), lsn(words[1])))
    return tuple(replace(fork, at=min(one.at for one in found[place:])) for place, fork in enumerate(found))


def segments_between(start: int, end: int, timeline: int, left: Sequence[Fork], size: int) -> Iterator[Segment]:
    """Every segment that recovery reads from `start` to the one that holds `end`, on the way to `timeline`.

    The segment in which a timeline was left is read from the later one, which begins with a copy of it.
    """
    for number in range(start // size, end // size + 1):
        current = next((fork.timeline for fork in left if number < fork.at // size), timeline)
        yield Segment(number, current)


def misfit(head: bytes, name: str, size: int, cluster: str) -> str:
    """What is wrong with a segment whose first bytes are `head`, "" when it is what its name says."""
    segment = segment_named(name, size)
    if segment is None or len(head) < _LONG_HEADER.size:
        return "is not a segment of WAL"
    magic, flags, timeline, address, _left, system, its_size, _block = _LONG_HEADER.unpack_from(head)
    if magic >> 8 not in _MAGICS or not flags & _IS_LONG:
        return "does not begin like a segment of WAL"
    if str(system) != cluster:
        return f"belongs to another cluster ({system})"
    if its_size != size:
        return f"is a segment of {its_size} bytes among segments of {size}"
    if address != segment.start(size) or timeline > segment.timeline:
        return f"holds the WAL of {lsn_text(address)} on timeline {timeline}, not what its name says"
    return ""


def least_end(content: bytes, start: int) -> int:
    """How far replay must come at the least, given the last segment there is, which begins at position `start`.

    The last page may be cut where the sender was; what was begun before it has to be there. Returns `start` when not
    even one page was written.
    """
    pages = [_page(content, offset, start) for offset in range(0, len(content) - PAGE + 1, PAGE)]
    written = next((count for count, page in enumerate(pages) if page is None), len(pages))
    for number in reversed(range(max(written - 1, 0))):
        page = pages[number]
        header = _LONG if number == 0 else _SHORT
        if page is not None and page < PAGE - header:
            return start + number * PAGE + (header + page if page else 0)
    return start


def written_end(content: bytes, start: int) -> int:
    """The end of the last page that was written of a segment which begins at position `start`."""
    offsets = range(0, len(content) - PAGE + 1, PAGE)
    return start + next((offset for offset in offsets if _page(content, offset, start) is None), len(content))


def _page(content: bytes, offset: int, start: int) -> int | None:
    """How many bytes of an earlier record the page begins with; None when the page was never written."""
    magic, flags, _timeline, address, left = _SHORT_HEADER.unpack_from(content, offset)
    if not magic or address != start + offset:
        return None
    return int(left) if flags & _CONTINUES else 0
