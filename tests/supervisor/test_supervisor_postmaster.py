"""The lock file of a dead PostgreSQL: removed when it is stale for sure, and never otherwise."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.targets.native.supervisor import processes
from stackyard.targets.native.supervisor.postmaster import clear_stale_lock


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[int]:
    """A process that works somewhere else."""
    with subprocess.Popen(["sleep", "100"], cwd=tmp_path) as process:
        yield process.pid
        process.kill()


def lock(data: Path, pid: int) -> tuple[Path, Path]:
    """The lock files of a server with this pid, as PostgreSQL writes them."""
    pid_file, socket_lock = data / "postmaster.pid", data.parent / ".s.PGSQL.5432.lock"
    pid_file.write_text(f"{pid}\n{data}\n1795000000\n5432\n{data.parent}\n127.0.0.1\n 51234 1\nready   \n")
    socket_lock.write_text(f"{pid}\n{data}\n1795000000\n5432\n{data.parent}\n")
    return pid_file, socket_lock


def test_the_lock_of_a_zombie_is_removed(data: Path) -> None:
    """In a container without an init, a killed server stays a zombie for ever."""
    with subprocess.Popen(["true"], cwd=data) as process:
        while (found := processes.read(process.pid)) is not None and found.is_alive:
            pass
        pid_file, socket_lock = lock(data, process.pid)
        assert clear_stale_lock(pid_file)
    assert not pid_file.exists()
    assert not socket_lock.exists()


def test_the_lock_with_the_pid_of_a_stranger_is_removed(data: Path, stranger: int) -> None:
    """After a boot, pids are given out anew."""
    pid_file, socket_lock = lock(data, stranger)
    assert clear_stale_lock(pid_file)
    assert not pid_file.exists()
    assert not socket_lock.exists()


def test_the_lock_of_another_server_at_our_socket_stays(data: Path, stranger: int) -> None:
    pid_file, socket_lock = lock(data, stranger)
    socket_lock.write_text("1\n/elsewhere\n")
    assert clear_stale_lock(pid_file)
    assert socket_lock.exists()


def test_the_lock_of_a_running_server_stays(data: Path) -> None:
    with subprocess.Popen(["sleep", "100"], cwd=data) as server:
        pid_file, socket_lock = lock(data, server.pid)
        assert not clear_stale_lock(pid_file)
        server.kill()
    assert pid_file.exists()
    assert socket_lock.exists()


def test_the_lock_stays_while_a_backend_of_the_dead_server_still_works_on_the_data(data: Path, stranger: int) -> None:
    with subprocess.Popen(["sleep", "100"], cwd=data) as backend:
        pid_file, _ = lock(data, stranger)
        assert not clear_stale_lock(pid_file)
        backend.kill()
    assert pid_file.exists()


@pytest.mark.parametrize("content", ["", "\n", "none\n", "999999999\n"])
def test_what_names_nobody_is_left_to_postgresql(data: Path, content: str) -> None:
    pid_file = data / "postmaster.pid"
    pid_file.write_text(content)
    assert not clear_stale_lock(pid_file)
    assert pid_file.read_text() == content
    assert not clear_stale_lock(data / "nowhere")
