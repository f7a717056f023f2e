"""What happens to the WAL when a restored database takes the place of the old one, and when sets follow each other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.backup import archive, create, push, receive, recover, spool, wal
from stackyard.backup.database import connect
from stackyard.backup.events import silent
from stackyard.backup.job import PostgresPart
from stackyard.backup.ownership import give
from stackyard.backup.problem import BackupError
from stackyard.backup.recover import BeforeTransaction, Latest
from stackyard.backup.restic import Restic
from stackyard.backup.segments import lsn, lsn_text, segment_named
from stackyard.backup.sets import BackupSet, Kind
from stackyard.operate.restoring.engine import JobBackups
from stackyard.operate.restoring.timeline import part_ways
from tests.backup.archived import Archived, receiving
from tests.backup.test_recover import _ledger
from tests.resources.servers import free_port, running, wait_until

pytestmark = pytest.mark.real


@contextmanager
def _swapped_in(archived: Archived, folder: Path) -> Iterator[Archived]:
    """The system with a recovered cluster in the place of its own."""
    server, port = archived.shop.server, free_port()
    sockets = archived.shop.folder / "swapped-run"
    sockets.mkdir(mode=0o700)
    give(sockets, archived.part.account)
    etc = server.folder / "etc"
    settings = ("-c", f"config_file={etc}/postgresql.conf", "-c", f"port={port}")
    argv = (str(server.tool.path), "-D", str(folder), *settings, "-c", f"unix_socket_directories={sockets}")
    part = replace(archived.part, host=str(sockets), port=port, data=str(folder))
    with running(argv, archived.shop.folder / "swapped.log", dict(server.tool.environment), stop=2):
        wait_until(lambda: _answers(part))
        shop = archived.shop.changed(postgres=(part,), redis=(), files=())
        yield replace(archived, shop=shop)


def _answers(part: PostgresPart) -> bool:
    try:
        connect(part).close()
    except BackupError:
        return False
    return True


def _superuser(archived: Archived, statement: str) -> None:
    import psycopg

    from tests.resources.servers import SUPERUSER_PASSWORD

    part = archived.part
    with psycopg.connect(
        host=part.host, port=part.port, user="postgres", password=SUPERUSER_PASSWORD, dbname=part.database,
        autocommit=True,
    ) as session:  # fmt: skip
        session.execute(statement.encode())


def _start(file: Path) -> str:
    segment = segment_named(file.name, 2**20)
    assert segment is not None
    return lsn_text(segment.start(2**20))


def _back(archived: Archived, backup: BackupSet, name: str) -> tuple[int, list[int] | None]:
    into = Path(archived.job.scratch) / name
    found = recover.recover(archived.job, backup, archived.part, into, Latest(), silent, throw_away=True)
    return found.timeline, _ledger(archived, into)


def test_after_a_restore_the_new_timeline_goes_on_and_the_old_set_reaches_into_it(
    archived: Archived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BAK-04: continuous archiving goes on over a restore."""
    mine = archived.copied(tmp_path)
    left_behind = replace(mine.backup, databases=(replace(mine.backup.databases[0], lsn=_start(mine.segments()[-1])),))
    folder = Path(mine.job.scratch) / "swapped"
    target = BeforeTransaction(mine.moments.two)
    recover.recover(mine.job, mine.backup, mine.part, folder, target, silent)
    begun = time.time() - 1
    with recover.serving(mine.part, folder) as server, server.connect() as session:
        # However much is written of the new timeline before there is a receiver: nothing of it may be missing.
        session.execute("SELECT pg_switch_wal()")
    assert not part_ways(mine.job, replace(mine.part, data=str(folder))), "it is on a timeline of its own already"
    with _swapped_in(mine, folder) as restored:
        assert not receive.slot_state(restored.part).exists, "a copy has no slots"
        assert not receive.catch_up(restored.job, restored.part, 0.3), "the old timeline came further, and counts not"
        monkeypatch.setattr(receive, "PATIENCE", 0.3)
        with pytest.raises(BackupError, match="what db has committed last was not received"):
            JobBackups(restored.job).push()
        monkeypatch.undo()
        with receiving(restored.job, mine.shop.folder / "receive-2.log"):
            ledger = spool.read(mine.spool)
            assert ledger is not None
            assert ledger.timeline == 2
            assert list((mine.spool / "past").glob("00000001*")), "what the old timeline left is kept"
            _superuser(restored, "INSERT INTO ledger VALUES (22)")
            JobBackups(restored.job).push()
            assert wal.gaps(restored.job, restored.part, mine.backup) == ()
            assert _back(restored, left_behind, "left-behind") == (1, [1, 2, 3, 4]), "the way back is open"
            assert _back(restored, mine.backup, "over-the-fork") == (2, [1, 22])

            assert not wal.is_left_behind(restored.job, restored.part, mine.backup)
            assert wal.is_left_behind(restored.job, restored.part, left_behind)
            assert wal.left_at(restored.job, restored.part, mine.backup) == 0.0
            assert begun <= wal.left_at(restored.job, restored.part, left_behind) <= time.time()

            second = create.create(restored.job, kind=Kind.MANUAL, tell=silent)
            assert second.databases[0].timeline == 2
            assert _back(restored, second, "from-the-second") == (2, [1, 22])
            ledger = spool.read(mine.spool)
            assert ledger is not None
            assert ledger.since == second.id
            oldest = min(wal_file.name[8:] for wal_file in mine.segments())
            assert int(oldest, 16) * 2**20 <= lsn(second.databases[0].start) < (int(oldest, 16) + 1) * 2**20
            assert _back(restored, mine.backup, "the-first-still") == (2, [1, 22]), "its WAL is in the repository"


