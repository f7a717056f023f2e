"""WAL by its names: positions, segments, timelines, and pages."""

from __future__ import annotations

import struct

import pytest

from stackyard.backup.segments import (
    PAGE,
    Fork,
    Segment,
    forks,
    history_name,
    least_end,
    lsn,
    lsn_text,
    misfit,
    segment_named,
    segments_between,
    timeline_named,
    written_end,
)

MB = 1 << 20


@pytest.mark.parametrize(
    ("size", "position", "name"),
    [
        (16 * MB, "0/0", "000000010000000000000000"),
        (16 * MB, "0/3000028", "000000010000000000000003"),
        (16 * MB, "0/FFFFFFFF", "0000000100000000000000FF"),
        (16 * MB, "1/0", "000000010000000100000000"),
        (16 * MB, "2A/FF000000", "000000010000002A000000FF"),
        (1 * MB, "0/3000028", "000000010000000000000030"),
        (1 * MB, "0/FFFFFFFF", "000000010000000000000FFF"),
        (1 * MB, "1/0", "000000010000000100000000"),
        (1024 * MB, "3/C0000000", "000000010000000300000003"),
    ],
)
def test_a_position_lies_in_the_segment_that_postgresql_names(size: int, position: str, name: str) -> None:
    segment = Segment(lsn(position) // size, 1)
    assert segment.name(size) == name
    assert segment_named(name, size) == segment
    assert segment_named(f"{name}.partial", size) == segment


def test_positions_are_read_and_written() -> None:
    assert lsn_text(lsn("2A/FF000028")) == "2A/FF000028"
    assert lsn("0/10") == 16


@pytest.mark.parametrize("text", ["", "0", "0/", "x/1", "0/123456789", "0/1/2"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a position"):
        lsn(text)


@pytest.mark.parametrize(
    "name", ["ledger.json", "00000002.history", "0000000100000000000000", "00000001000000000000000g"]
)
def test_other_files_are_no_segments(name: str) -> None:
    assert segment_named(name, MB) is None


def test_a_history_names_its_timeline() -> None:
    assert timeline_named(history_name(26)) == 26
    assert timeline_named("000000010000000000000003") is None


def test_a_history_tells_where_timelines_were_left() -> None:
    text = "1\t0/3000060\tno recovery target specified\n\n2\t1/5000000\tbefore 2026-01-01 00:00:00+00\n# a remark\n"
    assert forks(text) == (Fork(1, lsn("0/3000060")), Fork(2, lsn("1/5000000")))
    with pytest.raises(ValueError, match="not a line of a timeline's history"):
        forks("one 0/3000060\n")


def test_recovery_reads_the_segment_of_a_fork_from_the_later_timeline() -> None:
    left = (Fork(1, 5 * MB + 100), Fork(2, 7 * MB))
    found = [(one.number, one.timeline) for one in segments_between(3 * MB, 9 * MB, 3, left, MB)]
    assert found == [(3, 1), (4, 1), (5, 2), (6, 2), (7, 3), (8, 3), (9, 3)]


def test_a_timeline_that_was_left_before_it_began_counts_for_nothing() -> None:
    """BAK-04: back, forth and back again; PostgreSQL writes down the timeline that it aimed at, which it never saw."""
    left = forks("1\t0/A00000\tno recovery target specified\n3\t0/700000\tbefore 2026-11-21 19:16:33.308304+00\n")
    assert left == (Fork(1, 7 * MB), Fork(3, 7 * MB))
    assert [one.timeline for one in segments_between(6 * MB, 8 * MB, 4, left, MB)] == [1, 4, 4]


def test_two_forks_in_one_segment_leave_it_to_the_last_timeline() -> None:
    left = (Fork(1, 5 * MB + 100), Fork(2, 5 * MB + 200))
    assert [one.timeline for one in segments_between(4 * MB, 6 * MB, 3, left, MB)] == [1, 3, 3]


def _page(address: int, left: int = 0, *, first: bool = False, cluster: int = 77, timeline: int = 1) -> bytes:
    flags = (1 if left else 0) | (2 if first else 0)
    head = struct.pack("<HHIQI4x", 0xD110, flags, timeline, address, left)
    return (head + (struct.pack("<QII", cluster, MB, PAGE) if first else b"")).ljust(PAGE, b"\x01")


def _segment(*lefts: int, start: int = 3 * MB) -> bytes:
    pages = [_page(start + number * PAGE, left, first=number == 0) for number, left in enumerate(lefts)]
    return b"".join(pages).ljust(MB, b"\0")


def test_a_segment_that_is_what_its_name_says_is_no_misfit() -> None:
    assert misfit(_segment(0), "000000010000000000000003", MB, "77") == ""
    assert misfit(_segment(0), "000000020000000000000003", MB, "77") == "", "the first of a timeline begins as a copy"


@pytest.mark.parametrize(
    ("head", "name", "said"),
    [
        (b"\0" * 64, "000000010000000000000003", "does not begin like a segment of WAL"),
        (_segment(0), "000000010000000000000004", "holds the WAL of 0/300000 on timeline 1"),
        (_page(3 * MB, first=True, cluster=78), "000000010000000000000003", "belongs to another cluster (78)"),
        (_page(3 * MB, first=True, timeline=2), "000000010000000000000003", "on timeline 2, not what its name says"),
        (b"", "000000010000000000000003", "is not a segment of WAL"),
    ],
)
def test_a_segment_that_is_something_else_is_told(head: bytes, name: str, said: str) -> None:
    assert said in misfit(head, name, MB, "77")


def test_replay_must_come_to_the_last_record_that_began_before_the_last_page() -> None:
    start = 3 * MB
    assert least_end(_segment(0, 100, 0), start) == start + PAGE + 24 + 100
    assert least_end(_segment(0, 0, 0), start) == start + PAGE
    assert least_end(_segment(16, 9000, 9000), start) == start + 40 + 16, "one record goes on over the pages after it"
    assert least_end(_segment(0), start) == start, "the last page may be cut anywhere"
    assert least_end(b"\0" * MB, start) == start


def test_what_was_written_ends_with_its_last_page() -> None:
    assert written_end(_segment(0, 0), 3 * MB) == 3 * MB + 2 * PAGE
    assert written_end(b"\0" * MB, 3 * MB) == 3 * MB
