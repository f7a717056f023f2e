"""How backups stand, in words and in figures."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from stackyard.backup import health, metrics
from stackyard.backup.health import Drilled, Health, Last, Stream
from stackyard.backup.sets import BackupSet, Finding, Kind, Piece, State

WELL = Health(
    seen=2000.0,
    good="20260310T020000Z",
    good_state="drilled",
    good_at=1000.0,
    size=500,
    added=20,
    duration=12.5,
    sets=3,
    rpo=3600.0,
    wal=True,
    pushed=1990.0,
    next_backup=90000.0,
    runs={"create": Last(990.0, 1002.5)},
    streams=(Stream("db", True, 16),),
    drill=Drilled(1500.0, 1510.0, True, 5.0, 0.5),
)


def _set(name: str, *findings: Finding) -> BackupSet:
    made = BackupSet(
        name, "shop", "production", Kind.SCHEDULED, "2026-03-10T02:00:00.000Z", "2026-03-10T02:00:04.000Z",
        "2026-03-10T02:00:10.000Z", (Piece("db", "base", "s", "p", 100, 10, "0", 1.0),), (), state=State.VERIFIED,
    )  # fmt: skip
    return made.found(*findings)


def test_backups_that_can_be_relied_on_are_no_concern() -> None:
    assert WELL.concerns == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"runs": {"create": Last(1.0, 2.0, 3, "no space left")}}, "the last backup failed: no space left"),
        ({"streams": (Stream("db", False, error="no answer"),)}, "changes of db are not received: no answer"),
        ({"streams": (Stream("db", True, 0, True),)}, "changes of db were lost before they were received"),
        ({"push_error": "read-only"}, "received changes do not reach the repository: read-only"),
        ({"drill": Drilled(1.0, 2.0, False, 5.0, 0.0)}, "the last drill did not keep its promises"),
    ],
)
def test_each_thing_that_goes_wrong_is_a_concern_in_words(change: dict[str, object], says: str) -> None:
    assert replace(WELL, **change).concerns == (says,)  # type: ignore[arg-type]


def test_only_a_set_that_was_read_back_counts_as_the_last_good_one() -> None:
    """BAK-03: a broken set does not quiet the alert."""
    found = health.of_sets([_set("20260311T020000Z", Finding("db base", "torn")), _set("20260310T020000Z")])
    assert (found["good"], found["sets"], found["duration"]) == ("20260310T020000Z", 2, 10.0)
    assert health.of_sets([_set("20260311T020000Z", Finding("db base", "torn"))]) == {"sets": 1, "offsite_at": 0.0}


def test_what_is_written_is_what_is_read() -> None:
    assert health.from_data(json.loads(json.dumps(health.to_data(WELL)))) == WELL


def test_the_figures_are_such_as_prometheus_reads() -> None:
    """MON-03: what alerts on backups are made from."""
    text = metrics.text(WELL)
    assert "stackyard_backup_last_good_timestamp_seconds 1000\n" in text
    assert 'stackyard_backup_wal_received{database="db"} 1\n' in text
    assert 'stackyard_backup_last_run_failures{kind="create"} 0\n' in text
    assert "stackyard_backup_drill_rto_seconds 5\n" in text
    assert "stackyard_backup_wal_pushed_timestamp_seconds 1990\n" in text
    unknown = metrics.text(replace(WELL, pushed=0.0))
    assert "wal_pushed" not in unknown, "what nobody knows is no moment in 1970"
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))
    for line in text.splitlines():
        if not line.startswith("#"):
            float(line.rpartition(" ")[2])
