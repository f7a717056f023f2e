"""What goes wrong on a real engine: one sentence, what it was said by, and nothing half-done left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stackyard.errors import MachineError, PartError, StackyardError, StateError
from stackyard.operate.apply import Progress
from stackyard.plan.element import Kind

from .shop import Shop, docker, shop

pytestmark = pytest.mark.engine


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Shop]:
    with shop(tmp_path, "stackyard-broken") as made:
        yield made


def failure(made: Shop) -> StackyardError:
    """What `up` fails with."""
    with pytest.raises(StackyardError) as caught:
        made.up()
    return caught.value


def test_a_build_that_fails_says_why_and_leaves_nothing_running(broken: Shop) -> None:
    broken.edit('version = "1"', 'version = "1"\ndependencies = ["no-such-package-of-stackyard"]', "api/pyproject.toml")
    error = failure(broken)
    assert isinstance(error, PartError)
    assert error.what == "the image of api cannot be built"
    assert any("no-such-package-of-stackyard" in line for line in error.details)
    assert broken.running() == []


def test_a_disk_that_is_full_in_the_middle_of_a_build_is_named(broken: Shop) -> None:
    """The kernel's own word for it, from the one device that always has it."""
    setup = "from setuptools import setup\nopen('/dev/full', 'w', buffering=1).write('much\\n')\nsetup()\n"
    (broken.folder / "api/setup.py").write_text(setup)
    error = failure(broken)
    assert (type(error), error.what) == (MachineError, "the disk of the engine is full")
    assert "docker system df" in error.hint
    assert broken.running() == []


def test_a_migration_that_fails_keeps_new_code_from_traffic(broken: Shop) -> None:
    (broken.folder / "api/migrate.py").write_text("raise SystemExit('the table is locked')")
    error = failure(broken)
    assert error.what == "the migration of api failed with code 1: `python -I -S migrate.py`"
    assert "the table is locked" in "\n".join(error.details)
    assert broken.running() == []
    (broken.folder / "api/migrate.py").write_text("print('done')")
    broken.up()
    assert broken.running() == ["api-1", "cache-1", "db-1"]


def test_a_service_that_ends_at_once_is_told_with_its_last_words(broken: Shop) -> None:
    (broken.folder / "api/server.py").write_text("raise SystemExit('no such table: things')")
    error = failure(broken)
    assert "ended" in error.what
    assert error.details[-1] == "no such table: things"
    assert broken.running() == []


def test_a_service_that_never_answers_is_told_with_what_its_check_said(broken: Shop) -> None:
    (broken.folder / "api/server.py").write_text("import time\nprint('thinking', flush=True)\ntime.sleep(600)")
    error = failure(broken)
    assert error.what.startswith("api does not pass its health check: port 24500: ")
    assert error.details == ("thinking",)
    assert broken.running() == []


def test_a_port_that_somebody_else_holds_is_named_with_its_holder(broken: Shop) -> None:
    broken.layout.folder.mkdir(parents=True)
    broken.layout.ports_file.write_text('{"db": 24501, "cache": 24502, "api-1": 24500}')
    with socket.create_server(("127.0.0.1", 24501)):
        assert failure(broken).what.startswith("port 24501 of db is held by ")
    name = docker("run", "--detach", "--publish", "127.0.0.1:24501:1", "--entrypoint", "sleep", "redis:7", "60")
    try:
        assert failure(broken).what.startswith("port 24501 of db is held by the container ")
    finally:
        docker("rm", "--force", name)
    assert broken.containers() == {}


def test_a_network_that_overlaps_another_is_said_so(broken: Shop) -> None:
    docker("network", "create", "--subnet", "10.213.0.0/24", "stackyard-broken-other")
    try:
        broken.edit("system: stackyard-broken\n", "system: stackyard-broken\nnetwork: 10.213.0.0/24\n")
        error = failure(broken)
    finally:
        docker("network", "rm", "stackyard-broken-other")
    assert isinstance(error, MachineError)
    assert "overlaps" in error.what
    assert "`network:`" in error.hint
    assert broken.running() == []


