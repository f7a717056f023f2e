"""The verbs on what runs on an engine: in the right order, on the containers of this folder, and on nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from stackyard.errors import MachineError, PartError, StateError, UsageError
from stackyard.operate.compose.clean import clean, removals
from stackyard.operate.compose.running import PROJECT, Running
from stackyard.runner import Answer, Command
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.snapshot import Container
from stackyard.targets.local.state import Record

FOLDER = "com.docker.compose.project.working_dir"


class Engine:
    """Has some containers, answers every command in one way, and keeps what it was told."""

    def __init__(self) -> None:
        self.there: list[Container] = []
        self.told: list[str] = []
        self.answer: Callable[[str], Answer] = lambda _: Answer(0, "", "")

    def containers(self, project: str) -> tuple[Container, ...]:
        assert project == "shop-testing"
        return tuple(self.there)

    def ask(self, asked: Command | tuple[str, ...]) -> Any:
        argv = " ".join(asked.argv if isinstance(asked, Command) else asked)
        self.told.append(argv)
        answer = self.answer(argv)
        return answer if isinstance(asked, Command) else answer.output

    def names(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(self.ask(argv)).split())

    @property
    def done(self) -> list[str]:
        return [line for line in self.told if " ls " not in line and " logs " not in line]


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def running(tmp_path: Path, engine: Engine) -> Running:
    layout = Layout(tmp_path, "testing")
    layout.rendered.mkdir(parents=True)
    layout.summary_file.write_text(json.dumps({"system": "shop", "resources": ["db", "cache"]}))
    Record(layout.state_file).note(PROJECT, {"name": "shop-testing", "system": "shop"})
    made = Running(layout)
    made.eye = made.runner = cast(Any, engine)
    return made


def container(running: Running, service: str, number: int = 1, **more: Any) -> Container:
    labels = {"org.stackyard.part": more.pop("part", service), FOLDER: str(more.pop("folder", running.layout.rendered))}
    given = {"status": "running", "health": "healthy", **more}
    return Container(f"{service}-{number}", service, service, number, labels, "sha256:1", **given)


def test_what_others_stand_on_is_stopped_last_and_only_what_is_of_this_folder(running: Running, engine: Engine) -> None:
    engine.there = [
        container(running, "api", 1),
        container(running, "api", 2),
        container(running, "api-migrate", part="api", status="exited", health=""),
        container(running, "db"),
        container(running, "edge"),
        container(running, "db", folder="/srv/another/checkout"),
    ]
    engine.answer = lambda argv: Answer(0, "n1 n2" if "network ls" in argv else "", "")
    assert running.down() == ("edge", "api", "db")
    assert engine.done == [
        "docker stop edge-1",
        "docker stop api-1 api-2 api-migrate-1",
        "docker stop db-1",
        "docker rm --force api-1 api-2 api-migrate-1 db-1 edge-1",
        "docker network rm n1 n2",
    ]


def test_what_containers_said_can_be_read_when_they_are_gone(running: Running, engine: Engine) -> None:
    """LOG-01: people look for logs after a crash, when the system is down."""
    said = {"api-1": "2026-11-21T10:00:01Z up\n2026-11-21T10:00:03Z down\n", "db-1": "2026-11-21T10:00:02Z ready\n"}
    engine.answer = lambda argv: Answer(0, said.get(argv.split()[-1], "") if " logs " in argv else "", "")
    engine.there = [container(running, "api"), container(running, "db")]
    running.down()
    engine.there = []
    logs = running.logs()
    assert logs.parts() == {"api", "db"}
    lines = logs.read((), n=None, since=None, grep=None)
    assert [(one.id, one.line) for one in lines] == [("api-1", "up"), ("db", "ready"), ("api-1", "down")]
    assert [one.line for one in logs.read(("api",), n=1, since=None, grep=None)] == ["down"]
    assert list(logs.follow((), grep=None)) == []


def test_logs_that_cannot_be_kept_do_not_keep_a_system_up(running: Running, engine: Engine) -> None:
    engine.answer = lambda argv: Answer(0, "2026-11-21T10:00:01Z up\n" if " logs " in argv else "", "")
    engine.there = [container(running, "api")]
    running.layout.ended.write_text("somebody's file where a folder should be")
    assert running.down() == ("api",)


def test_a_restart_takes_what_is_needed_first_and_waits_for_it(running: Running, engine: Engine) -> None:
    engine.there = [container(running, name) for name in ("api", "db", "edge")]
    assert [one.id for one in running.restart(())] == ["db", "api-1", "edge"]
    assert engine.done == ["docker restart db-1", "docker restart api-1", "docker restart edge-1"]
    engine.told.clear()
    assert [(one.id, one.state) for one in running.restart(("api-1",))] == [("api-1", "ready")]
    assert engine.done == ["docker restart api-1"]


def test_a_name_that_does_not_run_is_not_guessed(running: Running, engine: Engine) -> None:
    with pytest.raises(StateError, match="nothing runs here"):
        running.restart(("api",))
    engine.there = [container(running, "api")]
    with pytest.raises(UsageError, match="no part apu runs here") as caught:
        running.restart(("apu",))
    assert caught.value.hint == "Did you mean api? There are: api, api-1."
    assert engine.done == []


def test_what_fails_after_a_restart_is_no_success(running: Running, engine: Engine) -> None:
    engine.there = [container(running, "api", status="exited", exit_code=3, health="")]
    with pytest.raises(PartError, match="api-1 did not become ready again: api-1 has ended with code 3"):
        running.restart(())


def test_a_system_that_never_ran_here_asks_no_engine(tmp_path: Path, engine: Engine) -> None:
    made = Running(Layout(tmp_path, "testing"))
    made.eye = made.runner = cast(Any, engine)
    assert (made.down(), made.status().parts, engine.told) == ((), (), [])


def test_volumes_go_by_name_and_with_data_only(running: Running, engine: Engine) -> None:
    """TOP-02: data outlives everything but an explicit clean."""
    image = json.dumps({"Repository": "shop-api", "Tag": "1", "ID": "sha256:a", "Size": "157MB"})
    said = {"image ls": image + "\n", "volume ls": "shop-testing_db-data\n"}
    engine.answer = lambda argv: Answer(0, next((text for key, text in said.items() if key in argv), ""), "")
    names = [
        (one.name.removeprefix(f"{running.layout.folder}/"), one.is_lasting) for one in removals(running, data=False)
    ]
    assert names == [("compose", False), ("summary.json", False), ("image shop-api:1", False)]
    whole = removals(running, data=True)
    assert [one.name for one in whole if one.is_lasting and "/" not in one.name] == ["volume shop-testing_db-data"]
    engine.told.clear()
    assert clean(running, whole) > 157e6
    assert engine.done == ["docker image rm shop-api:1", "docker volume rm shop-testing_db-data"]
    assert not running.layout.rendered.exists()


def test_what_another_target_needs_stays_with_its_data(running: Running, engine: Engine) -> None:
    folder = running.layout.folder
    (folder / "secrets").mkdir()
    (folder / "target").write_text("compose\n")
    named = {Path(one.name).name for one in removals(running, data=True)}
    assert {"secrets", "target", "compose.json"} <= named
    (folder / "data").mkdir()
    assert {Path(one.name).name for one in removals(running, data=True)} == named - {"secrets"}
    assert engine.done == []


def test_a_clean_that_was_killed_half_way_still_knows_what_is_left(running: Running, engine: Engine) -> None:
    (running.layout.folder / "target").write_text("compose\n")
    engine.answer = lambda argv: Answer(0, "v1\nv2\n" if "volume ls" in argv else "", "")
    order = [Path(one.name).name for one in removals(running, data=True)]
    assert order[-4:] == ["volume v1", "volume v2", "compose.json", "target"]


def test_nothing_is_cleaned_while_anything_is_there(running: Running, engine: Engine) -> None:
    engine.there = [container(running, "db", status="exited", health="")]
    with pytest.raises(StateError, match="the system runs") as caught:
        clean(running, removals(running, data=True))
    assert "stackyard down" in caught.value.hint
    assert running.layout.rendered.exists()


def test_an_image_that_another_environment_runs_on_stays_and_a_volume_in_use_is_an_error(
    running: Running, engine: Engine
) -> None:
    refusal = "Error response from daemon: conflict: unable to remove: container 1 is using it"
    image = json.dumps({"Repository": "shop-api", "Tag": "1", "ID": "sha256:a", "Size": "1kB"})
    engine.answer = lambda argv: Answer(0, image, "") if "image ls" in argv else Answer(1, "", refusal)
    found = tuple(one for one in removals(running, data=False) if one.name.startswith("image"))
    assert clean(running, found) == 0
    engine.answer = lambda argv: Answer(0, "v", "") if "volume ls" in argv else Answer(1, "", "volume is in use")
    lasting = tuple(one for one in removals(running, data=True) if one.name == "volume v")
    with pytest.raises((PartError, MachineError), match="the volume v cannot be removed"):
        clean(running, lasting)
