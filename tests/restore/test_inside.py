"""A restore's work asked for from elsewhere: over a pipe, in lines of JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stackyard.backup import job as jobs
from stackyard.backup import store
from stackyard.backup.guard import is_held
from stackyard.backup.job import Job, Repository, to_text
from stackyard.backup.sets import BackupSet, Kind
from stackyard.backup.targets import BeforeTransaction, Latest, Lsn, RestorePoint, Target, Time
from stackyard.operate.restoring.inside import target_of, written


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A system of nothing, whose repository is not there."""
    file = tmp_path / "job.json"
    folders = (str(tmp_path / "backups"), str(tmp_path / "scratch"))
    repository = Repository(str(tmp_path / "repository"), "/nowhere")
    file.write_text(to_text(Job("shop", "test", *folders, repository, "/nowhere/restic", "/nowhere/age", "", ())))
    (tmp_path / "backups").mkdir()
    (tmp_path / "scratch").mkdir()
    return file


def talk(job: Path, *requests: Mapping[str, object]) -> list[dict[str, Any]]:
    """The answers; each request is made when the one before it was answered."""
    argv = [sys.executable, "-m", "stackyard.operate.restoring.inside", str(job)]
    said = []
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for request in requests:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            said.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        process.wait(30)
    return said


@pytest.mark.parametrize(
    "target",
    [
        RestorePoint("stackyard-mark-a", "0/3000148"),
        Time("2026-03-31T14:05:00Z"),
        BeforeTransaction(7),
        Lsn("0/1"),
        Latest(),
    ],
    ids=lambda target: type(target).__name__,
)
def test_every_target_of_a_recovery_is_read_as_it_was_written(target: Target) -> None:
    assert target_of(json.loads(json.dumps(written(target)))) == target


def test_what_is_no_target_is_refused() -> None:
    with pytest.raises(ValueError, match="'System' is no target"):
        target_of({"kind": "System"})


def test_an_answer_is_one_line_and_the_end(job: Path) -> None:
    assert talk(job, {"do": "marks"}) == [{"result": []}]


def test_sets_that_were_left_behind_are_told(job: Path) -> None:
    told = jobs.from_text(job.read_text())
    at = "2026-03-03T02:00:00Z"
    store.keep(told, BackupSet("20260303T020000Z", "shop", "test", Kind.MANUAL, at, at, at, (), ()))
    assert talk(job, {"do": "left"}) == [{"result": {}}]


def test_an_error_is_told_in_words(job: Path) -> None:
    (said,) = talk(job, {"do": "run", "words": ["show", "latest"]})
    assert said["error"]["what"] == "there is no good backup set yet"


def test_under_the_lock_one_request_comes_after_another(job: Path) -> None:
    """BAK-05: a safety set and what follows it are one piece of work, and nobody comes in between."""
    said = talk(job, {"do": "hold"}, {"do": "marks"}, {"do": "run", "words": ["list"]})
    assert said == [{"result": None}, {"result": []}, {"result": []}]


def test_it_ends_when_nobody_asks_anything(job: Path) -> None:
    assert talk(job) == []


def test_work_that_nobody_waits_for_any_more_is_ended(job: Path) -> None:
    """BAK-05: whoever asked was killed: what they held is free again."""
    argv = [sys.executable, "-m", "stackyard.operate.restoring.inside", str(job)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(json.dumps({"do": "hold"}) + "\n")
        holder.stdin.flush()
        assert json.loads(holder.stdout.readline()) == {"result": None}
        known = jobs.from_text(job.read_text())
        assert is_held(known)
        holder.stdin.close()
        # Whether it was waiting or still at work.
        assert holder.wait(30) in (0, 1)
        assert not is_held(known)
