"""`stackyard backup`, `mark` and `status` on backups as they were left: what they show, and what they need."""

from __future__ import annotations

import json

import pytest

from stackyard.backup import job as jobs
from stackyard.backup import sets
from stackyard.backup.health import Drilled, Health, Last, Stream
from stackyard.backup.job import Job, Repository
from stackyard.backup.sets import BackupSet, Finding, Kind, Moment, Piece, State, Table

from .conftest import FILE, Terminal

GOOD = BackupSet(
    "20260310T020000Z", "shop", "development", Kind.SCHEDULED, "2026-03-10T02:00:00.000Z", "2026-03-10T02:00:04.000Z",
    "2026-03-10T02:00:12.500Z", (Piece("db", "base", "s1", "base.tar", 34_000_000, 1_200_000, "ab" * 32, 3.0),),
    (Moment("db", "7", 1, "0/1", "0/D09C48", "stackyard-20260310T020000Z", "2026-03-10T02:00:04.000Z", "16.14", 1, True,
            (Table("public.orders", 167, "82208"),)),),
    keys={"cache": 12}, state=State.DRILLED, verified="2026-03-10T02:00:12Z", drilled="2026-03-10T03:00:00Z",
)  # fmt: skip
BROKEN = BackupSet(
    "20260311T020000Z", "shop", "development", Kind.MANUAL, "2026-03-11T02:00:00.000Z", "2026-03-11T02:00:04.000Z",
    "2026-03-11T02:00:05.000Z", (), (), state=State.BROKEN, findings=(Finding("db base", "its snapshot is missing"),),
)  # fmt: skip


@pytest.fixture
def backed_up(terminal: Terminal) -> Terminal:
    """A system that was up with backups once: its job, a good set and a later one that is broken."""
    terminal.write(FILE + "backups: {}\n")
    home = terminal.folder / ".stackyard" / "development"
    job = Job(
        "shop", "development", str(home / "backups"), str(home / "scratch"), Repository("/nowhere", "/nowhere"),
        "restic", "age", "", (),
    )  # fmt: skip
    (home / "etc" / "backups").mkdir(parents=True)
    (home / "etc" / "backups" / "job.json").write_text(jobs.to_text(job))
    (home / "backups" / "sets").mkdir(parents=True)
    for one in (GOOD, BROKEN):
        (home / "backups" / "sets" / f"{one.id}.json").write_text(sets.to_text(one))
    return terminal


def test_sets_are_listed_newest_first_with_what_is_known_of_them(backed_up: Terminal) -> None:
    """BAK-06: list."""
    shown = backed_up.stackyard("backup", "list")
    assert [line.split() for line in shown.out.splitlines()[1:]] == [
        ["20260311T020000Z", "broken", "manual", "0", "B", "0", "B", "5.0", "s", "-"],
        ["20260310T020000Z", "drilled", "scheduled", "34.0", "MB", "1.2", "MB", "12.5", "s", "-"],
    ]
    found = json.loads(backed_up.stackyard("backup", "list", "--json").out)
    assert [(one["id"], one["is_good"]) for one in found] == [(BROKEN.id, False), (GOOD.id, True)]


def test_the_newest_good_set_is_shown_unless_another_is_named(backed_up: Terminal) -> None:
    """BAK-06: inspect."""
    shown = backed_up.stackyard("backup", "show").out
    assert shown.startswith("20260310T020000Z is drilled: scheduled, of 2026-03-10T02:00:04.000Z\n")
    for word in ("public.orders  167", "restore point stackyard-20260310T020000Z", "12 keys", "abababab"):
        assert word in shown
    broken = backed_up.stackyard("backup", "show", BROKEN.id).out
    assert "its snapshot is missing" in broken
    unknown = backed_up.stackyard("backup", "show", "20200101T000000Z")
    assert (unknown.code, "there is no backup set '20200101T000000Z'" in unknown.error) == (1, True)


def test_a_mark_needs_a_database_whose_changes_are_kept(backed_up: Terminal) -> None:
    asked = backed_up.stackyard("mark", "before-import")
    assert (asked.code, "no database of this system keeps its WAL" in asked.error) == (1, True)


@pytest.mark.parametrize("words", [("backup", "list"), ("backup", "create"), ("drill",), ("mark", "now")])
def test_without_backups_in_the_file_or_before_the_first_up_the_next_step_is_named(
    terminal: Terminal, words: tuple[str, ...]
) -> None:
    asked = terminal.stackyard(*words)
    assert (asked.code, "asks for no backups" in asked.error) == (1, True)
    terminal.write(FILE + "backups: {}\n")
    asked = terminal.stackyard(*words)
    assert (asked.code, "never brought up with backups" in asked.error) == (1, True)
    assert "stackyard up" in asked.error


def test_clean_says_that_backups_stay_and_removes_them_when_they_are_named(backed_up: Terminal) -> None:
    said = backed_up.stackyard("clean", "--data", "--yes").out
    assert "backups stay, with the secrets that open them" in said
    home = backed_up.folder / ".stackyard" / "development"
    assert (home / "backups" / "sets").is_dir()
    assert "cannot be made again" in backed_up.stackyard("clean", "--backups", "--yes").out
    assert not (home / "backups").exists()


def test_status_tells_how_backups_stand(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """BAK-01, MON-03: what a person sees before an alert."""
    from stackyard.cli import status

    monkeypatch.setattr("time.time", lambda: 10_000.0)
    status._backups(
        Health(
            good=GOOD.id,
            good_state="drilled",
            good_at=10_000.0 - 7200,
            sets=3,
            next_backup=10_000.0 + 3600 * 22,
            runs={"create": Last(1.0, 2.0, 2, "no space is left")},
            streams=(Stream("db", True, 4096),),
            drill=Drilled(1.0, 10_000.0 - 60, True, 5.3, 11.0),
        )
    )
    shown = capsys.readouterr().out
    assert "backups: 20260310T020000Z is drilled, 2 h old; 3 in all" in shown
    for line in ("next backup in 22 h", "changes of db received, 4.1 kB behind", "restored in 5 s, 11 s would be lost"):
        assert line in shown
    assert "the last backup failed: no space is left" in shown
