"""Making sets: what is in them, and that half of one never looks whole."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stackyard.backup import create, database, store
from stackyard.backup import job as jobs
from stackyard.backup.events import Event, silent
from stackyard.backup.guard import is_held, lock
from stackyard.backup.job import Job
from stackyard.backup.problem import BackupError
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet, Kind, State
from tests.backup import ground
from tests.backup.conftest import Make
from tests.backup.ground import Shop
from tests.backup.scripts import replaced_program, write_script

pytestmark = pytest.mark.real


def manual(job: Job) -> BackupSet:
    return create.create(job, kind=Kind.MANUAL, tell=silent)


def test_a_set_holds_every_part_and_what_its_tables_held(made: tuple[Shop, BackupSet]) -> None:
    """BAK-01: database, cache, files, configuration and secrets, tied to one moment; BAK-03: verified when made."""
    shop, backup = made
    assert backup.state == State.VERIFIED
    kinds = sorted((piece.part, piece.kind) for piece in backup.pieces)
    assert kinds == [
        ("", "config"), ("", "secrets"), ("cache", "redis"), ("db", "base"), ("db", "dump"), ("db", "globals"),
        ("db", "sql"), ("files", "objects"),
    ]  # fmt: skip
    (moment,) = backup.databases
    assert {table.name: table.rows for table in moment.tables} == {
        'public."odd ""name"", with; things"': 2, "public.no_columns": 0, "public.nothing_in_it": 0,
        "public.orders_2025": 183, "public.orders_2026": 117, "public.products": 500, "public.tenants": 120,
    }  # fmt: skip
    assert moment.version.split(".")[0] == str(shop.server.tool.version[0])
    assert backup.facts["db unlogged"] == "public.scratchpad"
    assert backup.keys == {"cache": 200}
    assert store.sets(shop.job) == (backup,) == store.rebuild(shop.job)
    assert list(Path(shop.job.scratch).iterdir()) == []


@pytest.fixture(scope="module")
def again(made: tuple[Shop, BackupSet], place: Path) -> tuple[Shop, BackupSet, list[Event]]:
    """A second run, the set that it made, and what it told."""
    folder = place / "again"
    folder.mkdir()
    shop, told = ground.with_own_backups(made[0], folder), list[Event]()
    return shop, create.create(shop.job, kind=Kind.MANUAL, tell=told.append), told


def test_no_secret_is_told_or_written_down(again: tuple[Shop, BackupSet, list[Event]]) -> None:
    """SEC-01: neither in an event, nor in the manifest, nor readable in the folder of the backups."""
    shop, _, told = again
    written = [file.read_bytes() for file in Path(shop.job.folder).rglob("*") if file.is_file()]
    written += [file.read_bytes() for file in shop.repository.parent.glob("*.age")]
    for secret in (ground.REPOSITORY_PASSWORD, ground.ROLE_PASSWORD, ground.CACHE_PASSWORD, ground.A_SECRET):
        assert secret not in str(told)
        assert not [content for content in written if secret.encode() in content]


def test_the_next_run_says_how_long_each_step_took_the_last_time(
    made: tuple[Shop, BackupSet], again: tuple[Shop, BackupSet, list[Event]]
) -> None:
    before, (_, after, told) = made[1], again
    assert after.id > before.id
    begun = {event.step: event.expected for event in told if event.state == "begun"}
    assert begun["base backup of db"] == before.steps["base backup of db"]
    ended = [event.step for event in told if event.state == "done"]
    assert set(after.steps) <= set(ended)


def test_two_databases_of_which_one_is_empty(make_shop: Make) -> None:
    shop, other = make_shop(tables=""), make_shop()
    both = (shop.part, replace(shop.part, name="second", database=other.database))
    backup = manual(replace(shop.job, postgres=both, redis=(), files=()))
    assert [(one.part, len(one.tables)) for one in backup.databases] == [("db", 0), ("second", 7)]
    assert {piece.path for piece in backup.pieces if piece.kind == "dump"} == {"dump-db.pgdump", "dump-second.pgdump"}


def test_a_table_beyond_the_limit_is_counted_and_not_summed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "CONTENT_LIMIT", 40_000)
    with ground.admin(shop.server, shop.database) as connection:
        tables = {one.name: one for one in database.tables(connection)}
    assert (tables["public.products"].rows, tables["public.products"].content) == (500, "")
    assert tables["public.tenants"].content != ""


def test_a_role_that_may_not_see_every_row_makes_no_backup_of_some(shop: Shop) -> None:
    """Row security hides rows from who may not pass it: that must be an error, never a smaller set."""
    shop.sql("DROP ROLE IF EXISTS narrow; CREATE ROLE narrow LOGIN PASSWORD 'narrow-0819' IN ROLE pg_read_all_data")
    (shop.folder / "narrow").write_text("narrow-0819")
    narrow = replace(shop.part, user="narrow", password_file=str(shop.folder / "narrow"))
    with database.connect(narrow) as connection, pytest.raises(BackupError, match="cannot be read whole"):
        database.tables(connection)


def test_writers_are_held_unless_one_of_them_writes_for_long(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """BAK-01: the moment is exact when nobody wrote in it, and says so when somebody did."""
    monkeypatch.setattr(database, "_TRIES", 2)
    with database.connect(shop.part) as connection:
        assert database.holds_writers(connection)
        connection.execute("ROLLBACK")
        with ground.admin(shop.server, shop.database) as writer:
            writer.execute("BEGIN; INSERT INTO nothing_in_it VALUES (1)")
            assert not database.holds_writers(connection)
            writer.execute("ROLLBACK")


@pytest.mark.parametrize("name", ["pg_basebackup", "pg_dump"])
def test_a_producer_that_dies_half_way_leaves_no_set(shop: Shop, name: str) -> None:
    """BAK-03: half a dump is never stored as one."""
    script = '"$REAL" "$@" | head -c 30000; exit 1'
    programs = replaced_program(shop.folder / "programs", shop.part.programs, name, script)
    job = replace(shop.job, postgres=(replace(shop.part, programs=programs),), redis=(), files=())
    with pytest.raises(BackupError, match=f"{name} failed after 30000 bytes with exit code 1"):
        manual(job)
    assert store.sets(job) == ()
    kinds = [one.tags["kind"] for one in Restic(job, job.repository).snapshots()]
    assert kinds == (["base"] if name == "pg_dump" else [])


def test_what_an_interrupted_run_left_goes_with_the_next(plain: Job) -> None:
    restic = Restic(plain, plain.repository)
    restic.backup_bytes(b"half", "base-db.tar", {"set": "20200101T000000Z", "kind": "base", "part": "db"})
    backup = manual(plain)
    assert {one.tags["set"] for one in restic.snapshots()} == {backup.id}


def test_a_restic_that_dies_while_it_reads_leaves_no_set(plain: Job, shop_folder: Path) -> None:
    real = plain.restic
    script = f'case "$1" in backup) kill -9 $$;; *) exec {real} "$@";; esac'
    job = replace(plain, restic=str(write_script(shop_folder / "restic", script)))
    with pytest.raises(BackupError, match="restic failed on the repository"):
        manual(job)
    assert store.sets(job) == ()


@pytest.fixture
def killed(copied: tuple[Shop, BackupSet]) -> Shop:
    """A run was ended by SIGKILL in the middle of the base backup."""
    shop = copied[0]
    slow = replace(shop.job, policy=replace(shop.job.policy, rate=4_000_000))
    (Path(shop.job.folder) / "job.json").write_text(jobs.to_text(slow))
    argv = [sys.executable, "-m", "stackyard.backup", str(Path(shop.job.folder) / "job.json"), "create"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)["event"]
            if event["step"] == "base backup of db" and event["state"] == "progress":
                assert is_held(shop.job)
                process.send_signal(signal.SIGKILL)
                break
        process.stdout.close()
    return shop


def test_after_a_kill_the_old_set_is_whole_and_the_next_run_works(killed: Shop) -> None:
    """BAK-03: the lock goes with its holder, and the repository's own lock is cleared."""
    assert not is_held(killed.job)
    assert len(store.sets(killed.job)) == 1
    backup = manual(killed.job)
    assert store.sets(killed.job)[0] == backup
    known = {one.id for one in store.sets(killed.job)}
    assert {one.tags["set"] for one in Restic(killed.job, killed.job.repository).snapshots()} == known


