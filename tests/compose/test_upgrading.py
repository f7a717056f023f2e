"""An upgrade on Compose, without an engine: the containers that it asks for, and the script that they run."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from stackyard.model.values import Position, Version
from stackyard.operate.compose import beside
from stackyard.operate.compose.beside import Beside
from stackyard.operate.compose.running import PROJECT
from stackyard.operate.compose.upgrading_ground import ComposeGround
from stackyard.operate.compose.upgrading_server import Guest
from stackyard.operate.upgrading.versions import as_in_place, of_version
from stackyard.targets.compose import volumes
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.parts.postgres import start_script
from stackyard.targets.local.state import Record
from tests.native.literals import postgres, system

SCRIPT = (resources.files("stackyard.targets.compose") / "scripts/alone.sh").read_text()
SERVER = f"""#!{sys.executable} -IS
import signal, sys, time

print("runs with", *sys.argv[1:], flush=True)
time.sleep(0.5)
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGINT}})
signal.sigwait({{signal.SIGINT}})
print("stopped", flush=True)
sys.exit(3)
"""
"""As the real one, it hears after a while a signal that a shell has its children ignore."""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with a server that says what it is asked to do."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "postgres").write_text(SERVER)
    (folder / "postgres").chmod(0o755)
    return folder


def alone(programs: Path, lock: Path) -> subprocess.Popen[str]:
    text = SCRIPT.replace("/tmp/", f"{programs}/")
    process = subprocess.Popen(
        ("/bin/sh", "-euc", text, "alone", str(lock), "postgres", "-D", "data"),
        env={"PATH": f"{programs}:{os.defpath}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "runs with -D data\n"
    return process


def let_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()


@pytest.mark.parametrize("end", [let_go, subprocess.Popen.terminate], ids=["let go", "told"])
def test_a_server_alone_ends_with_whoever_holds_it_however_early_and_its_end_is_told(
    end: Callable[[subprocess.Popen[str]], None], programs: Path, tmp_path: Path
) -> None:
    """DB-08: a killed upgrade leaves no server on the data."""
    with alone(programs, tmp_path / "lock") as process:
        end(process)
        assert process.stdout is not None
        assert process.stdout.read() == "stopped\n"
        assert process.wait(10) == 3
    assert (programs / "hba.conf").read_text() == "host all all 127.0.0.1/32 trust\n"


def test_the_server_of_the_system_waits_until_the_data_is_nobodys(programs: Path, tmp_path: Path) -> None:
    """TOP-02: two servers on one folder would ruin it, and in containers they do not see one another."""
    volume = tmp_path / "volume"
    (volume / "cluster").mkdir(parents=True)
    (volume / "cluster/PG_VERSION").write_text("16\n")
    (programs / "docker-entrypoint.sh").write_text("#!/bin/sh\necho started\n")
    (programs / "docker-entrypoint.sh").chmod(0o755)
    text = start_script(replace(postgres(), version=Version((16,)))).replace("/var/lib/postgresql/data", str(volume))
    environment = {"PATH": f"{programs}:{os.defpath}", "PGDATA": str(volume / "cluster")}
    with alone(programs, volume / "alone") as held:
        start = subprocess.Popen(("/bin/sh", "-c", text, "start"), env=environment, stdout=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            start.wait(0.5)
        let_go(held)
        assert start.communicate(timeout=10)[0] == "started\n"


def test_no_server_is_begun_on_data_that_another_one_has(programs: Path, tmp_path: Path) -> None:
    """TOP-02: its container may come up when the upgrade was killed, and the system has been started since."""
    lock = tmp_path / "alone"
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        argv = ("/bin/sh", "-euc", SCRIPT.replace("/tmp/", f"{programs}/"), "alone", str(lock), "postgres")
        done = subprocess.run(
            argv, env={"PATH": f"{programs}:{os.defpath}"}, capture_output=True, text=True, check=False
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "stackyard: another server has this data in use\n"


def test_a_guest_reaches_nobody_and_writes_to_the_data_alone() -> None:
    """SEC: no network but that of the other server, no rights, nothing to write to but its volume."""
    there = Beside("postgres:18", {"shop-production_db-data": "/data/db"})
    guest = Guest(
        "db",
        "shop-upgrade-new",
        there,
        "/data/db/new",
        5433,
        {"wal_level": "minimal"},
        "/var/lib/postgresql",
        network="container:shop-upgrade-old",
    )
    words = guest.argv
    assert words[:6] == ("docker", "run", "--rm", "--interactive", "--network", "container:shop-upgrade-old")
    assert [words[at + 1] for at, word in enumerate(words) if word == "--volume"] == [
        "shop-production_db-data:/data/db"
    ]
    assert [words[at + 1] for at, word in enumerate(words) if word == "--tmpfs"] == ["/tmp", "/var/lib/postgresql"]
    assert {"--read-only", "no-new-privileges"} <= set(words)
    assert words[words.index("--cap-drop") + 1] == "ALL"
    assert words[words.index("--user") + 1] == "postgres"
    assert words[words.index("--entrypoint") + 1] == "sh"
    assert {"wal_level=minimal", "port=5433", "listen_addresses=127.0.0.1", "archive_mode=off"} <= set(words)
    assert "unix_socket_directories=" in words


def test_the_data_is_reached_without_a_stack_file_in_the_volume_that_holds_it(tmp_path: Path) -> None:
    layout = Layout(tmp_path, "production")
    assert Beside.of(layout) is None
    Record(layout.state_file).note(PROJECT, {"name": "shop-production", "system": "shop"})
    beside.note(layout, "postgres:16", ("db",))
    data = "/var/lib/stackyard/data/db"
    assert Beside.of(layout) == Beside("postgres:16", {"shop-production_db-data": data})
    volumes.write(layout, {"shop-production_db-data": "shop-production_db-replica-1-data"})
    assert Beside.of(layout) == Beside("postgres:16", {"shop-production_db-replica-1-data": data})


@pytest.mark.parametrize(
    ("named", "found", "version"),
    [((16,), 16, None), ((18,), 16, 16), ((16,), 18, 18), ((18,), 0, None), ((16, 4), 16, None)],
)
def test_a_database_starts_in_the_version_of_its_data(named: tuple[int, ...], found: int, version: int | None) -> None:
    made = of_version(replace(postgres(), version=Version(named)), found)
    assert (made and made.version) == (version and Version((version,)))


def test_a_version_that_the_file_leaves_open_is_said() -> None:
    open_ended = replace(postgres(), version=Version((16,), at_least=True))
    shop = system(resources=[open_ended])
    (found,) = as_in_place(shop, lambda one: of_version(one, 16)).resources
    assert found == replace(open_ended, version=Version((16,)))
    assert as_in_place(shop, lambda _: None) == shop


class _Ground(ComposeGround):
    """The data is of PostgreSQL 16."""

    def version_of(self, part: str) -> int:
        return {"db": 16}[part]


def test_an_image_of_the_users_own_goes_back_with_the_data(tmp_path: Path) -> None:
    """The file names the new one already, and only the old one opens the old data."""
    own = replace(postgres(), version=Version((18,)), image="example/search:18", position=Position("stackyard.yaml", 3))
    ground = _Ground(replace(system(resources=[own]), root=tmp_path))
    assert ground.in_place(own).image == "example/search:18"
    ground.note_image(own, 16, "example/search:16")
    ground.note_image(own, 18, "example/search:18")
    before = ground.in_place(own)
    assert (before.version, before.image) == (Version((16,)), "example/search:16")


def test_each_version_has_its_place_in_the_volume(tmp_path: Path) -> None:
    ground = _Ground(replace(system(resources=[postgres()]), root=tmp_path))
    data = "/var/lib/stackyard/data/db"
    assert (ground.live("db"), ground.seat("db", 17)) == (f"{data}/cluster", f"{data}/cluster")
    assert ground.seat("db", 18) == f"{data}/18/docker"
    assert ground.beside("db", "restored", "1") == f"{data}/.restores/restored-1"
