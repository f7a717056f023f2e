"""Upkeep judged by literals: what is found, when it is due, what is kept of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from stackyard.backup.upkeep import Action, Found, Kind, Report, due, last, recorded
from stackyard.backup.upkeep.facts import Facts, Index, Partitioned, Sequence, Table
from stackyard.backup.upkeep.judging import densest, judge
from stackyard.backup.upkeep.record import note

MB = 1024**2
ORDERS = Table("public.orders", 100 * MB, 1_000_000, 10, 10, 3600.0, 1000, 200_000_000, 80 * MB, is_parent=False)
BY_DATE = Index(
    "public.orders_at", "public.orders", 20 * MB, 1_000_000, 19 * MB, is_valid=True, is_parent=False, is_binding=False,
    is_leftover=False, scans=5, counted=90 * 86400.0, alike="16384|2|btree",
)  # fmt: skip


def found(
    *,
    tables: Iterable[Table] = (),
    indexes: Iterable[Index] = (),
    sequences: Iterable[Sequence] = (),
    partitioned: Iterable[Partitioned] = (),
    densities: dict[str, float] | None = None,
) -> list[tuple[Kind, str]]:
    facts = Facts(tuple(tables), tuple(indexes), tuple(sequences), tuple(partitioned))
    return [(one.kind, one.name) for one in judge(facts, densities or {})]


def test_nothing_is_the_matter_with_a_table_that_is_kept_well() -> None:
    """DB-10: upkeep does what is needed, and nothing else."""
    assert found(tables=[ORDERS], indexes=[BY_DATE]) == []


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"dead": 60_000}, Kind.DEAD_ROWS),
        ({"changed": 60_000}, Kind.STALE),
        ({"analysed": None}, Kind.STALE),
        ({"age": 150_000_000}, Kind.OLD_IDS),
        ({"expected": 10 * MB}, Kind.BLOATED_TABLE),
        ({"is_parent": True, "analysed": 8 * 86400.0}, Kind.STALE),
    ],
)
def test_what_is_the_matter_with_a_table(change: dict[str, Any], kind: Kind) -> None:
    assert found(tables=[replace(ORDERS, **change)]) == [(kind, "public.orders")]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"size": 60 * MB}, Kind.BLOATED_INDEX),
        ({"is_valid": False}, Kind.INVALID),
        ({"scans": 0}, Kind.UNUSED),
    ],
)
def test_what_is_the_matter_with_an_index(change: dict[str, Any], kind: Kind) -> None:
    assert found(indexes=[replace(BY_DATE, **change)]) == [(kind, "public.orders_at")]


def test_an_index_that_binds_is_used_whoever_reads_it() -> None:
    assert found(indexes=[replace(BY_DATE, scans=0, is_binding=True)]) == []


def test_of_two_alike_the_one_that_binds_stays() -> None:
    key = replace(BY_DATE, name="public.orders_key", is_binding=True)
    assert found(indexes=[BY_DATE, key]) == [(Kind.DUPLICATE, "public.orders_at")]


def test_an_index_that_was_dense_once_is_compared_with_that() -> None:
    """An estimate that is always wrong does not rebuild an index every week."""
    wide = replace(BY_DATE, size=60 * MB)
    known = densest([wide], {}, frozenset({"public.orders_at"}))
    assert found(indexes=[wide], densities=known) == []
    assert found(indexes=[replace(wide, size=200 * MB)], densities=known) == [(Kind.BLOATED_INDEX, "public.orders_at")]


def test_where_statistics_are_hidden_the_densest_ever_seen_has_to_do() -> None:
    hidden = replace(BY_DATE, expected=None, size=90 * MB)
    seen = densest([replace(hidden, size=20 * MB)], {}, frozenset())
    assert found(indexes=[hidden]) == []
    assert found(indexes=[hidden], densities=densest([hidden], seen, frozenset())) == [
        (Kind.BLOATED_INDEX, "public.orders_at")
    ]


def test_what_a_person_has_to_know() -> None:
    """DB-07: a period without a partition is seen before its first row comes."""
    assert found(
        sequences=[Sequence("public.a", 2_000_000_000, 2_147_483_647), Sequence("public.b", 10, 2_147_483_647)],
        partitioned=[
            Partitioned("public.moves", "2026-12-01", has_next=False, default="public.moves_default", strays=3),
            Partitioned("public.trail", "2027-03-01", has_next=True, default="", strays=0),
        ],
    ) == [(Kind.SEQUENCE, "public.a"), (Kind.PARTITION, "public.moves"), (Kind.STRAY, "public.moves")]


@pytest.mark.parametrize(
    ("every", "last_run", "now", "is_due"),
    [
        ("weekly", "2026-11-15T03:00", "2026-11-22T03:00", True),
        ("weekly", "2026-11-15T03:07", "2026-11-22T03:00", True),
        ("weekly", "2026-11-15T03:00", "2026-11-21T12:00", False),
        ("weekly", "2026-11-01T03:00", "2026-11-21T12:00", True),
        ("daily", "2026-11-20T03:00", "2026-11-21T02:59", False),
        ("daily", "2026-11-20T03:00", "2026-11-21T03:00", True),
        ("daily", "2026-11-20T14:00", "2026-11-21T03:00", True),
        ("daily", None, "2026-11-21T12:00", False),
        ("daily", None, "2026-11-21T03:20", True),
        ("never", "2026-11-01T03:00", "2026-11-21T03:00", False),
        ("daily", "2027-11-21T03:00", "2026-11-21T03:20", True),
        ("daily", "2026-11-21T03:05", "2026-11-20T23:00", False),
    ],
)
def test_when_it_is_due(every: str, last_run: str | None, now: str, is_due: bool) -> None:
    """DB-10: on a schedule; a run that was missed is caught up, and a clock that was wrong does not end it all."""
    before = datetime.fromisoformat(last_run) if last_run else None
    assert due(every, "03:00", before, datetime.fromisoformat(now)) is is_due


def test_a_report_is_read_as_it_was_kept(tmp_path: Path) -> None:
    file = tmp_path / "upkeep.json"
    report = Report(
        "db", "shop", "2026-11-21T03:00:00+00:00", 1.5,
        found=(Found(Kind.DEAD_ROWS, "public.orders", "9 dead rows", 10),),
        actions=(Action(Kind.DEAD_ROWS, "public.orders", "VACUUM public.orders", 0.4, 8192),),
        left=("public.orders_at: no time",), densities={"public.orders_at": 21.5},
    )  # fmt: skip
    note(file, report)
    note(file, replace(report, part="other"))
    assert last(file, "db") == report
    assert set(recorded(file)) == {"db", "other"}
    file.write_text("{half")
    assert last(file, "db") is None
