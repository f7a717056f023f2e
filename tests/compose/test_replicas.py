"""A replica in a container: like its primary, with a volume of its own, and no way to lead."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from stackyard.resources.postgres.replication import replicas
from stackyard.targets.compose.parts.replica import start_script
from stackyard.targets.compose.rendering import Rendered

from .yard import ENVIRONMENTS, rendered, systems

TEXT = """\
system: shop
services: {api: {build: ./api, command: serve, port: 8000, needs: [db]}}
resources: {db: {postgres: 16, tls: true, replicas: 1}}
edge: {host: shop.example.org, routes: {/: api}, tls: self-signed}
"""


@pytest.fixture(params=ENVIRONMENTS)
def found(request: pytest.FixtureRequest, tmp_path: Path) -> Rendered:
    return rendered(tmp_path, TEXT, request.param)


def test_a_replica_is_a_container_of_its_own_behind_its_primary(found: Rendered) -> None:
    """DB-06."""
    services = found.document["services"]
    primary, replica = services["db"], services["db-replica-1"]
    assert replica["image"] == primary["image"]
    assert replica["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert list(replica["networks"]) == list(primary["networks"])
    assert {volume["source"] for volume in replica["volumes"]} == {"db-replica-1-data"}
    assert "POSTGRES_PASSWORD_FILE" not in replica["environment"]


def test_a_service_is_told_to_read_from_it(found: Rendered) -> None:
    (file,) = (one for one in found.secret_files if one.path.name == "api.env" and one.environment in found.project)
    told = {name: "".join(piece for piece in value if isinstance(piece, str)) for name, value in file.entries}
    assert told["DATABASE_READ_URL"].endswith("@db-replica-1:5432/shop?sslmode=require")
    assert told["DATABASE_URL"].endswith("@db:5432/shop?sslmode=require")


def start(folder: Path, *, programs: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The start of a replica whose data is in the folder, with programs that stand in for the server's."""
    bin_ = folder / "bin"
    bin_.mkdir(exist_ok=True)
    for name, text in programs.items():
        (bin_ / name).write_text(f"#!/bin/sh\n{text}\n")
        (bin_ / name).chmod(0o755)
    (folder / "password").write_text("a-password-of-this-test")
    (folder / "project").mkdir(exist_ok=True)
    one = systems(folder / "project", TEXT.replace("tls: true, ", ""))["development"]
    script = start_script(replicas(one)["db-replica-1"])
    places = {"/run/secrets/db-replica-1.password": folder / "password", "/var/lib/postgresql/data": folder / "data"}
    for old, new in places.items():
        assert old in script
        script = script.replace(old, str(new))
    env = {"PATH": f"{bin_}:{os.environ['PATH']}", "PGDATA": str(folder / "data" / "cluster")}
    words = ["sh", "-c", script, "start.sh", "echo", "serving"]
    return subprocess.run(words, env=env, capture_output=True, text=True, timeout=30, check=False)


COPY = """
while [ "$1" != -D ]; do shift; done
mkdir -p "$2" && echo 16 >"$2/PG_VERSION" && echo "$PGPASSWORD" >"$2/came-with"
"""
SAME = "echo 'Database system identifier: 7'"


def test_the_first_start_copies_the_primary_and_can_only_follow(tmp_path: Path) -> None:
    done = start(tmp_path, programs={"pg_basebackup": COPY})
    assert (done.returncode, done.stdout) == (0, "serving\n"), done.stderr
    data = tmp_path / "data" / "cluster"
    assert (data / "standby.signal").exists()
    assert (data / "came-with").read_text() == "a-password-of-this-test\n"
    assert data.stat().st_mode & 0o777 == 0o700
    (data / "kept").touch()
    assert start(tmp_path, programs={"pg_basebackup": "exit 1"}).returncode == 0
    assert (data / "kept").exists()


def test_data_that_was_a_server_of_its_own_is_not_started(tmp_path: Path) -> None:
    start(tmp_path, programs={"pg_basebackup": COPY})
    (tmp_path / "data" / "cluster" / "standby.signal").unlink()
    done = start(tmp_path, programs={"pg_basebackup": COPY})
    assert done.returncode == 1
    assert "is no replica's" in done.stderr
    assert "serving" not in done.stdout


@pytest.mark.parametrize(
    ("says", "left"),
    [(SAME, 1), ('echo "Database system identifier: $(cat "$1/id" 2>/dev/null)"', 2)],
    ids=["the same cluster", "another one"],
)
def test_a_new_copy_keeps_what_may_be_the_last_of_another_cluster(tmp_path: Path, says: str, left: int) -> None:
    start(tmp_path, programs={"pg_basebackup": COPY})
    data = tmp_path / "data"
    (data / "cluster" / "id").write_text("another")
    (data / "copy-anew").touch()
    done = start(tmp_path, programs={"pg_basebackup": COPY, "pg_controldata": says})
    assert done.returncode == 0, done.stderr
    assert not (data / "copy-anew").exists()
    assert not (data / "cluster" / "id").exists()
    assert len(list(data.glob("cluster*"))) == left


def test_a_copy_that_was_cut_short_after_the_old_data_was_moved_is_made_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "copy-anew").touch()
    done = start(tmp_path, programs={"pg_basebackup": COPY, "pg_controldata": SAME})
    assert (done.returncode, done.stdout) == (0, "serving\n"), done.stderr
    assert not (tmp_path / "data" / "copy-anew").exists()
