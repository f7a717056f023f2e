"""DB-06 on this machine: a replica follows, is read from, takes over without losing a write, and is made anew."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.e2e.conftest import Checkout, eventually
from tests.e2e.replica_ledger import Ledger, killed_switchover, unfenced

pytestmark = pytest.mark.real
DATA = ".stackyard/development/data"
MOVE = "stackyard.operate.switching.folders._move"


@pytest.fixture(scope="module")
def checkout(ground: Path) -> Iterator[Checkout]:
    """A system with one replica, up."""
    place = ground / "ledger"
    shutil.copytree(Path(__file__).parent / "ledger", place)
    made = Checkout(place)
    made.up()
    yield made
    made.stackyard("down")


@pytest.fixture
def ledger(checkout: Checkout) -> Ledger:
    """The ledger of a system that is up, and in line with its file."""
    checkout.up()
    return Ledger(checkout)


def is_settled(checkout: Checkout) -> bool:
    """It runs, its replica follows, and nothing is left to do."""
    status = checkout.status()
    return bool(status["is_up"]) and checkout.stackyard("plan", "--check").code == 0


def test_a_service_is_given_the_replica_to_read_from(checkout: Checkout, ledger: Ledger) -> None:
    """DB-06: read and write endpoints are apart."""
    ports = checkout.ports()
    told = httpx.get(f"http://127.0.0.1:{ports['clerk-1']}/").json()
    assert told["DATABASE_URL"] == told["DB_URL"] == f"127.0.0.1:{ports['db']}"
    assert told["DATABASE_READ_URL"] == told["DB_READ_URL"] == f"127.0.0.1:{ports['db-replica-1']}"
    with ledger.kept():
        eventually(lambda: len(ledger.acknowledged) > 50)
    eventually(lambda: not ledger.lost("db-replica-1"))
    with ledger.connect("db-replica-1") as reader, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        reader.execute("INSERT INTO ledger VALUES (-1)")


def test_status_says_how_far_a_replica_is_behind(checkout: Checkout, ledger: Ledger) -> None:
    """DB-06: the lag of each replica is one command away, in bytes and in seconds."""
    with ledger.connect("db-replica-1", "postgres") as replica:
        replica.execute("SELECT pg_wal_replay_pause()")
        with ledger.kept():
            eventually(lambda: len(ledger.acknowledged) > 100)
        (behind,) = checkout.status()["replicas"]
        replica.execute("SELECT pg_wal_replay_resume()")
    assert (behind["replica"], behind["primary"], behind["follows"]) == ("db-replica-1", "db", True)
    assert behind["bytes"] > 1000
    eventually(lambda: checkout.status()["replicas"][0]["bytes"] == 0)
    assert "db-replica-1 follows db, 0 B" in checkout.stackyard("status").out


def test_a_switchover_loses_no_acknowledged_write(checkout: Checkout, ledger: Ledger) -> None:
    """DB-06: a planned switchover under load loses nothing, and says how long nobody could write."""
    with ledger.kept():
        eventually(lambda: len(ledger.acknowledged) > 50)
        before = (checkout.folder / DATA / "db" / "global").stat().st_ino
        done = checkout.stackyard("switchover", "--yes", "--json")
        assert done.code == 0, done.error
        reached = len(ledger.acknowledged)
        eventually(lambda: len(ledger.acknowledged) > reached + 50)
    told = json.loads(done.out)
    assert (told["database"], told["replica"], told["lost"], told["notes"]) == ("db", "db-replica-1", "", [])
    assert 0 < told["outage"] < 10
    assert (checkout.folder / DATA / "db-replica-1" / "global").stat().st_ino == before, "the old primary follows"
    assert not ledger.lost()
    assert ledger.leaders() == ["db"]
    assert is_settled(checkout)
    eventually(lambda: not ledger.lost("db-replica-1"))


@pytest.mark.parametrize(("place", "number"), [("sentence", 3), ("sentence", 5), (MOVE, 2)])
def test_a_killed_switchover_leaves_one_primary_at_most_and_is_ended_by_up(
    checkout: Checkout, ledger: Ledger, place: str, number: int
) -> None:
    """DB-06: never two primaries, and no acknowledged write is lost, wherever a switchover is killed."""
    with ledger.kept():
        eventually(lambda: len(ledger.acknowledged) > 20)
        killed_switchover(checkout, place, number)
        assert len(ledger.leaders()) <= 1
        assert len(unfenced(checkout)) <= 1
        assert "a switchover is under way, or was interrupted" in checkout.stackyard("plan").error
        checkout.up()
        reached = len(ledger.acknowledged)
        eventually(lambda: len(ledger.acknowledged) > reached + 20)
    assert unfenced(checkout) == ["db"]
    assert ledger.leaders() == ["db"]
    assert not ledger.lost()
    assert is_settled(checkout)


def test_a_replica_that_fell_too_far_behind_is_made_anew(checkout: Checkout, ledger: Ledger) -> None:
    """DB-06: `up` copies a replica again that can no longer follow, and says why."""
    before = (checkout.folder / DATA / "db-replica-1").stat().st_ino
    with ledger.connect("db-replica-1", "postgres") as replica:
        replica.execute("ALTER SYSTEM SET primary_conninfo = ''")
        replica.execute("SELECT pg_reload_conf()")
    with ledger.connect("db", "postgres") as primary:
        primary.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'")
        primary.execute("SELECT pg_reload_conf()")
        eventually(lambda: not primary.execute("SELECT 1 FROM pg_stat_replication").fetchall())
        for _ in range(12):
            primary.execute("SELECT pg_logical_emit_message(true, 'test', repeat('x', 1000))")
            primary.execute("SELECT pg_switch_wal()")
        primary.execute("CHECKPOINT")
    plan = checkout.stackyard("plan").out
    assert "the copy of db for db-replica-1" in plan
    assert "fell too far behind" in plan or "its slot was lost" in plan
    checkout.up()
    assert is_settled(checkout)
    assert (checkout.folder / DATA / "db-replica-1").stat().st_ino != before
    assert not list((checkout.folder / DATA).glob("*.aside-*")), "a mere part of what its primary has is not kept"


def test_without_its_primary_a_replica_takes_over_by_force(checkout: Checkout, ledger: Ledger) -> None:
    """DB-06: when the data of the primary is broken, its replica leads; the old data is kept, and cannot lead."""
    with ledger.kept():
        eventually(lambda: len(ledger.acknowledged) > 20)
    eventually(lambda: not ledger.lost("db-replica-1"))
    checkout.stackyard("down")
    (checkout.folder / DATA / "db" / "global" / "pg_control").write_bytes(b"")
    assert checkout.stackyard("up", "--detach").code == 1
    killed_switchover(checkout, "sentence", 2, forced=True)
    assert len(ledger.leaders()) <= 1
    done = checkout.stackyard("switchover", "--force", "--yes")
    assert done.code == 0, done.error
    assert "lost: what db had not sent to db-replica-1 is lost" in done.out
    (aside,) = (checkout.folder / DATA).glob("db.broken-*")
    assert (aside / "standby.signal").exists()
    checkout.up()
    assert ledger.leaders() == ["db"]
    assert not ledger.lost()
    assert is_settled(checkout)
    shutil.rmtree(aside)


def test_of_two_replicas_the_one_that_has_more_takes_over_by_force(checkout: Checkout, ledger: Ledger) -> None:
    """DB-06: what the other had not received would be lost."""
    checkout.edit("stackyard.yaml", "replicas: 1", "replicas: 2")
    eventually(lambda: checkout.up_in_turn().code == 0)
    with ledger.connect("db-replica-1", "postgres") as cut_off:
        receiving = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walreceiver'"
        eventually(lambda: cut_off.execute(receiving).fetchall())
        ((receiver,),) = cut_off.execute(receiving).fetchall()
    os.kill(receiver, signal.SIGSTOP)
    with ledger.kept():
        eventually(lambda: len(ledger.acknowledged) > 20)
    eventually(lambda: not ledger.lost("db-replica-2"))
    assert ledger.lost("db-replica-1")
    (checkout.folder / DATA / "db" / "global" / "pg_control").write_bytes(b"")
    os.kill(checkout.pids()["db"], signal.SIGKILL)
    os.kill(receiver, signal.SIGKILL)
    done = checkout.stackyard("switchover", "--force", "--yes")
    assert done.code == 0, done.error
    assert "db-replica-2 leads now, as db" in done.out
    (aside,) = (checkout.folder / DATA).glob("db.broken-*")
    shutil.rmtree(aside)
    checkout.edit("stackyard.yaml", "replicas: 2", "replicas: 1")
    eventually(lambda: checkout.up_in_turn().code == 0)
    assert not ledger.lost()
    assert is_settled(checkout)


def test_the_last_copy_of_a_database_is_never_made_anew(checkout: Checkout, ledger: Ledger) -> None:
    """An empty primary beside a replica with data would be the end of that data: `up` refuses, and says what to do."""
    with ledger.kept():
        eventually(lambda: len(ledger.acknowledged) > 20)
    checkout.stackyard("down")
    data = checkout.folder / DATA
    (data / "db").rename(data / "db.elsewhere")
    refused = checkout.stackyard("up", "--detach")
    assert refused.code == 1
    assert "the data of db is gone, and db-replica-1 has a copy of it" in refused.error
    assert "switchover db --force" in refused.error
    assert (data / "db-replica-1" / "PG_VERSION").exists()
    (data / "db.elsewhere").rename(data / "db")
    (data / "db-replica-1" / "standby.signal").unlink()
    refused = checkout.stackyard("up", "--detach")
    assert refused.code == 1
    assert "is no replica of db" in refused.error
    assert "Nothing was changed" in refused.error
    (data / "db-replica-1" / "standby.signal").touch()
    shutil.chown(data / "db-replica-1" / "standby.signal", (data / "db-replica-1").stat().st_uid)
    checkout.up()
    assert not ledger.lost()
    assert is_settled(checkout)


def test_a_replica_that_is_no_longer_asked_for_holds_nothing_back(checkout: Checkout, ledger: Ledger) -> None:
    checkout.edit("stackyard.yaml", "replicas: 1", "replicas: 0")
    eventually(lambda: checkout.up_in_turn().code == 0)
    eventually(lambda: "db-replica-1" not in checkout.pids())
    with ledger.connect("db", "postgres") as primary:
        eventually(lambda: not primary.execute("SELECT slot_name FROM pg_replication_slots").fetchall())
    given = f"http://127.0.0.1:{checkout.ports()['clerk-1']}/"
    eventually(lambda: len(set(httpx.get(given).json().values())) == 1)
    assert "no database of ledger has a replica" in checkout.stackyard("switchover", "--yes").error