def test_an_image_that_does_not_exist_is_named(broken: Shop) -> None:
    broken.edit("{redis: 7,", "{redis: 7, image: 'localhost:1/nobody/redis:7',")
    error = failure(broken)
    assert error.what.startswith("the image localhost:1/nobody/redis:7 cannot be fetched: ")
    assert broken.running() == []


def test_a_volume_that_is_not_ours_is_not_touched(broken: Shop) -> None:
    docker("volume", "create", "stackyard-broken-testing_db-data")
    try:
        error = failure(broken)
    finally:
        docker("volume", "rm", "stackyard-broken-testing_db-data")
    assert isinstance(error, StateError)
    assert error.what == "there is a volume stackyard-broken-testing_db-data that is not Stackyard's"


def test_another_checkout_of_the_same_name_is_told_where_the_first_is(broken: Shop, tmp_path: Path) -> None:
    broken.up()
    other = Shop(tmp_path / "other", broken.name)
    error = failure(other)
    assert isinstance(error, StateError)
    assert str(broken.layout.rendered) in error.what
    assert broken.running() == ["api-1", "cache-1", "db-1"]


def test_an_engine_that_does_not_run_changes_nothing(broken: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    assert failure(broken).what == "Docker does not run: no engine answers"
    assert not broken.layout.rendered.exists()


@pytest.mark.parametrize("moment", [Kind.SITE, Kind.PROCESS, Kind.CATALOG, Kind.MIGRATION])
def test_an_interrupt_takes_back_what_was_started(broken: Shop, moment: Kind) -> None:
    interrupted = threading.Event()
    # Another source each time: what was built once is not built again.
    broken.edit("version 1", f"{time.time_ns()}", "api/server.py")

    def interrupt(progress: Progress) -> None:
        if progress.step.kind is moment and progress.state == "begun":
            interrupted.set()

    with pytest.raises(KeyboardInterrupt):
        broken.up(interrupt, interrupted)
    assert broken.running() == []


@pytest.mark.parametrize(
    ("moment", "victim"), [pytest.param("catalog:db", "db", marks=pytest.mark.long), ("process:api", "cache")]
)
def test_a_container_that_dies_in_the_middle_of_up_is_no_success(broken: Shop, moment: str, victim: str) -> None:
    def kill(progress: Progress) -> None:
        if progress.step.element == moment and progress.state == "begun":
            docker("kill", broken.containers()[f"{victim}-1"].id)

    with pytest.raises(StackyardError) as caught:
        broken.up(kill)
    assert victim in str(caught.value)
    assert broken.running() == []
    broken.up()
    assert broken.running() == ["api-1", "cache-1", "db-1"]
    assert broken.steps() == []


def test_a_migration_that_a_killed_up_left_behind_is_waited_for(broken: Shop) -> None:
    (broken.folder / "api/migrate.py").write_text(
        "import time\nprint('begun', flush=True)\ntime.sleep(6)\nprint('over')"
    )
    process = _cli(broken, "up", "--detach", "--target", "compose")
    _until(lambda: any("migrate" in name for name in _jobs(broken)), "no migration began")
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert _jobs(broken), "the engine runs it on"
    broken.up()
    assert broken.running() == ["api-1", "cache-1", "db-1"]
    assert not _jobs(broken)


@pytest.mark.parametrize("seconds", [0.4, 1.0, 1.6, 2.4])
def test_wherever_up_is_killed_the_next_one_ends_well(broken: Shop, seconds: float) -> None:
    process = _cli(broken, "up", "--detach", "--target", "compose")
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    broken.up()
    assert broken.running() == ["api-1", "cache-1", "db-1"]
    assert broken.steps() == []


def _cli(made: Shop, *words: str) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", "stackyard.cli.main", *words, "--file", "stackyard.yaml", "--env", "testing"]
    return subprocess.Popen(argv, cwd=made.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=os.environ)


def _jobs(made: Shop) -> list[str]:
    return [one.name for one in made.eye.containers(made.project) if one.is_one_off]


def _until(condition: Callable[[], bool], what: str, limit: float = 60.0) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
