"""What an engine must be, and what people are told where it is not: answers of `docker info`, as they were given."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackyard.errors import MachineError
from stackyard.runner import Answer
from stackyard.targets.compose.engine import Engine, judge, numbers


def answer(complaint: str = "", code: int = 0, **changes: Any) -> Answer:
    """An engine with a client that has Compose, but for the changes."""
    found: dict[str, Any] = {
        "ServerVersion": "28.5.2+dfsg4",
        "NCPU": 2,
        "MemTotal": 8_000_000_000,
        "OSType": "linux",
        "DockerRootDir": "/var/lib/docker",
        "Name": "here",
        "ClientInfo": {
            "Plugins": [{"Name": "buildx", "Version": "0.29.1"}, {"Name": "compose", "Version": "v2.40.3-3"}]
        },
        **changes,
    }
    return Answer(code, json.dumps(found), complaint)


def refusal(given: Answer) -> MachineError:
    with pytest.raises(MachineError) as caught:
        judge(given)
    assert caught.value.hint
    return caught.value


def test_an_engine_that_can_be_used() -> None:
    assert judge(answer()) == Engine((28, 5, 2), (2, 40, 3), 2, 8_000_000_000, "/var/lib/docker", "here")


def test_docker_that_is_not_installed() -> None:
    assert "not installed" in refusal(Answer(127, "", "docker: No such file or directory")).what


def test_an_engine_that_does_not_run() -> None:
    said = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
    error = refusal(answer(said, 1, ServerVersion=""))
    assert error.what == "Docker does not run: no engine answers"
    assert error.details == (said,)


def test_an_engine_that_one_may_not_talk_to() -> None:
    said = "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock"
    assert "may not talk to Docker" in refusal(answer(said, 1, ServerVersion="")).what


def test_an_engine_that_does_not_answer_in_time() -> None:
    error = refusal(Answer(124, "", "docker did not answer within 20 s"))
    assert error.details == ("docker did not answer within 20 s",)


@pytest.mark.parametrize("version", ["24.0.9", "20.10.24+dfsg1"])
def test_an_engine_that_is_too_old(version: str) -> None:
    assert refusal(answer(ServerVersion=version)).what.endswith("is too old: 25.0 or newer is needed")


def test_a_client_without_compose() -> None:
    assert "no Compose v2" in refusal(answer(ClientInfo={"Plugins": []})).what
    assert "no Compose v2" in refusal(answer(ClientInfo={"Plugins": None})).what


def test_a_compose_that_is_too_old() -> None:
    plugins = [{"Name": "compose", "Version": "v2.17.2"}]
    assert refusal(answer(ClientInfo={"Plugins": plugins})).what.startswith("Docker Compose 2.17.2 is too old")


def test_an_engine_of_windows() -> None:
    assert "Linux" in refusal(answer(OSType="windows")).what


def test_the_numbers_of_versions() -> None:
    assert [numbers(text) for text in ("v2.40.3-3", "28.5.2+dfsg4", "dev")] == [(2, 40, 3), (28, 5, 2), ()]
