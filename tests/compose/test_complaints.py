"""What Docker says, and what people are told of it."""

from __future__ import annotations

import pytest

from stackyard.errors import MachineError, PartError
from stackyard.targets.compose import complaints

PORT = (
    " Container shop-edge-1  Starting",
    "Error response from daemon: failed to set up container networking: driver failed programming external "
    "connectivity on endpoint shop-edge-1 (80162d): Bind for 127.0.0.1:24000 failed: port is already allocated",
)
BUSY = (
    "Error response from daemon: failed to set up container networking: driver failed programming external "
    "connectivity on endpoint shop-db-1 (0a8b): failed to bind host port for 127.0.0.1:5432:172.18.0.2:5432/tcp: "
    "address already in use",
)


def test_a_port_that_a_container_holds_is_named_with_its_holder() -> None:
    error = complaints.general("edge cannot be started", PORT, owner=lambda port: f"the container other-{port}")
    assert isinstance(error, MachineError)
    assert error.what == "port 24000 is held by the container other-24000"


def test_a_port_that_a_process_holds_is_named() -> None:
    assert complaints.general("db cannot be started", BUSY).what == "port 5432 is held by another process"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("write /var/lib/docker/x: no space left on device", "the disk of the engine is full"),
        (
            "failed to create network shop_front: Error response from daemon: invalid pool request: Pool overlaps with "
            "other one on this address space",
            "a network of this system overlaps one that is there already",
        ),
        (
            "Error response from daemon: all predefined address pools have been fully subnetted",
            "the engine has no range of addresses left for another network",
        ),
        (
            "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
            "Docker does not run: no engine answers",
        ),
    ],
)
def test_what_the_machine_lacks(said: str, told: str) -> None:
    error = complaints.general("api cannot be started", [said])
    assert isinstance(error, MachineError)
    assert error.what == told
    assert error.hint
    assert error.details == (said,)


def test_anything_else_is_told_with_what_was_said() -> None:
    error = complaints.general(
        "api cannot be started",
        ["time=x level=warning", "", "  37 | RUN x", "service api refers to nothing"],
        part="api",
    )
    assert isinstance(error, PartError)
    assert (error.part, error.what, error.details) == (
        "api",
        "api cannot be started",
        ("service api refers to nothing",),
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("manifest for postgres:99 not found: manifest unknown", "the registry has no such image"),
        (
            "pull access denied for shop, repository does not exist",
            "it does not exist, or the registry wants to know who you are",
        ),
        ("dial tcp: lookup registry-1.docker.io: no such host", "the registry cannot be reached"),
        (
            "toomanyrequests: You have reached your pull rate limit",
            "the registry has answered enough questions for now",
        ),
    ],
)
def test_an_image_that_cannot_be_fetched(said: str, told: str) -> None:
    error = complaints.pull("postgres:99", [said])
    assert error.what == f"the image postgres:99 cannot be fetched: {told}"
    assert error.hint


def test_a_build_that_fails_shows_its_last_words_and_not_its_progress() -> None:
    said = ["#5 sha256:aa 1MB / 2MB", "#9 CACHED", "#9 0.7 error: no such package", "failed to solve: exit code: 2"]
    error = complaints.build("api", said, "/log/build-api.txt")
    assert error.what == "the image of api cannot be built"
    assert error.details == ("#9 0.7 error: no such package", "failed to solve: exit code: 2")
    assert "/log/build-api.txt" in error.hint


def test_a_build_on_a_full_disk_says_so() -> None:
    assert complaints.build("api", ["no space left on device"], "x").what == "the disk of the engine is full"
