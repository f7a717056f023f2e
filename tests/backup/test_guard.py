"""One at a time, and who waits for whom: another process holds the lock for real."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stackyard.backup import guard
from stackyard.backup.events import Event, silent
from stackyard.backup.guard import BusyError
from stackyard.backup.job import Job, Repository
from stackyard.operate.backups import JobBackups

_HOLDER = """
import fcntl, sys
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
file.write('{"what": "backup", "since": "2026-03-05T02:00:00.000Z", "pid": 17}')
file.flush()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job("shop", "test", str(tmp_path), str(tmp_path), Repository("nowhere", "nothing"), "restic", "age", "", ())


@contextmanager
def another(job: Job) -> Iterator[subprocess.Popen[str]]:
    """A process that makes a backup until its input ends."""
    job.places.lock.parent.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-c", _HOLDER, str(job.places.lock)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_whoever_does_not_wait_is_told_who_is_at_work(job: Job) -> None:
    with another(job), pytest.raises(BusyError, match="another backup is under way"), guard.lock(job, "drill"):
        raise AssertionError("two at a time")


def test_whoever_waits_says_for_whom_and_goes_on_when_they_have_ended(job: Job) -> None:
    """BAK-01: a backup or a drill that somebody asks for while the keeper makes one waits for it."""
    told: list[Event] = []
    with another(job) as other:

        def tell(event: Event) -> None:
            told.append(event)
            if event.state == "begun" and other.stdin is not None:
                other.stdin.close()

        with guard.patient(job, "drill", tell):
            assert json.loads(job.places.lock.read_text()) | {"since": ""} == {
                "pid": os.getpid(), "what": "drill", "since": "",
            }  # fmt: skip
            with guard.lock(job, "backup"):
                assert guard.is_held(job)
    assert [(one.step, one.state) for one in told] == [
        ("wait for backup since 2026-03-05T02:00:00.000Z (process 17)", state) for state in ("begun", "done")
    ]
    assert not guard.is_held(job)


def test_patience_ends(job: Job) -> None:
    refused = pytest.raises(BusyError, match="another backup is under way")
    with another(job), refused, guard.patient(job, "backup", silent, patience=0.3):
        raise AssertionError("two at a time")


@pytest.mark.parametrize("verb", ["create", "drill"])
def test_backups_and_drills_that_a_person_asks_for_wait(job: Job, verb: str) -> None:
    """What they do once nobody else is at work fails here: there is no repository, and no set."""
    told: list[str] = []
    with another(job) as other:

        def tell(event: Event) -> None:
            told.append(event.step)
            if event.step.startswith("wait for backup") and other.stdin is not None:
                other.stdin.close()

        with pytest.raises(Exception, match=r"restic|no .*set"):
            JobBackups(job).create(tell) if verb == "create" else JobBackups(job).drill("latest", tell)
    assert told[0].startswith("wait for backup since 2026-03-05T02:00")
    with job.places.lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
