"""What containers mean in the words of `status`, the same for every target."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackyard.observe.compose_status import status_of
from stackyard.observe.status import read
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.snapshot import Container
from stackyard.targets.native.layout import Layout as NativeLayout

SUMMARY = {
    "system": "shop",
    "addresses": ["https://shop.localhost", "localhost:5432"],
    "places": {"edge": "https://shop.localhost", "db": "localhost:5432", "api-1": "localhost:8000"},
    "resources": ["db"],
}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path, "testing")
    made.folder.mkdir(parents=True)
    made.summary_file.write_text(json.dumps(SUMMARY))
    return made


def container(service: str, number: int = 1, *, part: str = "", status: str = "running", **more: Any) -> Container:
    labels = {"org.stackyard.part": part or service}
    return Container(f"id-{service}-{number}", service, service, number, labels, "sha256:1", status, **more)


def test_every_container_is_a_part_with_its_address_and_a_sentence(layout: Layout) -> None:
    """TOP-13: what runs, since when, where, and why not."""
    found = status_of(
        layout,
        (
            container("api", 1, health="healthy", pid=11, since="2026-11-21T08:39:33.123456789Z"),
            container("api", 2, health="starting", checks=("connection refused\n",), restarts=1),
            container("db", health="healthy"),
            container("edge", health="unhealthy", checks=("", "answered 502")),
            container("worker"),
        ),
    )
    assert [(one.id, one.part, one.state, one.address, one.sentence) for one in found.parts] == [
        ("api-1", "api", "ready", "localhost:8000", "api-1 is healthy"),
        ("api-2", "api", "starting", "", "api-2 is not ready yet: connection refused"),
        ("db", "db", "ready", "localhost:5432", "db is healthy"),
        ("edge", "edge", "unhealthy", "https://shop.localhost", "edge fails its health check: answered 502"),
        ("worker-1", "worker", "ready", "", "worker-1 runs; it has no health check"),
    ]
    assert (found.parts[0].pid, found.parts[0].since, found.parts[1].restarts) == (11, 1795250373.0, 1)
    assert (found.target, found.mode, found.is_up) == ("compose", "detached", False)


@pytest.mark.parametrize(
    ("status", "more", "state", "sentence"),
    [
        ("exited", {}, "stopped", "has ended"),
        ("exited", {"exit_code": 3}, "failed", "has ended with code 3"),
        ("exited", {"exit_code": 143}, "stopped", "was stopped"),
        ("exited", {"exit_code": 130, "found": {"Config": {"StopSignal": "SIGINT"}}}, "stopped", "was stopped"),
        ("exited", {"exit_code": 137}, "failed", "has ended with code 137"),
        (
            "exited",
            {"exit_code": 137, "is_out_of_memory": True},
            "failed",
            "was killed: it wanted more memory than its",
        ),
        ("restarting", {"exit_code": 1}, "backoff", "has ended with code 1; the engine starts it again"),
        (
            "created",
            {"error": "port is already allocated"},
            "failed",
            "could not be started: port is already allocated",
        ),
        ("created", {}, "idle", "was never started"),
        ("paused", {}, "stopped", "is paused"),
        ("dead", {"exit_code": 9}, "failed", "has ended with code 9"),
    ],
)
def test_what_does_not_run_says_why(
    layout: Layout, status: str, more: dict[str, Any], state: str, sentence: str
) -> None:
    (part,) = status_of(layout, (container("api", status=status, **more),)).parts
    assert part.state == state
    assert part.sentence.startswith(f"api-1 {sentence}")


def test_a_job_counts_only_while_it_runs_or_when_it_has_failed(layout: Layout) -> None:
    done = container("api-migrate", part="api", status="exited")
    failed = container("api-migrate", part="api", status="exited", exit_code=1)
    assert status_of(layout, (done,)).parts == ()
    assert [one.state for one in status_of(layout, (failed,)).parts] == ["failed"]
    assert [one.id for one in status_of(layout, (container("api-migrate", part="api"),)).parts] == ["api-migrate-1"]


def test_the_json_has_the_same_shape_on_every_target(layout: Layout) -> None:
    """TGT-01: the same command with the same output wherever it runs."""
    (layout.folder / "scale.json").write_text('{"api": 3}')
    on_compose = status_of(layout, ()).to_json()
    on_native = read(NativeLayout(layout.root, layout.environment)).to_json()
    assert on_compose.pop("target") == "compose"
    assert on_native.pop("target") == "native"
    assert on_compose == on_native
    assert on_native["scaled"] == {"api": 3}
