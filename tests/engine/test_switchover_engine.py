"""DB-06 on Docker Compose: a replica takes over, planned or by force, and its volume is the primary's from then on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import Checkout, eventually, ground
from tests.e2e.replica_ledger import Ledger, killed_switchover
from tests.engine.docker import docker
from tests.engine.yard import running

__all__ = ["ground"]

pytestmark = pytest.mark.engine
LEDGER = Path(__file__).parents[1] / "e2e" / "ledger"
PROJECT = "switched-development"
VOLUMES = {"db": f"{PROJECT}_db-data", "db-replica-1": f"{PROJECT}_db-replica-1-data"}
RECORD = "stackyard.operate.compose.switching.ComposeServers._record"


@pytest.fixture(scope="module")
def checkout(ground: Path) -> Iterator[Checkout]:
    """The ledger on Compose, up; the name is its own, for an engine has one system of each name."""
    place = ground / "switched"
    shutil.copytree(LEDGER, place)
    made = Checkout(place)
    made.edit("stackyard.yaml", "system: ledger", "system: switched")
    made.edit("stackyard.yaml", "port: 18431", "port: 18439")
    with running(made):
        yield made
    left = docker("volume", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}")
    assert not left, "volumes of every name go with the data"


@pytest.fixture
def ledger(checkout: Checkout) -> Ledger:
    checkout.up()
    return Ledger(checkout, "switched")


def volume_of(part: str) -> str:
    """The volume that the container of a part has."""
    found = json.loads(docker("inspect", "--format", "{{json .Mounts}}", f"{PROJECT}-{part}-1"))
    return str(next(one["Name"] for one in found if one["Type"] == "volume"))


def is_settled(checkout: Checkout) -> bool:
    """It runs, its replica follows, and nothing is left to do."""
    status = checkout.status()
    return bool(status["is_up"] and status["replicas"][0]["follows"]) and (
        checkout.stackyard("plan", "--check").code == 0
    )


def test_a_switchover_loses_no_acknowledged_write_and_the_volumes_change_their_parts(
    checkout: Checkout, ledger: Ledger
) -> None:
    """DB-06: what is rendered, run and restarted afterwards follows the data, for no volume can be renamed."""
    before = {part: volume_of(part) for part in VOLUMES}
    assert before == VOLUMES
    with ledger.kept():
        eventually(lambda: len(ledger.acknowledged) > 50)
        done = checkout.stackyard("switchover", "--yes", "--json")
        assert done.code == 0, done.error
        reached = len(ledger.acknowledged)
        eventually(lambda: len(ledger.acknowledged) > reached + 50)
    told = json.loads(done.out)
    assert (told["database"], told["replica"], told["lost"], told["notes"]) == ("db", "db-replica-1", "", [])
    assert 0 < told["outage"] < 60
    assert not ledger.lost()
    assert ledger.leaders() == ["db"]
    assert {part: volume_of(part) for part in VOLUMES} == {"db": before["db-replica-1"], "db-replica-1": before["db"]}
    assert is_settled(checkout)
    eventually(lambda: not ledger.lost("db-replica-1"))
    assert checkout.stackyard("restart", "db").code == 0
    assert not ledger.lost()
    rendered = checkout.folder / "rendered"
    done = checkout.stackyard("render", "compose", "--output", str(rendered))
    assert done.code == 0, done.error
    names = {
        key: one.get("name")
        for file in rendered.glob("compose*.yaml")
        for key, one in (yaml.safe_load(file.read_text()).get("volumes") or {}).items()
        if one.get("name")
    }
    assert names == {"db-data": VOLUMES["db-replica-1"], "db-replica-1-data": VOLUMES["db"]}


@pytest.mark.parametrize(("place", "number"), [("sentence", 4), (RECORD, 1)])
def test_a_killed_switchover_leaves_one_primary_at_most_and_is_ended_by_up(
    checkout: Checkout, ledger: Ledger, place: str, number: int
) -> None:
    """DB-06: never two primaries, and no acknowledged write is lost, wherever a switchover is killed."""
    with ledger.kept():
        eventually(lambda: len(ledger.acknowledged) > 20)
        killed_switchover(checkout, place, number)
        # As whoever knows Docker and not what happened: the data that was left only follows, and says so.
        docker("start", f"{PROJECT}-db-1")
        eventually(lambda: "only follows" in docker("logs", f"{PROJECT}-db-1", merged=True), 30)
        assert len(ledger.leaders()) <= 1
        assert "a switchover is under way, or was interrupted" in checkout.stackyard("plan").error
        checkout.up()
        reached = len(ledger.acknowledged)
        eventually(lambda: len(ledger.acknowledged) > reached + 20)
    assert ledger.leaders() == ["db"]
    assert not ledger.lost()
    assert is_settled(checkout)


def test_without_its_primary_a_replica_takes_over_by_force(checkout: Checkout, ledger: Ledger) -> None:
    """DB-06: when the volume of the primary is gone, its replica leads, and a new one is copied."""
    with ledger.kept():
        eventually(lambda: len(ledger.acknowledged) > 20)
    eventually(lambda: not ledger.lost("db-replica-1"))
    lost = volume_of("db")
    checkout.stackyard("down")
    docker("volume", "rm", lost)
    refused = checkout.stackyard("up", "--detach")
    assert refused.code == 1
    assert "switchover db --force" in refused.error
    done = checkout.stackyard("switchover", "--force", "--yes")
    assert done.code == 0, done.error
    assert "lost: what db had not sent to db-replica-1 is lost" in done.out
    checkout.up()
    assert ledger.leaders() == ["db"]
    assert not ledger.lost()
    assert is_settled(checkout)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_after_a_switchover_backups_and_restores_follow_and_the_replica_has_the_past_as_well(
    checkout: Checkout, ledger: Ledger
) -> None:
    """BAK-05, DB-06: what is restored is the primary's data, wherever it lies; nothing that was given up is served."""
    file = checkout.folder / "stackyard.yaml"
    file.write_text(file.read_text() + "\nbackups: {}\n")
    checkout.up()
    with ledger.connect("db") as primary:
        primary.execute("TRUNCATE ledger")
        primary.execute("INSERT INTO ledger VALUES (1)")
    made = checkout.stackyard("backup", "create", "--json")
    assert made.code == 0, made.error
    assert checkout.stackyard("switchover", "--yes").code == 0
    with ledger.connect("db") as primary:
        primary.execute("INSERT INTO ledger VALUES (2)")
    restored(checkout, "latest")
    assert entries(ledger, "db") == entries(ledger, "db-replica-1") == [1, 2]
    restored(checkout, json.loads(made.out)["id"])
    assert entries(ledger, "db") == entries(ledger, "db-replica-1") == [1]
    restored(checkout, "--undo")
    assert entries(ledger, "db") == entries(ledger, "db-replica-1") == [1, 2]
    assert is_settled(checkout)


def restored(checkout: Checkout, *words: str) -> None:
    done = checkout.stackyard("restore", *words, "--yes")
    assert done.code == 0, f"{done.out}\n{done.error}"


def entries(ledger: Ledger, server: str) -> list[int]:
    with ledger.connect(server) as connection:
        return [row[0] for row in connection.execute("SELECT entry FROM ledger ORDER BY 1")]
