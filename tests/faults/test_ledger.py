"""The ledger's eyes are open: whatever a copy lacks, doubles, changes or invents is counted."""

from __future__ import annotations

import pytest
from faults.ledger import Entry, Row, beyond, differences

ENTRIES = (
    Entry(1, "one", 10.0, 10.1),
    Entry(2, "two", 11.0, None),
    Entry(3, "three", 12.0, 12.1),
    Entry(4, "four", 13.0, 13.1),
)
ONE, TWO, THREE, FOUR = ((one.number, one.told) for one in ENTRIES)


@pytest.mark.parametrize("rows", [(ONE, THREE), (ONE, TWO, THREE)], ids=["without it", "with it"])
def test_what_was_never_acknowledged_may_be_there_or_not(rows: tuple[Row, ...]) -> None:
    assert differences(ENTRIES, rows, 12.5) == []


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ((ONE,), "1 acknowledged rows are missing"),
        ((THREE,), "1 acknowledged rows are missing"),
        ((), "2 acknowledged rows are missing"),
        ((ONE, ONE, THREE), "1 rows are there twice"),
        ((ONE, THREE, (2, "another")), "1 rows are there that nobody wrote like this"),
        ((ONE, THREE, FOUR), "1 rows are there from after the recovery point"),
    ],
)
def test_what_does_not_fit_is_counted(rows: tuple[Row, ...], what: str) -> None:
    assert differences(ENTRIES, rows, 12.5) == [what]


def test_a_row_that_is_older_than_another_must_be_there_though_the_point_is_not_known_so_well() -> None:
    assert differences(ENTRIES, (THREE,), 9.0) != []


def test_of_all_that_there_is_everything_acknowledged_must_be_there() -> None:
    assert differences(ENTRIES, (ONE, THREE), None) == ["1 acknowledged rows are missing"]
    assert differences(ENTRIES, (ONE, THREE, FOUR), None) == []


def test_what_a_disaster_cost_is_what_is_newer_than_the_copy() -> None:
    assert beyond(ENTRIES, (ONE,)) == 2
    assert beyond(ENTRIES, (ONE, THREE, FOUR)) == 0
