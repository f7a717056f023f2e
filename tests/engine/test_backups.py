"""Backups on a real engine: made where the data is, brought back to the second before, and missed when they stop."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stackyard.targets.compose import drill, images
from tests.e2e.conftest import eventually, ground

from .docker import docker
from .loaded import Loaded, compared
from .standins import provide
from .yard import Yard, running

__all__ = ["ground"]

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

NAME = "stackyard-backups"
STACK = f"""
system: {NAME}
services:
  api:
    build: ./api
    command: python -I -S server.py
    port: 25600
    health: {{path: /, start_timeout: 10s, interval: 2s, retries: 2}}
    needs: [db, cache, photos]
resources:
  db: {{postgres: 17, port: 25601, init: ./database}}
  cache: {{redis: 7, port: 25602}}
  photos: {{objects: {{}}, port: 25603}}
backups: {{drill: never}}
"""


@pytest.fixture(scope="module")
def shop(ground: Path) -> Iterator[Yard]:
    provide(("postgres:17", "redis:7", images.RCLONE, images.PYTHON.format(version="3.13")))
    made = Yard(ground / "backups-on-compose")
    made.write(STACK)
    with running(made):
        yield made


@pytest.fixture(scope="module")
def backup(shop: Yard) -> dict[str, Any]:
    """A set of the first day: the store is still empty."""
    made: dict[str, Any] = shop.told("backup", "create")
    return made


def test_a_set_holds_everything_and_is_read_back(shop: Yard, backup: dict[str, Any]) -> None:
    """BAK-01, BAK-03, BAK-06: database, cache, store, configuration and secrets; listed, shown and verified again."""
    kinds = {(piece["part"], piece["kind"]) for piece in backup["pieces"]}
    assert kinds >= {
        ("db", "base"),
        ("db", "dump"),
        ("cache", "redis"),
        ("photos", "objects"),
        ("", "config"),
        ("", "secrets"),
    }
    assert backup["is_good"]
    (moment,) = backup["databases"]
    assert {one["name"]: one["rows"] for one in moment["tables"]}["public.orders"] == 500
    assert [one["id"] for one in shop.told("backup", "list")][-1] == backup["id"]
    assert shop.told("backup", "verify", backup["id"])["is_good"]
    assert shop.told("plan")["steps"] == [], shop.stackyard("plan").out


def test_its_container_may_do_little(shop: Yard) -> None:
    """SEC-01, TOP-06: nobody special, on a disk that nobody can write to, with all secrets in files."""
    (found,) = json.loads(docker("inspect", shop.container("backups")))
    host = found["HostConfig"]
    assert (host["ReadonlyRootfs"], host["CapDrop"], host["Privileged"]) == (True, ["ALL"], False)
    assert found["Config"]["User"] == "postgres"
    secret = (shop.folder / ".stackyard/development/secrets/backups.repository").read_text().strip()
    assert secret not in json.dumps(found)
    assert secret == shop.inside("backups", "cat", "/run/secrets/store/backups.repository")


def test_a_drill_measures_what_a_restore_takes_and_loses(shop: Yard, backup: dict[str, Any]) -> None:
    """BAK-03: in a place of its own, while the system runs; and the system's own service is ready on the copies."""
    report = shop.told("drill")
    assert report["kept"], report["findings"]
    assert 0 < report["rto"] < report["rto_promised"]
    assert 0 <= report["rpo"] <= report["rpo_promised"]
    steps = {one["name"]: one for one in report["steps"]}
    for part in ("db", "cache", "photos"):
        assert steps[f"server for {part}"]["counts"], "a restore has to do it, too"
    assert steps["readiness of api"]["evidence"] == "GET / is answered"
    assert steps["the archive is untouched"]["findings"] == []
    assert shop.told("backup", "list")[0]["state"] == "drilled"
    assert shop.inside("backups", "ls", "/var/lib/stackyard/scratch") == ""
    assert of_a_drill() == []


def test_services_in_a_drill_reach_nothing_else_and_go_with_whoever_began_it(
    shop: Yard, backup: dict[str, Any]
) -> None:
    """BAK-03, TOP-06: no production, not this machine, no network outside; and nothing is left after a kill."""
    with (
        socket.create_server(("0.0.0.0", 0)) as here,
        subprocess.Popen(shop.command("drill"), cwd=shop.folder, stdout=subprocess.DEVNULL) as drilling,
    ):
        try:
            eventually(lambda: of_a_drill("api"), 120)
            drilling.send_signal(signal.SIGSTOP)
            (copy,) = of_a_drill("api")
            others = addresses(shop, here.getsockname()[1])
            reached = docker("exec", copy, "python", "-I", "-S", "-c", REACH, *others, "db:5432", "cache:6379")
            assert reached.split() == ["db:5432", "cache:6379"], "the copies, and nothing else"
            (found,) = json.loads(docker("inspect", copy))
            assert not found["HostConfig"]["PortBindings"]
            secrets = (shop.folder / ".stackyard/development/secrets").iterdir()
            assert not [one.name for one in secrets if one.read_text().strip() in json.dumps(found)]
        finally:
            drilling.kill()
    eventually(lambda: of_a_drill() == [], 60)
    eventually(lambda: shop.inside("backups", "ls", "/var/lib/stackyard/scratch") == "", 60)
    assert shop.status()["is_up"]


