"""A database comes back as it was at the moment asked for, to the transaction, or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stackyard.backup import bring, ladder, marks, push, recover, targets, untouched, wal
from stackyard.backup import job as jobs
from stackyard.backup.archive import Archive
from stackyard.backup.events import silent
from stackyard.backup.problem import BackupError
from stackyard.backup.recover import BeforeTransaction, Latest, Lsn, RestorePoint, Target
from stackyard.backup.recover import recover as bring_back
from stackyard.backup.targets import Time
from tests.backup.archived import Archived
from tests.backup.damage import flip
from tests.resources.servers import wait_until

pytestmark = pytest.mark.real


def _back(archived: Archived, target: Target, name: str, **how: bool) -> tuple[recover.Recovered, Path]:
    into = Path(archived.job.scratch) / name
    shutil.rmtree(into, ignore_errors=True)
    shutil.rmtree(into.with_name(f"{name}.wal"), ignore_errors=True)
    return bring_back(archived.job, archived.backup, archived.part, into, target, silent, throw_away=True, **how), into


def _ledger(archived: Archived, folder: Path) -> list[int] | None:
    with recover.serving(archived.part, folder) as server, server.connect() as session:
        if session.execute("SELECT to_regclass('ledger')").fetchone() == (None,):
            return None
        return [int(str(n)) for (n,) in session.execute("SELECT n FROM ledger ORDER BY n").fetchall()]


def _target(archived: Archived, kind: str) -> Target:
    moment, story = archived.backup.databases[0], archived.moments
    wanted: dict[str, Target] = {
        "the set's own moment": RestorePoint(moment.restore_point, moment.lsn),
        "a time": Time(story.one),
        "a mark": marks.find(archived.job, "before-two").target("db"),
        "just before a transaction": BeforeTransaction(story.two),
        "a time after that transaction": Time(story.two_at),
        "just before the table was dropped": BeforeTransaction(story.dropped),
        "the latest": Latest(),
    }
    return wanted[kind]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("the set's own moment", None),
        ("a time", [1]),
        ("a mark", [1]),
        ("just before a transaction", [1]),
        ("a time after that transaction", [1, 2]),
        ("just before the table was dropped", [1, 2, 3]),
        ("the latest", [1, 2, 3, 4]),
    ],
)
def test_every_moment_comes_back_to_the_transaction(archived: Archived, kind: str, expected: list[int] | None) -> None:
    """BAK-04: point-in-time recovery, by time, name, transaction, or as late as can be."""
    found, into = _back(archived, _target(archived, kind), "moment")
    assert _ledger(archived, into) == expected
    assert found.timeline == 1
    assert not list(into.parent.glob("moment.*")), "nothing is left beside it"


def test_a_position_comes_back_too(archived: Archived) -> None:
    mark = marks.find(archived.job, "before-two")
    _found, into = _back(archived, Lsn(mark.positions["db"]), "position")
    assert _ledger(archived, into) == [1]


def test_the_sets_own_moment_holds_exactly_the_tables_of_the_manifest(archived: Archived) -> None:
    _found, into = _back(archived, _target(archived, "the set's own moment"), "own")
    assert ladder.examine(archived.job, archived.backup, archived.part, into, target_is_moment=True) == ()


def test_a_copy_that_has_gone_further_is_told_from_the_manifest(archived: Archived) -> None:
    _recovered, into = _back(archived, Latest(), "further")
    said = [
        one.what for one in ladder.examine(archived.job, archived.backup, archived.part, into, target_is_moment=True)
    ]
    assert "the table public.products is missing" in said
    assert "the table public.ledger was not saved, and is there" in said


def test_the_repository_alone_brings_the_latest_back_when_the_machine_is_lost(archived: Archived) -> None:
    _found, into = _back(archived, Latest(), "lost", use_spool=False)
    assert _ledger(archived, into) == [1, 2, 3, 4]


def test_a_copy_that_will_be_swapped_in_is_put_on_the_disk_and_reaches_out_to_nobody(archived: Archived) -> None:
    into = Path(archived.job.scratch) / "kept"
    bring_back(archived.job, archived.backup, archived.part, into, Latest(), silent)
    assert not (into / "recovery.signal").exists()
    assert "restore_command" not in (into / "postgresql.auto.conf").read_text()
    assert not (into / "stackyard-unfinished").exists()
    if archived.part.account and os.geteuid() == 0:
        assert into.stat().st_uid == archived.part.account.uid


def test_a_set_knows_which_transactions_came_after_it(archived: Archived) -> None:
    """BAK-04: the first that came after the set is reached from it, and the last before it is not."""
    first = int(archived.backup.databases[0].next_xid)
    assert targets.reaches(archived.backup, BeforeTransaction(archived.moments.two), "db")
    assert targets.reaches(archived.backup, BeforeTransaction(first), "db")
    with pytest.raises(BackupError, match="is later than the moment before transaction"):
        _back(archived, BeforeTransaction(first - 1), "earlier")


def test_a_moment_that_is_not_reached_fails_and_leaves_the_folder_marked(archived: Archived) -> None:
    with pytest.raises(BackupError, match="could not be recovered to the moment before transaction 4000000") as caught:
        _back(archived, BeforeTransaction(4_000_000), "never")
    assert "The last change that could be replayed is of 20" in caught.value.hint
    into = Path(archived.job.scratch) / "never"
    assert "NOT recovered" in (into / "stackyard-unfinished").read_text()
    with pytest.raises(BackupError, match="was not recovered"), recover.serving(archived.part, into):
        pass


_SERVING = """
import sys, time
from pathlib import Path
from stackyard.backup import job, recover
part = job.from_text(Path(sys.argv[1]).read_text()).postgres[0]
with recover.serving(part, Path(sys.argv[2])):
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_the_server_of_a_copy_does_not_outlive_whoever_is_killed(archived: Archived, tmp_path: Path) -> None:
    """BAK-06: a drill or a restore that is killed leaves no server behind that holds a copy."""
    _, folder = _back(archived, Latest(), "killed")
    file = tmp_path / "job.json"
    file.write_text(jobs.to_text(archived.job))
    argv = [sys.executable, "-c", _SERVING, str(file), str(folder)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as looking:
        try:
            assert looking.stdout is not None
            assert looking.stdout.readline() == "up\n"
            assert len(_working_in(folder)) > 1
        finally:
            looking.kill()
    wait_until(lambda: not _working_in(folder))


def _working_in(folder: Path) -> list[int]:
    """The processes whose current folder it is."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (place / "cwd").readlink() == folder:
                found.append(int(place.name))
    return found


def test_a_segment_missing_in_the_middle_is_found_before_anything_is_fetched(
    archived: Archived, tmp_path: Path
) -> None:
    """BAK-03: a hole in the WAL is seen before it is needed, and named."""
    lost = archived.copied(tmp_path)
    gone = lost.segments()[2]
    gone.unlink()
    shutil.rmtree(lost.shop.repository)
    shutil.copytree(archived.shop.repository, lost.shop.repository)
    assert wal.gaps(lost.job, lost.part, lost.backup) == (), "the repository still has it"
    from stackyard.backup.archive import snapshots
    from stackyard.backup.restic import Restic

    restic = Restic(lost.job, lost.job.repository)
    restic.forget([one.id for one in snapshots(restic, "db")])
    found = [one.what for one in wal.gaps(lost.job, lost.part, lost.backup)]
    assert found[0] == f"{gone.name} is missing: nothing after can be recovered"
    assert all("missing from the repository" in one for one in found[1:]), "what only the spool has is told, too"
    into = Path(lost.job.scratch) / "holed"
    with pytest.raises(BackupError, match="has a hole"):
        bring_back(lost.job, lost.backup, lost.part, into, Latest(), silent)
    assert not into.exists()
    assert not into.with_name("holed.coming").exists()
    own = lost.backup.databases[0]
    target = RestorePoint(own.restore_point, own.lsn)
    bring_back(lost.job, lost.backup, lost.part, into, target, silent, throw_away=True)
    assert _ledger(lost, into) is None, "what lies before the hole can still be had"


def test_wal_that_is_replaced_by_more_of_it_just_as_it_is_to_be_read_comes_all_the_same(
    archived: Archived, tmp_path: Path
) -> None:
    """The keeper pushes while a copy is brought back."""
    alive = archived.copied(tmp_path)
    shutil.rmtree(alive.shop.repository)
    shutil.copytree(archived.shop.repository, alive.shop.repository)
    looked: list[Archive] = []

    def look() -> Archive:
        looked.append(wal.chain(alive.job, alive.part, alive.backup, use_spool=False))
        if len(looked) == 1:
            push.push(alive.job, alive.part)
        return looked[-1]

    collected = bring._collect(alive.job, alive.part, tmp_path / "wal", None, look)
    assert len(looked) == 2
    first, *_, last = (looked[0].name(one) for one in looked[0].needed(None))
    assert {first, last, looked[0].name(collected.last)} <= {path.name for path in (tmp_path / "wal").iterdir()}


def test_a_segment_changed_in_the_spool_comes_from_the_repository(archived: Archived, tmp_path: Path) -> None:
    changed = archived.copied(tmp_path)
    flip(changed.segments()[1], 500_000)
    _found, into = _back(changed, Latest(), "healed")
    assert _ledger(changed, into) == [1, 2, 3, 4]


def test_wal_damaged_where_nobody_knew_its_checksum_is_not_passed_off_as_the_latest(
    archived: Archived, tmp_path: Path
) -> None:
    damaged = archived.copied(tmp_path)
    ledger = damaged.spool / "ledger.json"
    ledger.write_text(ledger.read_text().replace(damaged.segments()[3].name, "0" * 24))
    flip(damaged.segments()[3], 500_000, 200)
    with pytest.raises(BackupError, match=r"replay of db ended at .*, but the WAL reaches"):
        _back(damaged, Latest(), "short")


def test_the_copy_writes_neither_to_the_spool_nor_to_the_repository(archived: Archived) -> None:
    before = untouched.listing(archived.job)
    _found, into = _back(archived, Latest(), "quiet")
    with recover.serving(archived.part, into) as server, server.connect() as session:
        session.execute("CREATE TABLE mine AS SELECT generate_series(1, 50000)")
        session.execute("SELECT pg_switch_wal()")
    after = untouched.listing(archived.job)
    assert untouched.differences(before, after) == ()
    assert after.snapshots == before.snapshots


def test_a_set_later_than_the_moment_is_refused_with_what_can_be_had(archived: Archived) -> None:
    early = Time("2020-02-02T02:02:02Z")
    with pytest.raises(BackupError, match="no backup set is as old as the time 2020") as caught:
        targets.choose([archived.backup], early, "db")
    assert caught.value.hint == f"Every moment from {archived.backup.moment} on can be had."
    with pytest.raises(BackupError, match="is later than the time 2020"):
        _back(archived, early, "early")


def test_root_without_an_account_is_told_that_postgresql_does_not_run_so(archived: Archived) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root needs an account")
    nobody = replace(archived.part, account=None)
    with pytest.raises(BackupError, match="does not run as root"):
        bring_back(archived.job, archived.backup, nobody, Path(archived.job.scratch) / "r", Latest(), silent)


def test_the_time_of_the_last_commit_is_told(archived: Archived) -> None:
    found, _into = _back(archived, Latest(), "told")
    last = datetime.fromisoformat(found.last_commit)
    assert datetime.fromisoformat(archived.moments.two_at) <= last <= datetime.now(UTC)