def test_pushing_again_replaces_the_snapshot_of_the_same_set_only(archived: Archived, tmp_path: Path) -> None:
    mine = archived.copied(tmp_path)
    restic = Restic(mine.job, mine.job.repository)
    before = {one.tags["since"]: one.id for one in archive.snapshots(restic, "db")}
    push.push(mine.job, mine.part)
    after = {one.tags["since"]: one.id for one in archive.snapshots(restic, "db")}
    assert set(after) == set(before) == {"beginning", mine.backup.id}
    assert after["beginning"] == before["beginning"]
    assert after[mine.backup.id] != before[mine.backup.id]


def test_a_spool_that_has_lost_something_does_not_replace_what_still_has_it(archived: Archived, tmp_path: Path) -> None:
    mine = archived.copied(tmp_path)
    mine.segments()[1].unlink()
    push.push(mine.job, mine.part)
    assert wal.gaps(mine.job, mine.part, mine.backup) == ()
    assert _back(mine, mine.backup, "lossy") == (1, [1, 2, 3, 4])


def test_nothing_is_trimmed_when_the_repository_cannot_take_it(archived: Archived, tmp_path: Path) -> None:
    mine = archived.copied(tmp_path)
    before = mine.segments()
    password = tmp_path / "wrong"
    password.write_text("wrong")
    job = replace(mine.job, repository=replace(mine.job.repository, password_file=str(password)))
    later = replace(mine.backup, databases=(replace(mine.backup.databases[0], start="F/0"),))
    with pytest.raises(BackupError, match="the password does not open the repository"):
        wal.trim(job, mine.part, later)
    assert mine.segments() == before
    assert wal.trim(mine.job, mine.part, later) >= len(before)
    assert mine.segments() == []


def test_what_is_lost_for_good_does_not_keep_the_rest_in_the_spool(archived: Archived, tmp_path: Path) -> None:
    """BAK-04: a later set needs nothing of it, so the spool begins there, and the loss is no gap of that set."""
    mine = archived.copied(tmp_path)
    restic = Restic(mine.job, mine.job.repository)
    before = mine.segments()
    before[1].unlink()
    restic.forget([one.id for one in archive.snapshots(restic, "db")])
    later = replace(mine.backup, databases=(replace(mine.backup.databases[0], start="F/0"),))
    assert wal.trim(mine.job, mine.part, later) >= len(before) - 1
    ledger = spool.read(mine.spool)
    assert (mine.segments(), ledger and dict(ledger.segments)) == ([], {})
    found = wal.gaps(mine.job, mine.part, mine.backup)
    assert f"{before[1].name} is missing" in found[0].what, "whoever goes back further is told"


def test_a_slot_is_made_once_and_made_again_when_it_is_gone(archived: Archived) -> None:
    assert receive.slot_state(archived.part).exists
    assert not receive.ensure_slot(archived.part)
    assert receive.slot_state(archived.part).is_active


def test_a_busy_server_with_segments_of_16_mb_comes_back_too(archived: Archived, tmp_path: Path) -> None:
    folder = archived.shop.folder / "pg16mb"
    data, sockets = folder / "data", folder / "run"
    for one in (folder, sockets):
        one.mkdir(mode=0o755)
        give(one, archived.part.account)
    tool = archived.shop.server.tool
    argv = (f"{tool.folder}/initdb", "-D", str(data), "-U", "postgres", "--no-sync", "-k", "--no-instructions")
    with running(argv, folder.with_suffix(".log"), dict(tool.environment)) as process:
        assert process.wait(60) == 0
    settings = {"listen_addresses": "", "unix_socket_directories": str(sockets), "fsync": "off"}
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    part = replace(archived.part, host=str(sockets), port=5432, user="postgres", database="postgres", data=str(data))
    mine = archived.shop.changed(
        postgres=(part,), redis=(), files=(), folder=str(tmp_path / "backups"), config={}, recipients=()
    )
    with running((str(tool.path), "-D", str(data), *words), folder / "log", dict(tool.environment), stop=2):
        wait_until(lambda: _answers(part), 20)
        with receiving(mine.job, folder / "receive.log"), connect(part) as session:
            backup = create.create(mine.job, kind=Kind.MANUAL, tell=silent)
            session.execute("CREATE TABLE ledger AS SELECT generate_series(1, 3) n")
            receive.require_received(mine.job, part)
            push.push(mine.job, part)
            assert backup.databases[0].wal_segment == 16 * 2**20
            sixteen = replace(archived, shop=mine)
            assert _back(sixteen, backup, "sixteen") == (1, [1, 2, 3])
