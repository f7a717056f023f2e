"""One look at an engine, from answers as Docker gives them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackyard.errors import MachineError
from stackyard.runner import Answer, Command
from stackyard.targets.compose.snapshot import Eye

CONTAINER: dict[str, Any] = {
    "Id": "aa11",
    "Name": "/shop-testing-api-2",
    "RestartCount": 1,
    "Image": "sha256:77",
    "State": {
        "Status": "running",
        "ExitCode": 0,
        "OOMKilled": False,
        "Error": "",
        "Pid": 4711,
        "StartedAt": "2026-01-01T12:00:00.5Z",
        "Health": {"Status": "starting", "Log": [{"ExitCode": 1, "Output": "refused\n"}]},
    },
    "Config": {
        "Labels": {
            "com.docker.compose.service": "api",
            "com.docker.compose.container-number": "2",
            "com.docker.compose.oneoff": "False",
            "com.docker.compose.project.working_dir": "/srv/shop/.stackyard/testing/compose",
        }
    },
    "HostConfig": {"PortBindings": {"8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "24000"}]}},
    "NetworkSettings": {"Networks": {"shop_services": {"IPAddress": "172.20.0.3"}}},
}
IMAGE = {
    "Id": "sha256:77",
    "RepoTags": ["postgres:16", "shop-api:1"],
    "RepoDigests": ["postgres@sha256:99"],
    "Config": {"Labels": {"a": "b"}, "Entrypoint": ["/entry"], "Cmd": ["serve"], "Env": ["A=1", "B=2=3"]},
}


class Engine:
    """Answers by the first words that it is asked."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.asked: list[tuple[str, ...]] = []

    def ask(self, command: Command) -> Answer:
        self.asked.append(command.argv)
        return self.answers[command.argv[1]]


def said(*things: Any) -> Answer:
    return Answer(0, json.dumps(things), "")


def test_a_container_as_it_was_found() -> None:
    engine = Engine(ps=Answer(0, "aa11\n", ""), container=said(CONTAINER))
    (found,) = Eye(engine).containers("shop-testing")
    assert (found.name, found.service, found.number, found.status, found.health) == (
        "shop-testing-api-2", "api", 2, "running", "starting",
    )  # fmt: skip
    assert (found.ports, found.pid, found.restarts, found.checks) == ((24000,), 4711, 1, ("refused",))
    assert not found.is_one_off
    assert not found.is_ready
    assert found.folder == "/srv/shop/.stackyard/testing/compose"


def test_nothing_is_inspected_where_there_is_nothing() -> None:
    engine = Engine(ps=Answer(0, "", ""))
    assert Eye(engine).containers("shop-testing") == ()
    assert len(engine.asked) == 1


def test_a_container_that_went_in_the_meantime_is_no_error() -> None:
    gone = Answer(1, json.dumps([CONTAINER]), "Error response from daemon: No such container: bb22\n")
    engine = Engine(ps=Answer(0, "aa11\nbb22\n", ""), container=gone)
    assert len(Eye(engine).containers("shop-testing")) == 1


@pytest.mark.parametrize(
    "reference", ["postgres:16", "docker.io/library/postgres:16", "postgres@sha256:99", "sha256:77"]
)
def test_an_image_is_found_by_every_name_that_people_give_it(reference: str) -> None:
    found = Eye(Engine(image=said(IMAGE))).images([reference])
    assert found[reference].entrypoint == ("/entry",)
    assert found[reference].variables == {"A": "1", "B": "2=3"}


def test_images_that_are_not_there_are_left_out() -> None:
    absent = Answer(1, "[]\n", "Error response from daemon: No such image: redis:7\n")
    assert Eye(Engine(image=absent)).images(["redis:7"]) == {}


def test_an_engine_that_goes_away_is_an_error_and_not_an_empty_look() -> None:
    lost = Answer(1, "", "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?")
    with pytest.raises(MachineError, match="no engine answers"):
        Eye(Engine(ps=lost)).containers("shop-testing")
    with pytest.raises(MachineError, match="no engine answers"):
        Eye(Engine(image=lost)).images(["redis:7"])
