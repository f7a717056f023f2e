"""The keeper beside a real system: it begins what is due, receives changes, and says how all that stands."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stackyard.backup import health, schedule, store, streams
from stackyard.backup import job as jobs
from stackyard.backup.health import Health, Last
from stackyard.backup.job import Job, Policy
from stackyard.backup.keeper import Keeper
from stackyard.backup.sets import BackupSet, State
from tests.backup.ground import Shop

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was missed is caught up at once, and everything is looked at every second."""
    monkeypatch.setattr(schedule, "SETTLE", 0.0)
    monkeypatch.setattr("stackyard.backup.keeper._TELL", 1.0)


@contextmanager
def kept(job: Job, folder: Path) -> Iterator[Keeper]:
    file = folder / "job.json"
    file.write_text(jobs.to_text(job))
    keeper, ending = Keeper(job, file), threading.Event()
    thread = threading.Thread(target=keeper.run, args=(ending,))
    thread.start()
    try:
        yield keeper
    finally:
        ending.set()
        thread.join(60)
        assert not thread.is_alive()


def until(job: Job, condition: Callable[[Health], object], patience: float = 240.0) -> Health:
    deadline = time.monotonic() + patience
    while True:
        found = health.read(job.places.state)
        if found is not None and condition(found):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def _next_minute() -> str:
    return (datetime.now() + timedelta(minutes=2)).strftime("%H:%M")


def test_a_system_without_a_backup_gets_one_by_itself_and_its_figures_say_so(shop: Shop, tmp_path: Path) -> None:
    """BAK-01: scheduled. BAK-03: it counts when it was read back."""
    job = replace(shop.job, policy=Policy(drill="never"))
    # A set on schedule takes its time for the checkpoint at its beginning; there is little for one to do then.
    shop.sql("CHECKPOINT")
    with kept(job, tmp_path):
        found = until(job, lambda seen: seen.good and not seen.under_way)
    (made,) = store.sets(job)
    assert (found.good, found.good_state, made.kind) == (made.id, "verified", "scheduled")
    assert found.runs["create"].failures == 0
    assert found.next_backup > time.time()
    assert f"stackyard_backup_last_good_timestamp_seconds {found.good_at:.17g}" in job.places.metrics.read_text()
    assert job.places.state.stat().st_mode & 0o077 == 0


def test_a_run_that_fails_says_why_and_is_not_tried_again_at_once(shop: Shop, tmp_path: Path) -> None:
    (shop.folder / "nothing").write_text("no repository")
    broken = replace(shop.job.repository, url=str(shop.folder / "nothing"))
    job = replace(shop.job, repository=broken, policy=Policy(drill="never"))
    with kept(job, tmp_path):
        found = until(job, lambda seen: "create" in seen.runs and seen.runs["create"].ended)
    run = found.runs["create"]
    assert run.failures == 1
    assert run.error
    assert found.concerns == (f"the last backup failed: {run.error}",)
    assert found.next_backup >= run.ended + 900 - 1
    assert 'stackyard_backup_last_run_failures{kind="create"} 1' in job.places.metrics.read_text()


def test_who_was_killed_in_a_run_remembers_that_it_failed(shop: Shop, tmp_path: Path) -> None:
    begun = time.time() - 60
    state = {"runs": {"create": {"begun": begun, "ended": 0.0, "failures": 0, "error": ""}}}
    shop.job.places.state.parent.mkdir(parents=True, exist_ok=True)
    shop.job.places.state.write_text(json.dumps({**state, "health": {}}))
    job = replace(shop.job, policy=Policy(at=_next_minute(), drill="never"))
    with kept(job, tmp_path):
        found = until(job, lambda seen: "create" in seen.runs)
    assert found.runs["create"] == Last(begun, begun, 1, "it was cut off")


def test_a_killed_keeper_leaves_no_receiver_and_the_next_one_receives_on(shop: Shop, tmp_path: Path) -> None:
    """BAK-04: changes are received as they happen, whatever happens to who receives them."""
    job = _received(shop)
    file = tmp_path / "job.json"
    file.write_text(jobs.to_text(job))
    argv = [sys.executable, "-m", "stackyard.backup", str(file), "keep"]
    for number in (signal.SIGKILL, signal.SIGTERM):
        with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as keeper:
            until(job, lambda seen: seen.seen > time.time() - 5 and seen.streams and seen.streams[0].is_received)
            keeper.send_signal(number)
            keeper.wait(30)
        job.places.state.unlink()
        deadline = time.monotonic() + 10
        while shop.sql("select 1 from pg_stat_replication where application_name = 'pg_receivewal'"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    (folder,) = job.places.wal("db", "x").parent.iterdir()
    assert [path for path in folder.iterdir() if len(path.name.removesuffix(".partial")) == 24]
    shop.sql("select pg_drop_replication_slot('stackyard_wal')")


def test_a_receiver_that_was_cut_off_is_begun_again_at_once(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BAK-04: after a crash of the database nothing waits for the next look, and little is at risk meanwhile."""
    monkeypatch.setattr(streams, "_LOOK", 3600.0)
    job = _received(shop)
    with kept(job, tmp_path):
        until(job, lambda seen: seen.streams and seen.streams[0].is_received)
        ((pid, _),) = shop.sql("select pid, pg_terminate_backend(pid) from pg_stat_replication")
        deadline = time.monotonic() + 60
        while shop.sql("select pid from pg_stat_replication") in ([], [(pid,)]):
            assert time.monotonic() < deadline, "nobody receives any more"
            time.sleep(0.1)
    shop.sql("select pg_drop_replication_slot('stackyard_wal')")


def _received(shop: Shop) -> Job:
    """The job with its changes received, and no set due."""
    policy = Policy(at=_next_minute(), drill="never")
    job = replace(shop.job, postgres=(replace(shop.part, wal=True),), policy=policy)
    job.places.sets.mkdir(parents=True)
    good = BackupSet(
        "20260310T020000Z", "shop", "test", "scheduled", _ago(), _ago(), _ago(), (), (), state=State.VERIFIED,  # type: ignore[arg-type]
    )  # fmt: skip
    store.keep(job, good)
    return job


def _ago() -> str:
    return (datetime.now().astimezone() - timedelta(minutes=1)).isoformat()
