"""A drill brings everything back beside the running system, measures it, and tells."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.backup import drill, drill_page, drill_report, recover, store
from stackyard.backup.drill_report import DrillReport, Loss, Step
from stackyard.backup.drilling import Copies, Drilling, Seen
from stackyard.backup.events import Event, silent
from stackyard.backup.job import Job
from stackyard.backup.problem import BackupError, NotReadError
from stackyard.backup.sets import DRILL, BackupSet, Finding, Kind, State
from tests.backup import ground
from tests.backup.archived import Archived
from tests.backup.ground import Shop

A_SET = BackupSet("20260331T020000Z", "shop", "production", Kind.MANUAL, "", "", "", (), ())
GOOD = DrillReport(
    system="shop", environment="production", backup="20260331T020000Z", backup_moment="2026-03-31T02:00:07.000Z",
    begun="2026-04-01T03:00:00Z", ended="2026-04-01T03:04:10Z", rto=250.0, rto_promised=14400.0, rpo=7.5,
    rpo_promised=3600.0,
    steps=(Step("fetch db", 200.0, "9000 MB", counts=True), Step("replay db to the latest", 50.0, counts=True)),
    losses=(Loss("db", "data folder lost", 7.5, "the last commit is of <then>"),),
)  # fmt: skip


@pytest.mark.real
def test_a_drill_brings_everything_back_and_measures_it(archived: Archived, tmp_path: Path) -> None:
    """BAK-03: restore drills run by themselves, with measured RTO and RPO."""
    mine, events = archived.copied(tmp_path), list[Event]()
    report = drill.drill(mine.job, events.append)
    assert report.findings == ()
    assert report.kept
    assert 0 < report.rto < 60
    assert report.rpo is not None
    assert 0 <= report.rpo < 120
    assert {one.name for one in report.steps if not one.is_run} == {"readiness of the services"}
    steps = {one.name: one.evidence for one in report.steps}
    assert steps["tables of db"] == "7 tables, 922 rows"
    assert steps["dump of db loads"] == "7 tables, 922 rows"
    assert steps["cache cache"] == "200 keys were saved; 200 are back, the time of 0 has passed"
    assert steps["secrets"] == "4 secrets were decrypted"
    assert [(one.part, one.disaster) for one in report.losses] == [
        ("db", "data folder lost"),
        ("db", "machine lost"),
        ("cache", "data folder lost"),
        ("files", "data folder lost"),
    ]
    assert [one.step for one in events if one.state == "failed"] == []
    assert list(Path(mine.job.scratch).glob("drill-*")) == [], "what was brought back is gone again"
    assert store.find(mine.job, "latest").state == State.DRILLED
    assert drill.last_drill(mine.job) == report
    kept = {path.suffix: path.read_text() for path in mine.job.places.drills.iterdir()}
    assert set(kept) == {".txt", ".json", ".html"}
    for secret in (ground.A_SECRET, ground.REPOSITORY_PASSWORD, ground.ROLE_PASSWORD):
        assert not any(secret in text for text in kept.values())


@pytest.mark.real
def test_the_systems_own_services_may_be_started_against_the_copies(archived: Archived, tmp_path: Path) -> None:
    mine = archived.copied(tmp_path)

    def services(copies: Copies) -> tuple[Finding, ...]:
        assert set(copies.databases) == {"db"}
        assert (copies.files["files"] / "photos/a.jpg").stat().st_size == 1998
        assert (copies.caches["cache"] / "dump.rdb").exists()
        with recover.serving(mine.part, copies.databases["db"]) as server, server.connect() as session:
            assert session.execute("SELECT max(n) FROM ledger").fetchone() == (4,)
        return (Finding("readiness", "web does not answer"),)

    report = drill.drill(mine.job, silent, readiness=services)
    assert [one.what for one in report.findings] == ["web does not answer"]
    assert not report.kept
    assert store.find(mine.job, "latest").state == State.VERIFIED, "which says nothing about the set"


@pytest.mark.real
def test_what_a_drill_could_not_read_breaks_no_set(copied: tuple[Shop, BackupSet]) -> None:
    """BAK-03: broken is for ever, and a program that is missing today says nothing about what was stored."""
    shop, _ = copied
    report = drill.drill(shop.changed(age="/nowhere/age").job, silent)
    assert not report.kept
    assert "not read: secrets" in {one.piece for one in report.findings}
    assert store.find(shop.job, "latest").state == State.VERIFIED


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        BackupError("x.rdb cannot be written: No space left on device"),
        BackupError("the copy did not come up", details=("FATAL: could not write: No space left on device",)),
        NotReadError("the repository does not answer"),
    ],
)
def test_a_full_disk_and_a_place_out_of_reach_are_no_faults_of_the_piece(plain: Job, error: Exception) -> None:
    drilling = Drilling(plain, A_SET, silent)

    def fail() -> Seen:
        raise error

    assert not drilling.take("files", fail, piece="files objects")
    assert [one.piece for one in drilling.steps[0].findings] == ["not read: files objects"]


@pytest.mark.real
def test_a_set_without_wal_is_drilled_by_its_base_and_its_dump(copied: tuple[Shop, BackupSet]) -> None:
    shop, backup = copied
    report = drill.drill(shop.changed(identity="").job, silent)
    assert report.findings == ()
    assert report.backup == backup.id
    not_run = {one.name for one in report.steps if not one.is_run}
    assert not_run == {"readiness of the services", "secrets", "the recovery kit opens the repository"}
    assert next(one.evidence for one in report.steps if one.name == "dump of db loads") == "7 tables, 922 rows"
    data_lost = next(one for one in report.losses if one.part == "db")
    assert data_lost.seconds is not None
    assert data_lost.seconds > 0, "all since the set is lost"


@pytest.mark.real
def test_nothing_to_drill_is_said_so(plain_job_of_nothing: Shop) -> None:
    with pytest.raises(BackupError, match="there is no good backup set yet"):
        drill.drill(plain_job_of_nothing.job, silent)


@pytest.fixture
def plain_job_of_nothing(made: tuple[Shop, BackupSet], tmp_path: Path) -> Shop:
    return made[0].changed(folder=str(tmp_path / "backups"))


def test_a_report_comes_back_from_json_as_it_was() -> None:
    found = replace(GOOD, steps=(Step("fetch db", 1.0, findings=(Finding("db base", "it is gone", DRILL),)),))
    assert drill_report.from_json(drill_report.to_json(found)) == found
    told = json.loads(drill_report.to_json(found))
    assert (told["kept"], told["findings"]) == (False, [{"piece": "db base", "what": "it is gone", "by": "drill"}])


@pytest.mark.parametrize(
    ("report", "kept", "sentence"),
    [
        (GOOD, True, "Everything came back in 4 min 10 s, and at most 7.5 s would be lost."),
        (replace(GOOD, rto=15000.0), False, "Everything came back, but it took 4 h 10 min; 4 h were promised."),
        (replace(GOOD, rpo=7200.0), False, "Everything came back, but at most 2 h would be lost; 1 h were promised."),
        (
            replace(GOOD, rpo=None),
            False,
            "Everything came back, but everything since nobody knows when would be lost; 1 h were promised.",
        ),
        (
            replace(GOOD, steps=(Step("cache", 1.0, findings=(Finding("cache", "it is empty"),)),)),
            False,
            "The drill failed: 1 thing was wrong.",
        ),
    ],
)
def test_a_drill_keeps_its_promise_only_when_all_is_back_in_time(
    report: DrillReport, kept: bool, sentence: str
) -> None:
    assert report.kept is kept
    assert drill_report.headline(report) == sentence


def test_the_page_stands_alone_and_takes_nothing_for_markup() -> None:
    page = drill_page.to_html(GOOD)
    assert "4 min 10 s" in page
    assert "&lt;then&gt;" in page
    assert "<then>" not in page
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert "@media print" in page


def test_the_text_says_what_was_wrong_under_its_step() -> None:
    found = replace(GOOD, steps=(Step("fetch db", 1.0, findings=(Finding("db base", "it is gone"),)),))
    lines = drill_report.to_text(found).splitlines()
    assert lines[lines.index(next(one for one in lines if "fetch db" in one)) + 1] == "    db base: it is gone"
    assert "data folder lost: db loses 7.5 s (the last commit is of <then>)" in lines
