"""The supervisor with a real PostgreSQL, whose processes leave their session and hide their environment."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stackyard.targets.native.program import Program, ProgramProbe
from stackyard.targets.native.supervisor import processes

PORT = 21230
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def cluster(yard: Any) -> Program:
    """A new cluster and the program that serves it, as an ordinary user."""
    uid = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
    data = yard.folder / "data"
    data.mkdir(mode=0o700)
    os.chown(data, uid, -1)
    initdb = [str(BINARIES[-1] / "initdb"), "-D", str(data), "-U", "app", "-N", "--auth=trust"]
    subprocess.run(initdb, check=True, capture_output=True, user=uid, cwd="/")
    settings = f"port={PORT}\nlisten_addresses='127.0.0.1'\nunix_socket_directories=''\nfsync=off\n"
    (data / "postgresql.conf").write_text(settings)
    return Program(
        id="db",
        part="db",
        argv=(str(BINARIES[-1] / "postgres"), "-D", str(data)),
        cwd="/tmp",
        uid=uid,
        gid=pwd.getpwuid(uid).pw_gid,
        ports=(PORT,),
        probe=ProgramProbe("pidfile", path=f"{data}/postmaster.pid", interval=1.0),
        stop_signal="SIGINT",
    )


def relatives(yard: Any, leader: int) -> list[processes.Process]:
    """The processes of a running PostgreSQL, of which none carries our mark but the first."""

    def all_of_them() -> list[processes.Process] | None:
        first = processes.read(leader)
        found = processes.members(leader, first.started, "no mark") if first else []
        return found if len(found) >= 5 else None

    found: list[processes.Process] = yard.until(all_of_them)
    return found


@pytest.mark.real
@pytest.mark.skipif(not BINARIES, reason="needs a PostgreSQL in /usr/lib/postgresql")
def test_postgresql_starts_survives_a_kill_and_stops_fast_leaving_nothing(yard: Any) -> None:
    client = yard.launch()
    client.start([cluster(yard)])
    first = yard.ready(client, "db")["db"]
    family = relatives(yard, first)
    assert len({process.session for process in family}) > 1  # its processes have sessions of their own
    stuck = next(process for process in family if process.pid != first)
    os.kill(stuck.pid, signal.SIGSTOP)  # it cannot see that its postmaster is dead
    os.kill(first, signal.SIGKILL)
    yard.until(lambda: yard.one(client, "db").pid not in (first, None))
    second = yard.ready(client, "db")["db"]
    assert not any(processes.is_running(process.pid, process.started) for process in family)
    family = relatives(yard, second)
    client.stop([["db"]])
    assert not any(processes.is_running(process.pid, process.started) for process in family)
    assert "received fast shutdown request" in yard.log("db")
