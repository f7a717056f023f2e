"""What a replica is on this machine: its elements, its process, and what services are told of it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from stackyard.errors import StateError
from stackyard.model.values import Ref
from stackyard.targets.local import control
from stackyard.targets.native.blueprint import draw
from stackyard.targets.native.program import SecretPiece
from stackyard.targets.native.variables import Addresses, of_service

from .literals import machine, postgres, service, system

ONE = system(
    service("api", "db", environment={"READS": (Ref("db", "read_url"),)}, migrate=("migrate",)),
    resources=[postgres(replicas=1)],
)


def test_a_replica_is_copied_when_its_primary_is_whole_and_services_wait_for_it() -> None:
    """DB-06."""
    blueprint = draw(ONE, machine(ONE))
    copy, process = blueprint.element("data:db-replica-1"), blueprint.element("process:db-replica-1")
    assert {"catalog:db", "settings:db"} <= set(copy.after)
    assert {"data:db-replica-1", "files:db-replica-1"} <= set(process.after)
    assert "process:db-replica-1" in blueprint.element("process:api-1").after
    assert "process:db-replica-1" not in blueprint.element("migration:api").after


def test_a_replica_is_given_its_password_by_the_environment_alone() -> None:
    there = machine(ONE)
    blueprint = draw(ONE, there)
    program = blueprint.programs["process:db-replica-1"]
    assert program.env["PGPASSWORD"] == (SecretPiece(str(there.layout.secrets / "db.stackyard_replica")),)
    assert program.probe.kind == "standby"
    config = next(file.content for file in blueprint.files["db-replica-1"] if str(file.path) == "postgresql.conf")
    assert f"port = {there.ports['db-replica-1']}" in config
    assert "password" not in config.replace("password_encryption", "")
    assert "primary_conninfo" not in next(file.content for file in blueprint.files["db"])


def test_services_are_told_where_to_read() -> None:
    at = Addresses({"db": 5432, "db-replica-1": 5440, "api-1": 8000}, Path("/secrets"))
    found = of_service(ONE, ONE.service("api"), at)
    assert found["DATABASE_READ_URL"][-1] == "@127.0.0.1:5440/shop"
    assert found["DB_READ_URL"] == found["DATABASE_READ_URL"] == found["READS"]
    assert found["DATABASE_URL"][-1] == "@127.0.0.1:5432/shop"
    alone = system(service("api", "db"), resources=[postgres()])
    told = of_service(alone, alone.service("api"), at)
    assert told["DATABASE_READ_URL"] == told["DATABASE_URL"]


def control_file(data: Path, *, version: int = 1300, state: int = 1) -> Path:
    (data / "global").mkdir(parents=True)
    head = struct.pack("=QIIi4xqQQI", 7_000_000_001, version, 202209061, state, 0, 0x2_0000_0028, 0x2_0000_0028, 3)
    (data / "global" / "pg_control").write_bytes(head + bytes(8000))
    return data


def test_a_stopped_server_says_where_its_log_ends(tmp_path: Path) -> None:
    found = control.read(control_file(tmp_path))
    assert (found.cluster, found.is_stopped, found.checkpoint, found.timeline) == (
        7_000_000_001,
        True,
        0x2_0000_0028,
        3,
    )


def test_a_server_that_was_killed_was_not_stopped(tmp_path: Path) -> None:
    assert not control.read(control_file(tmp_path, state=6)).is_stopped


@pytest.mark.parametrize("version", [942, 4000])
def test_a_control_file_that_nobody_knows_is_an_error(tmp_path: Path, version: int) -> None:
    with pytest.raises(StateError, match="a version that Stackyard does not know"):
        control.read(control_file(tmp_path, version=version))


def test_a_control_file_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    (control_file(tmp_path) / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(StateError, match="cannot be read"):
        control.read(tmp_path)