REACH = """
import socket, sys
for each in sys.argv[1:]:
    host, _, port = each.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
        print(each)
    except OSError:
        pass
"""


def addresses(shop: Yard, port: int) -> list[str]:
    """Where production's database and cache are, this machine (which listens at the port), and somebody outside."""
    found = ["1.1.1.1:53"]
    for service, own in (("db", 5432), ("cache", 6379)):
        (one,) = json.loads(docker("inspect", shop.container(service)))
        for network in one["NetworkSettings"]["Networks"].values():
            found += [f"{network['IPAddress']}:{own}", f"{network['Gateway']}:{port}"]
    return found


def of_a_drill(part: str = "") -> list[str]:
    """Containers that are there for a drill, of one part or with their networks."""
    label = ("--quiet", "--filter", f"label={drill.LABEL_DRILL}={NAME}-development")
    if part:
        return docker("ps", *label, "--filter", f"name={drill.copy_of(part)}").split()
    return [*docker("ps", "--all", *label).split(), *docker("network", "ls", *label).split()]


def test_a_dropped_table_comes_back_as_it_was_the_second_before(shop: Yard, backup: dict[str, Any]) -> None:
    """BAK-04, BAK-05: to the transaction, under load, with a way back; what came after is what is given up."""
    own = Loaded(shop, NAME.replace("-", "_"))
    with own.direct() as written:
        assert written.goes_on(100)
        point = time.time()
        assert written.goes_on(100)
        time.sleep(1.0)
        shop.sql("DROP TABLE orders")
        assert written.goes_on(50), "what does not need the table goes on"
    said = shop.restored("--to", datetime.fromtimestamp(point, UTC).isoformat())
    assert shop.sql("SELECT count(*), max(id) FROM orders") == "500|500"
    assert compared(written.entries(), own.beside(), point) == []
    assert "--undo" in said
    shop.rest()
    status = shop.status()
    assert status["is_up"], status
    # What is made from now on stands on the new history, and is good.
    newest = shop.told("backup", "list")[0]
    assert newest["is_good"]
    assert newest["id"] > backup["id"]


def test_nobody_is_left_in_the_belief_that_backups_are_made(shop: Yard, backup: dict[str, Any]) -> None:
    """MON-03: when what makes them is away, `status` says so, and how old the newest one is."""
    docker("stop", shop.container("backups"))
    try:
        status = shop.status()
        assert not status["is_up"]
        assert {one["id"]: one["state"] for one in status["parts"]}["backups"] == "stopped"
        assert status["backups"]["good"] >= backup["id"]
        # One like it does what is asked for in the meantime.
        assert shop.told("backup", "list")
    finally:
        docker("start", shop.container("backups"))
    eventually(lambda: shop.status()["is_up"], 60)


@pytest.mark.long
def test_back_and_forth_and_back_again_leaves_whole_sets(shop: Yard, backup: dict[str, Any]) -> None:
    """BAK-05: the way back, and a restore after it; every history keeps a timeline of its own."""
    shop.sql("CREATE TABLE IF NOT EXISTS marks_seen (what text)")
    shop.stackyard("mark", "before-import")
    shop.sql("INSERT INTO marks_seen VALUES ('after')")
    for words, expected in (
        (("--to", "before-import"), "0"),
        (("--undo",), "1"),
        (("--to", "before-import"), "0"),
    ):
        shop.restored(*words)
        assert shop.sql("SELECT count(*) FROM marks_seen") == expected
        assert shop.told("backup", "list")[0]["is_good"]
    shop.stackyard("restore", "--finish", "--yes")
    assert shop.inside("db", "sh", "-c", "ls /var/lib/postgresql/data/.restores") == ""


@pytest.mark.long
def test_a_cache_and_a_store_come_back_to_their_users(shop: Yard) -> None:
    """BAK-05: with the owners that they had, and still readable for the next backup."""
    folder = f"/data/{NAME}-photos"
    docker("exec", "--user", "10001", shop.container("photos"), "sh", "-c", f"echo gold > {folder}/a.txt")
    shop.rest()
    made = shop.told("backup", "create")
    docker("exec", "--user", "10001", shop.container("photos"), "rm", f"{folder}/a.txt")
    shop.restored(made["id"], "--only", "photos,cache")
    assert shop.inside("photos", "cat", f"{folder}/a.txt") == "gold"
    shop.rest()
    assert shop.inside("photos", "stat", "--format=%u", folder, f"{folder}/a.txt") == "10001\n10001"
    assert shop.told("backup", "create")["is_good"]


@pytest.mark.long
def test_a_copy_can_be_looked_into_beside_the_living_database(shop: Yard, backup: dict[str, Any]) -> None:
    """BAK-04: under another name, and nothing that is used is touched."""
    shop.restored(backup["id"], "--only", "db", "--into", "lookback")
    found = shop.inside("db", "psql", "-U", "postgres", "-d", "lookback", "-qtAX", "-c", "SELECT count(*) FROM orders")
    assert found == "500"
    shop.sql("DROP DATABASE lookback")
