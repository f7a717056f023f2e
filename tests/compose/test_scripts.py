"""The scripts that run inside containers, run here: probes against a server, the times of a schedule."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import resources
from pathlib import Path

import pytest
from cronsim import CronSim

from stackyard.model.system import Postgres, PythonSource, Service
from stackyard.model.values import Position, Version
from stackyard.targets.compose.parts.cron import script
from stackyard.targets.compose.parts.postgres import start_script

SCRIPTS = Path(str(resources.files("stackyard.targets.compose"))) / "scripts"
PROBES = {
    "python": (sys.executable, "-I", "-S", str(SCRIPTS / "probe.py")),
    "shell": ("/bin/sh", str(SCRIPTS / "probe.sh")),
}


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # the name is the library's
        self.send_response({"/fine": 200, "/moved": 307, "/away": 503}[self.path])
        self.send_header("Location", "/fine")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """A server on loopback."""
    server = HTTPServer(("127.0.0.1", 0), _Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
@pytest.mark.parametrize(("path", "fine"), [("/fine", True), ("/moved", True), ("/away", False), ("", True)])
def test_a_probe_sees_whether_a_service_answers(probe: tuple[str, ...], path: str, fine: bool, port: int) -> None:
    """TOP-01: a status from 200 to 399 is healthy, a connection is enough where no path is given."""
    done = subprocess.run([*probe, str(port), "2", *([path] if path else [])], capture_output=True, timeout=20)
    assert (done.returncode == 0) is fine, done.stderr


@pytest.mark.parametrize("tool", ["curl", "wget", "nc", "perl", "python3", "node", ""])
def test_a_probe_asks_with_whatever_an_image_has(tool: str, port: int, tmp_path: Path) -> None:
    found = sys.executable if tool == "python3" else shutil.which(tool)
    if tool and found is None:
        pytest.skip(f"no {tool} on this machine")
    if found is not None:
        (tmp_path / tool).symlink_to(Path(found).resolve())
    paths = [""] if tool == "nc" else ["", "/fine"]
    for path in paths if tool not in ("curl", "wget") else ["/fine"]:
        argv = [*PROBES["shell"], str(port), "2", path]
        done = subprocess.run(argv, env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=20)
        assert (done.returncode == 0) is bool(tool), done.stderr
        if not tool:
            assert "nothing in this image can ask" in done.stderr


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
def test_a_probe_of_nobody_fails_at_once(probe: tuple[str, ...]) -> None:
    done = subprocess.run([*probe, "1", "2", "/fine"], capture_output=True, timeout=20)
    assert done.returncode != 0


SCHEDULES = ("30 3 * * mon-fri", "*/15 0-5 1,15 * 7", "0 0 */2 * 1", "5 4 29 feb *", "0 12 13 * fri", "59 23 31 12 *")


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_loop_runs_at_the_times_of_the_schedule(schedule: str) -> None:
    """As the native target reads it: with both days given, either will do, unless one of them is a star."""
    begin, minutes = datetime(2027, 12, 26, tzinfo=UTC), 60 * 24 * 70
    expected: list[datetime] = []
    for moment in CronSim(schedule, begin - timedelta(minutes=1)):
        if moment >= begin + timedelta(minutes=minutes):
            break
        expected.append(moment)
    tried = sorted(
        {*expected[:40], *(begin + timedelta(hours=hour, minutes=7 * hour % 60) for hour in range(0, 1600, 3))}
    )
    service = Service("job", PythonSource(Path("/x")), Position("stackyard.yaml", 1), schedule=schedule)
    head = script(service).partition("while [ -z")[0].replace("trap stop TERM INT", "")
    lines = "".join(f"due {moment:%M %H %d %m %w} && echo {moment.isoformat()}\n" for moment in tried)
    done = subprocess.run(["/bin/sh"], input=f"{head}{lines}:\n", capture_output=True, text=True, check=True)
    assert done.stdout.split() == [moment.isoformat() for moment in tried if moment in set(expected)]


def test_the_loop_ends_at_once_when_it_is_told_to(tmp_path: Path) -> None:
    service = Service("job", PythonSource(Path("/x")), Position("stackyard.yaml", 1), schedule="* * * * *")
    file = tmp_path / "cron.sh"
    file.write_text("echo ready\n" + script(service))
    with subprocess.Popen(["/bin/sh", str(file), "true"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        process.stdout.close()
        assert process.wait(5) in (0, -15)


def test_the_loop_runs_its_command_when_it_is_told_to_and_waits_for_its_time_again(tmp_path: Path) -> None:
    service = Service("job", PythonSource(Path("/x")), Position("stackyard.yaml", 1), schedule="0 0 29 2 *")
    file = tmp_path / "cron.sh"
    file.write_text(script(service).replace("while [ -z", "echo ready\nwhile [ -z", 1))
    with subprocess.Popen(["/bin/sh", str(file), "echo", "it ran"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for _ in range(3):
            process.send_signal(signal.SIGUSR1)
            assert process.stdout.readline() == "it ran\n"
        process.terminate()
        process.stdout.close()
        assert process.wait(5) in (0, -15)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), {"alone", "creating"}),
        (("cluster/PG_VERSION",), {"alone", "cluster", "cluster/PG_VERSION"}),
        (("cluster/PG_VERSION", "creating"), {"alone", "creating"}),
    ],
    ids=["new", "whole", "cut short"],
)
def test_a_first_creation_that_was_cut_short_begins_again(
    before: tuple[str, ...], after: set[str], tmp_path: Path
) -> None:
    """TOP-11: init scripts run once, on a first creation that is whole; what was whole is never touched."""
    volume, programs = tmp_path / "volume", tmp_path / "bin"
    volume.mkdir()
    programs.mkdir()
    for name in before:
        (volume / name).parent.mkdir(exist_ok=True)
        (volume / name).write_text("16")
    (programs / "docker-entrypoint.sh").write_text('#!/bin/sh\necho "entered with $*"\n')
    (programs / "docker-entrypoint.sh").chmod(0o755)
    database = Postgres("db", Version((16,)), Position("stackyard.yaml", 1))
    text = start_script(database).replace("/var/lib/postgresql/data", str(volume))
    environment = {"PATH": f"{programs}:{os.defpath}", "PGDATA": str(volume / "cluster")}
    argv = ["/bin/sh", "-c", text, "start", "postgres", "-c", "x=y"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "entered with postgres -c x=y\n"
    assert {str(path.relative_to(volume)) for path in volume.rglob("*")} == after


def test_a_database_of_another_version_is_not_passed_by(tmp_path: Path) -> None:
    """TOP-02: an empty database beside the data would look like a loss."""
    volume = tmp_path / "volume"
    (volume / "cluster").mkdir(parents=True)
    (volume / "cluster/PG_VERSION").write_text("16\n")
    text = start_script(Postgres("db", Version((18,)), Position("stackyard.yaml", 1)))
    environment = {"PATH": os.defpath, "PGDATA": str(volume / "18/docker")}
    argv = ["/bin/sh", "-c", text.replace("/var/lib/postgresql", str(volume)), "start", "postgres"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "stackyard: the data here is of PostgreSQL 16, which this server cannot open\n"
    assert sorted(path.name for path in volume.iterdir()) == ["alone", "cluster"]
