"""How many of a service run: recorded beside what runs, kept until taken back, and nothing deployed in passing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from stackyard.errors import PartError, StateError, UsageError
from stackyard.model.system import System
from stackyard.observe.status import scaled
from stackyard.operate import scale
from stackyard.operate.apply import Progress
from stackyard.plan.element import Kind
from stackyard.plan.step import Downtime, Plan, Step, Verb
from stackyard.spec.load import load
from stackyard.targets.local.layout import Layout

FILE = """\
system: shop
services:
  api: {build: ./api, command: serve, port: 8000, replicas: 2}
  worker: {build: ./api, command: work}
  nightly: {build: ./api, command: tidy, schedule: "0 3 * * *"}
  web: {static: ./web}
edge: {host: shop.localhost, routes: {/api: api, /: web}}
"""
START = Step(Verb.START, "api-3", "it does not run", Downtime.NONE, "process:api-3", Kind.PROCESS, "api")
INSTALL = Step(
    Verb.INSTALL, "the packages of api", "changed: packages", Downtime.NONE, "e:api", Kind.ENVIRONMENT, "api"
)


class Recorder:
    """Verbs of a target that plans what it is told to, and notes which systems it was asked about."""

    def __init__(self, *, runs: bool, pending: tuple[Step, ...] = (), error: Exception | None = None) -> None:
        self.runs = runs
        self.pending = pending
        self.error = error
        self.seen: list[tuple[str, int]] = []
        self.recorded: dict[str, int] = {}

    def is_running(self) -> bool:
        return self.runs

    def begin(self, system: System, command: str) -> Work:
        self.seen.append((command, system.service("api").replicas))
        return Work(self, system, command)


class Work:
    def __init__(self, verbs: Recorder, system: System, command: str) -> None:
        self.verbs, self.system, self.command = verbs, system, command

    def __enter__(self) -> Work:
        return self

    def __exit__(self, *_: object) -> None: ...

    def plan(self) -> Plan:
        steps = self.verbs.pending if self.command == "plan" else (START,)
        return Plan("shop", "development", "native", steps)

    def up(self, *, detached: bool, tell: Callable[[Progress], None]) -> str:
        self.verbs.recorded = scaled(Layout(self.system.root, self.system.environment))
        if self.verbs.error:
            raise self.verbs.error
        tell(Progress(START, "done"))
        return "up" if detached else "in the foreground"


@pytest.fixture
def system(tmp_path: Path) -> System:
    for name in ("api", "web"):
        (tmp_path / name).mkdir()
    (tmp_path / "api" / "requirements.txt").touch()
    (tmp_path / "web" / "index.html").touch()
    (tmp_path / "stackyard.yaml").write_text(FILE)
    return load(tmp_path)


def told(system: System) -> dict[str, int]:
    return {one.service: one.told for one in scale.replicas(system) if one.told is not None}


def try_scale(verbs: Recorder, system: System, **wanted: int) -> tuple[Any, list[str]]:
    seen: list[str] = []

    def show(plan: Plan) -> Callable[[Progress], None]:
        seen.extend(map(str, plan.steps))
        return lambda progress: seen.append(progress.state)

    return scale.scale(cast(Any, verbs), system, wanted, show), seen


def test_what_is_told_stands_in_for_the_file_until_it_is_the_same_again(system: System) -> None:
    """SCALE-01: as many as are wanted, said in one command."""
    idle = Recorder(runs=False)
    assert try_scale(idle, system, api=5, worker=2) == (None, [])
    assert told(system) == {"api": 5, "worker": 2}
    loaded = scale.load(system.root, "development")
    assert [(one.name, one.replicas) for one in loaded.services] == [
        ("api", 5),
        ("worker", 2),
        ("nightly", 1),
        ("web", 1),
    ]
    assert scale.notices(loaded)[0] == (
        "api: 5 of it, as `stackyard scale` was told; `stackyard scale --reset api` goes back to the stack file"
    )
    try_scale(idle, system, api=2)
    assert told(system) == {"worker": 2}
    try_scale(idle, system, **scale.reset(system, ()))
    assert told(system) == {}
    assert not (system.root / ".stackyard/development/scale.json").exists()


def test_a_running_system_is_brought_in_line_with_the_plan_that_was_shown(system: System) -> None:
    verbs = Recorder(runs=True)
    assert try_scale(verbs, system, api=3) == ("up", ["start api-3: it does not run", "done"])
    assert verbs.seen == [("scale", 3), ("plan", 2)]
    assert verbs.recorded == {"api": 3}


def test_other_changes_that_wait_are_not_deployed_in_passing(system: System) -> None:
    with pytest.raises(StateError, match="other changes wait") as caught:
        try_scale(Recorder(runs=True, pending=(START, INSTALL)), system, api=3)
    assert caught.value.details == ("install the packages of api: changed: packages",)
    assert told(system) == {}
    # What merely does not run is no change: it is started on the way.
    try_scale(Recorder(runs=True, pending=(START,)), system, api=3)
    assert told(system) == {"api": 3}


def test_a_failure_leaves_the_number_that_was(system: System) -> None:
    try_scale(Recorder(runs=False), system, api=4)
    with pytest.raises(PartError):
        try_scale(Recorder(runs=True, error=PartError("api", "api-9 did not become ready")), system, api=9)
    assert told(system) == {"api": 4}


@pytest.mark.parametrize("word", ["api", "api=", "api=0", "api=1001", "api=-1", "api=two", "api=99999999999", "api=２"])
def test_a_number_of_replicas_is_one_to_a_thousand(system: System, word: str) -> None:
    with pytest.raises(UsageError, match="no service with a number of replicas"):
        scale.wanted_of(system, [word])


@pytest.mark.parametrize(("name", "hint"), [("apy", "Did you mean api?"), ("web", "api, worker"), ("nightly", "api")])
def test_only_services_that_run_all_the_time_can_be_scaled(system: System, name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no service {name}") as caught:
        scale.wanted_of(system, [f"{name}=2"])
    assert hint in caught.value.hint


@pytest.mark.parametrize("text", ["", "[]", "{", '{"api": "3"}', '{"api": 0}', '{"gone": 3}'])
def test_a_record_that_is_no_number_of_something_there_changes_nothing(system: System, text: str) -> None:
    folder = system.root / ".stackyard/development"
    folder.mkdir(parents=True)
    (folder / "scale.json").write_text(text)
    assert scale.load(system.root, "development") == system
    assert scale.notices(system) == ()


def test_what_may_be_started_ahead_is_forgotten_for_it_was_noted_for_another_number(system: System) -> None:
    note = system.root / ".stackyard/development/run/ahead.json"
    note.parent.mkdir(parents=True)
    note.write_text(json.dumps({"programs": []}))
    try_scale(Recorder(runs=False), system, api=3)
    assert not note.exists()