def test_of_two_at_once_the_second_waits_and_says_for_whom(plain: Job) -> None:
    """BAK-01: never two at a time, and none is lost for it."""
    argv = [sys.executable, "-m", "stackyard.backup", str(Path(plain.scratch) / "job.json"), "create"]
    Path(argv[3]).write_text(jobs.to_text(plain))
    with lock(plain, "drill"):
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        waits = json.loads(process.stdout.readline())["event"]
        assert re.fullmatch(rf"wait for drill since .*\(process {os.getpid()}\)", waits["step"])
        assert store.sets(plain) == ()
    with process:
        process.stdout.read()
    assert process.returncode == 0
    assert len(store.sets(plain)) == 1


def test_a_repository_that_has_gone_is_not_made_again_in_silence(copied: tuple[Shop, BackupSet]) -> None:
    """BAK-03: its disk may just not be mounted, and the next backup would seem to be the first."""
    shop, _ = copied
    shop.repository.rename(shop.repository.with_name("elsewhere"))
    with pytest.raises(BackupError, match="is gone, and 1 sets were stored in it") as caught:
        manual(shop.job)
    assert "Mount its disk" in caught.value.hint
    assert not shop.repository.exists()


def test_the_list_of_sets_comes_back_from_the_repository(copied: tuple[Shop, BackupSet]) -> None:
    shop, backup = copied
    (shop.job.places.sets / f"{backup.id}.json").write_text("{ torn")
    assert store.sets(shop.job) == ()
    assert store.rebuild(shop.job) == (backup,)


