"""What is found on a machine, shown with small programs that print what the real ones print."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stackyard.model.values import Version
from stackyard.targets.local.identity import Identity
from stackyard.targets.native.toolchain import Store, Tool, Want, find

Write = Callable[..., Path]


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch, open_folder: Path) -> Path:
    """Two folders of programs, and the shell's own."""
    monkeypatch.setenv("PATH", f"{open_folder}/a:{open_folder}/b:/usr/bin:/bin")
    return open_folder


def _find(folder: Path, name: str, version: Version | None = None, user: Identity | None = None) -> Tool | None:
    return find(Want(name, version), store=Store(folder / "store"), user=user)


def _found(folder: Path, name: str, version: Version | None = None) -> Tool:
    tool = _find(folder, name, version)
    assert tool
    return tool


def test_without_a_promise_the_first_on_the_path_is_taken(path: Path, program: Write) -> None:
    first = program("a/redis-server", "Redis server v=6.2.0 sha=0")
    program("b/redis-server", "Redis server v=7.2.0 sha=0")
    tool = _find(path, "redis")
    assert tool
    assert (tool.path, tool.version, tool.source) == (first, (6, 2, 0), "system")
    assert tool.why == f"found at {first}, on this machine, any version will do"


def test_with_a_promise_the_newest_that_keeps_it_is_taken(path: Path, program: Write) -> None:
    program("a/redis-server", "Redis server v=6.2.0 sha=0")
    second = program("b/redis-server", "Redis server v=7.2.0 sha=0")
    assert _found(path, "redis", Version((7,))).path == second
    assert _found(path, "redis", Version((6,), at_least=True)).path == second


def test_a_wrong_version_is_never_a_substitute(path: Path, program: Write) -> None:
    program("a/redis-server", "Redis server v=6.2.0 sha=0")
    assert _find(path, "redis", Version((93,))) is None


def test_a_program_is_asked_for_its_version_once(path: Path, program: Write) -> None:
    program("a/redis-server", "Redis server v=7.0.0 sha=0")
    for _ in range(3):
        assert _find(path, "redis", Version((7, 0, 0)))
    assert (path / "runs").read_text().splitlines() == ["redis-server"]


def test_a_program_that_was_replaced_is_asked_again(path: Path, program: Write) -> None:
    program("a/redis-server", "Redis server v=7.0.0 sha=0")
    _find(path, "redis")
    program("a/redis-server", "Redis server v=7.99.11 sha=0")
    assert _found(path, "redis").version == (7, 99, 11)


def test_a_broken_memory_of_versions_costs_nothing_but_time(path: Path, program: Write) -> None:
    program("a/redis-server", "Redis server v=7.0.0 sha=0")
    (path / "store").mkdir()
    (path / "store" / "versions.json").write_text("{half")
    assert _found(path, "redis").version == (7, 0, 0)


def test_an_rclone_without_an_s3_server_does_not_count(path: Path, program: Write) -> None:
    program("a/rclone", "rclone v1.60.1")
    complete = program(
        "b/rclone", "rclone v1.75.2", also='case "$*" in *s3*) echo "Usage: rclone serve s3 remote";; esac'
    )
    assert _found(path, "rclone").path == complete


def test_a_postgres_without_initdb_beside_it_does_not_count(path: Path, program: Write) -> None:
    program("a/postgres", "postgres (PostgreSQL) 99.1")
    whole = program("b/postgres", "postgres (PostgreSQL) 99.0")
    program("b/initdb", "initdb")
    program("b/pg_ctl", "pg_ctl")
    assert _found(path, "postgres", Version((99,))).path == whole


def test_a_link_to_postgres_leads_to_the_folder_of_its_companions(path: Path, program: Write) -> None:
    whole = program("lib/bin/postgres", "postgres (PostgreSQL) 99.0")
    program("lib/bin/initdb", "initdb")
    program("lib/bin/pg_ctl", "pg_ctl")
    (path / "a").mkdir()
    (path / "a" / "postgres").symlink_to(whole)
    tool = _find(path, "postgres", Version((99,)))
    assert tool
    assert tool.folder == whole.parent


def test_a_program_that_fails_does_not_count(path: Path, program: Write) -> None:
    program("a/redis-server", "Redis server v=99.0.0", also="exit 3")
    assert _find(path, "redis", Version((99,))) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs parts as another user")
def test_a_program_that_the_service_user_cannot_reach_does_not_count(
    path: Path, program: Write, unprivileged: Identity
) -> None:
    program("a/redis-server", "Redis server v=99.0.0 sha=0")
    (path / "a").chmod(0o700)
    assert _find(path, "redis", Version((99,)))
    assert _find(path, "redis", Version((99,)), unprivileged) is None
