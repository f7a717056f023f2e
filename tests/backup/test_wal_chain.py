"""Holes in the WAL are found before anybody needs what is missing; so is WAL that has no business there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.backup.archive import Archive, Stored, holes, leads_to
from stackyard.backup.segments import Fork, segment_named
from stackyard.backup.sets import Moment
from stackyard.backup.spool import Ledger, Seal, Spooled

MB = 1 << 20
MOMENT = Moment("db", "77", 1, "0/300028", "0/4000A0", "stackyard-x", "2026-03-31T02:00:00.000Z", "15.8", MB, True)


def _name(number: int, timeline: int = 1) -> str:
    return f"{timeline:08X}00000000{number:08X}"


def _stored(*names: str) -> dict[str, Stored]:
    return {name: Stored("abcd", MB) for name in names}


def _archive(stored: dict[str, Stored], **more: object) -> Archive:
    return replace(Archive("db", MOMENT, Ledger("77", MB, 1), 1, (), stored=stored), **more)  # type: ignore[arg-type]


def _said(archive: Archive, until: int | None = None) -> list[str]:
    return [one.what for one in holes(archive, until)]


def test_a_whole_chain_has_no_holes() -> None:
    assert _said(_archive(_stored(*(_name(number) for number in (3, 4, 5, 6))))) == []


def test_a_segment_missing_in_the_middle_is_named() -> None:
    assert _said(_archive(_stored(_name(3), _name(4), _name(6)))) == [
        f"{_name(5)} is missing: nothing after can be recovered"
    ]


def test_several_are_counted() -> None:
    assert _said(_archive(_stored(_name(3), _name(8)))) == [
        f"4 segments, {_name(4)} to {_name(7)}, are missing: nothing after can be recovered"
    ]


def test_a_hole_after_the_moment_asked_for_does_not_matter() -> None:
    assert _said(_archive(_stored(_name(3), _name(4), _name(6))), until=4 * MB + 200) == []


def test_a_chain_that_begins_after_the_set_does_is_a_hole() -> None:
    assert _said(_archive(_stored(_name(4), _name(5)))) == [f"{_name(3)} is missing: nothing after can be recovered"]


def test_wal_that_ends_before_the_sets_own_moment_is_a_hole() -> None:
    assert _said(_archive(_stored(_name(3)))) == [f"{_name(4)} is missing: nothing after can be recovered"]


def test_a_partial_segment_will_do_at_the_end_and_nowhere_else() -> None:
    assert _said(_archive(_stored(_name(3), _name(4), f"{_name(5)}.partial"))) == []
    assert _said(_archive(_stored(_name(3), f"{_name(4)}.partial", _name(5)))) == [
        f"{_name(4)} is missing: nothing after can be recovered"
    ]


def test_a_segment_that_is_too_short_in_the_repository_is_as_good_as_missing() -> None:
    stored = {**_stored(_name(3), _name(5)), _name(4): Stored("abcd", 4711)}
    assert _said(_archive(stored)) == [f"{_name(4)} is missing: nothing after can be recovered"]


def test_a_hole_in_the_repository_is_told_while_the_spool_still_has_it(tmp_path: Path) -> None:
    file = tmp_path / _name(4)
    file.write_bytes(b"\0" * MB)
    spooled = {file.name: Spooled(file, MB, segment_named(file.name, MB))}
    said = _said(_archive(_stored(_name(3), _name(5)), spooled=spooled))
    assert f"{_name(4)} is missing from the repository" in said
    assert f"{_name(4)} does not begin like a segment of WAL" in said, "and its content is looked at, too"


def test_a_timeline_that_the_server_was_never_on_is_foreign_and_is_not_followed() -> None:
    archive = _archive(_stored(_name(3), _name(4), _name(5), _name(5, 2), _name(9, 2), "00000002.history"))
    assert _said(archive) == ["there is WAL of timeline 2, but the server is on 1"]
    assert archive.newest == 5


def test_a_new_timeline_is_followed_from_the_segment_in_which_the_old_one_was_left() -> None:
    archive = _archive(
        _stored(_name(3), _name(4), _name(5), _name(6), _name(5, 2), _name(6, 2), "00000002.history"),
        ledger=Ledger("77", MB, 2),
        timeline=2,
        history=(Fork(1, 5 * MB + 77),),
    )
    assert _said(archive) == []
    assert [archive.name(one) for one in archive.needed(None)] == [_name(3), _name(4), _name(5, 2), _name(6, 2)]


@pytest.mark.parametrize("gone", [_name(4), _name(5, 2)])
def test_a_hole_on_either_side_of_a_fork_is_found(gone: str) -> None:
    names = {_name(3), _name(4), _name(5), _name(5, 2), _name(6, 2), "00000002.history"} - {gone}
    archive = _archive(_stored(*names), ledger=Ledger("77", MB, 2), timeline=2, history=(Fork(1, 5 * MB + 77),))
    assert _said(archive) == [f"{gone} is missing: nothing after can be recovered"]


def test_a_moment_before_the_fork_needs_nothing_of_the_timeline_after_it() -> None:
    """BAK-04: a set's own moment can be had although what came after a restore to it has a hole."""
    names = {_name(3), _name(4), f"{_name(5)}.partial", _name(7, 2), "00000002.history"}
    archive = _archive(_stored(*names), ledger=Ledger("77", MB, 2), timeline=2, history=(Fork(1, 5 * MB + 77),))
    before, after = 5 * MB + 77, 5 * MB + 78
    assert _said(archive, before) == [f"{_name(5, 2)} is missing: nothing after can be recovered"]
    assert _said(archive.up_to(before), before) == []
    assert (archive.up_to(before).timeline, archive.up_to(before).history) == (1, ())
    assert archive.up_to(after) == archive
    assert archive.up_to(None) == archive


def test_a_set_that_the_server_has_left_behind_does_not_lead_to_where_it_is() -> None:
    history = (Fork(1, 5 * MB),)
    assert leads_to(MOMENT, 2, history)
    assert not leads_to(replace(MOMENT, lsn="0/600000"), 2, history)
    assert leads_to(replace(MOMENT, lsn="0/600000", timeline=2), 2, history)


def test_a_ledger_comes_back_as_it_was() -> None:
    from stackyard.backup import spool

    ledger = Ledger("77", MB, 2, "20260331T020000Z", {_name(3): Seal(MB, "ab" * 32)}, {"before-import": {"name": "x"}})
    assert spool.from_text(spool.to_text(ledger)) == ledger