def test_a_wrong_password_says_so_and_breaks_nothing(copied: tuple[Shop, BackupSet], tmp_path: Path) -> None:
    shop, backup = copied
    (tmp_path / "wrong").write_text("not it")
    job = replace(shop.job, repository=replace(shop.job.repository, password_file=str(tmp_path / "wrong")))
    with pytest.raises(BackupError, match="the password does not open the repository"):
        manual(job)
    assert store.sets(job) == (backup,)


def test_a_repository_without_room_says_so(plain: Job, shop_folder: Path) -> None:
    room = shop_folder / "small"
    room.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(room)], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small disk needs root and the right to mount")
    try:
        subprocess.run(["cp", "-a", f"{plain.repository.url}/.", str(room)], check=True)
        (shop_folder / "stackyard.yaml").write_bytes(os.urandom(1 << 20))
        job = replace(plain, repository=replace(plain.repository, url=str(room)))
        with pytest.raises(BackupError, match="there is no space left"):
            manual(job)
        assert store.sets(job) == ()
    finally:
        subprocess.run(["umount", str(room)], check=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_repository_that_may_not_be_written_says_so(plain: Job) -> None:
    for folder in [Path(plain.repository.url), *Path(plain.repository.url).rglob("*")]:
        folder.chmod(0o500 if folder.is_dir() else 0o400)
    with pytest.raises(BackupError, match="may not be written"):
        manual(plain)


def test_a_clock_that_went_back_does_not_hide_the_new_set(plain: Job) -> None:
    """The newest set is the one that was made last, whatever the clock said."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y%m%dT%H%M%SZ")
    ahead = BackupSet(tomorrow, "shop", "test", Kind.MANUAL, "", "", "", (), (), state=State.VERIFIED)
    store.save(plain, ahead)
    told: list[Event] = []
    backup = create.create(plain, kind=Kind.SAFETY, tell=told.append)
    assert store.sets(plain)[0] == backup
    assert [event.step for event in told if event.state == "failed"] == ["clock", "secrets"]


def test_without_recipients_the_secrets_stay_out_and_it_says_so(plain: Job) -> None:
    """SEC-01: what cannot be encrypted to somebody is not written down."""
    told: list[Event] = []
    backup = create.create(plain, kind=Kind.SAFETY, tell=told.append)
    assert [piece.kind for piece in backup.pieces] == ["config"]
    assert any("they are not in this set" in event.detail for event in told)
