"""A restore in place of a database that is followed: its replica has the past as well, and never what was given up."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.resources.postgres.replication import MARK
from tests.e2e.conftest import Checkout, eventually
from tests.e2e.replica_ledger import Ledger

pytestmark = pytest.mark.real
DATA = ".stackyard/development/data"


@pytest.fixture
def checkout(ground: Path) -> Iterator[Checkout]:
    """The ledger with one replica and backups, up."""
    place = ground / "restored-ledger"
    shutil.copytree(Path(__file__).parent / "ledger", place)
    made = Checkout(place)
    # It is down in between, and others must not take its port then.
    made.edit("stackyard.yaml", "replicas: 1", "replicas: 1, port: 18437")
    file = place / "stackyard.yaml"
    file.write_text(file.read_text() + "\nbackups: {}\n")
    made.up()
    yield made
    made.stackyard("down")


def entries(ledger: Ledger, server: str) -> list[int]:
    with ledger.connect(server) as connection:
        return [row[0] for row in connection.execute("SELECT entry FROM ledger ORDER BY 1")]


def restored(checkout: Checkout, *words: str) -> None:
    done = checkout.stackyard("restore", *words, "--yes")
    assert done.code == 0, f"{done.out}\n{done.error}"
    (one,) = checkout.status()["replicas"]
    assert one["follows"], "it follows as soon as the restore says that it is done"


@pytest.mark.timeout(900)
def test_a_replica_follows_a_restore_and_the_way_back_from_it(checkout: Checkout) -> None:
    """BAK-05, DB-06."""
    ledger, data = Ledger(checkout), checkout.folder / DATA
    with ledger.connect("db") as primary:
        primary.execute("INSERT INTO ledger VALUES (1)")
        done = checkout.stackyard("backup", "create", "--json")
        assert done.code == 0, done.error
        primary.execute("INSERT INTO ledger VALUES (2)")
    eventually(lambda: entries(ledger, "db-replica-1") == [1, 2])
    checkout.stackyard("down")
    subprocess.run(["cp", "-a", data / "db-replica-1", data.parent / "of-old"], check=True)
    restored(checkout, json.loads(done.out)["id"])
    assert entries(ledger, "db") == [1]
    with ledger.connect("db") as primary:
        primary.execute("INSERT INTO ledger VALUES (3)")
    eventually(lambda: entries(ledger, "db-replica-1") == [1, 3])
    return_of_the_old(checkout, ledger)
    restored(checkout, "--undo")
    assert entries(ledger, "db") == [1, 2]
    eventually(lambda: entries(ledger, "db-replica-1") == [1, 2])
    assert checkout.stackyard("plan", "--check").code == 0


def return_of_the_old(checkout: Checkout, ledger: Ledger) -> None:
    """A replica with what was given up, under the mark of the primary that is there now: it cannot follow that."""
    data = checkout.folder / DATA
    checkout.stackyard("down")
    shutil.rmtree(data / "db-replica-1")
    # With its owners: the server runs as another user.
    subprocess.run(["cp", "-a", data.parent / "of-old", data / "db-replica-1"], check=True)
    (data / "db-replica-1" / MARK).write_text((data / "db" / MARK).read_text())
    assert "db-replica-1 is copied anew" in checkout.up().error
    assert entries(ledger, "db-replica-1") == [1, 3]
    (aside,) = data.glob("db-replica-1.aside-*")
    assert (aside / "PG_VERSION").exists(), "what nobody else is known to have is kept"
