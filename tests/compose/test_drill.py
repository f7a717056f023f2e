"""The containers of a drill: the system's own over copies, with no way to anything else."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from stackyard.backup import elsewhere
from stackyard.backup.drill_report import Step
from stackyard.backup.elsewhere import Place
from stackyard.backup.sets import BackupSet, Finding, Kind
from stackyard.model.system import System
from stackyard.targets.compose import drill
from stackyard.targets.compose.render import render
from tests.compose.yard import case, inputs, systems

BACKUP = BackupSet("20260331T020000Z", "depot", "production", Kind.MANUAL, "2026-03-31T02:00:00Z", "", "", (), ())
SCRATCH = "/var/lib/stackyard/scratch"
PLACE = Place(
    BACKUP,
    f"{SCRATCH}/drill-7",
    "999:999",
    {"db": f"{SCRATCH}/drill-7/db"},
    {"cache": f"{SCRATCH}/drill-7/cache"},
    {"photos": f"{SCRATCH}/drill-7/.photos-data"},
)


@pytest.fixture
def depot(tmp_path: Path) -> System:
    return systems(tmp_path, case("everything"))["production"]


def drawn(system: System, place: Place = PLACE) -> dict[str, Any]:
    return drill.document(render(system, inputs(system)).document, system, "depot-production", place)


def test_services_run_as_they_always_do_and_reach_copies_by_the_names_of_the_originals(depot: System) -> None:
    """BAK-03: no address has to be changed, and none can lead to the original."""
    real = render(depot, inputs(depot)).document["services"]
    made = drawn(depot)["services"]
    for name in (
        "image",
        "entrypoint",
        "command",
        "configs",
        "secrets",
        "healthcheck",
        "user",
        "cap_drop",
        "read_only",
    ):
        assert made["api_drill"].get(name) == real["api"].get(name), name
    assert made["api_drill"]["environment"] == {**real["api"]["environment"], "STACKYARD_DRILL": "depot-production"}
    assert {name: one["networks"]["drill"]["aliases"] for name, one in made.items()} == {
        f"{name}_drill": [name] for name in ("db", "cache", "photos", "api", "legacy", "docs")
    }


def test_nothing_in_a_drill_has_another_network_a_volume_of_the_system_or_a_port(depot: System) -> None:
    made = drawn(depot)
    assert made["networks"] == {"drill": {"external": True, "name": "depot-production_drill"}}
    assert made["volumes"] == {"backups-scratch": {"external": True, "name": "depot-production_backups-scratch"}}
    scratch = [{"type": "volume", "source": "backups-scratch", "target": SCRATCH}]
    for name, one in made["services"].items():
        assert set(one["networks"]) == {"drill"}
        assert one.get("volumes") == (scratch if name.partition("_")[0] in ("db", "cache", "photos") else None)
        assert not one.keys() & {"ports", "depends_on", "build", "network_mode"}
        assert one["restart"] == "no"


def test_each_server_runs_over_its_copy_and_follows_nobody(depot: System) -> None:
    made = drawn(depot)["services"]
    assert made["db_drill"]["environment"]["PGDATA"] == f"{SCRATCH}/drill-7/db"
    assert {"archive_mode=off", "primary_conninfo=", "synchronous_standby_names="} <= set(made["db_drill"]["command"])
    assert made["cache_drill"]["command"][-4:] == ["--dir", f"{SCRATCH}/drill-7/cache", "--save", ""]
    assert f"{SCRATCH}/drill-7/.photos-data" in made["photos_drill"]["command"]
    assert {one["user"] for name, one in made.items() if name.partition("_")[0] in ("db", "cache", "photos")} == {
        "999:999"
    }


def test_what_was_not_brought_back_has_no_server(depot: System) -> None:
    place = Place(BACKUP, PLACE.scratch, PLACE.owner, PLACE.databases, {}, {})
    assert drawn(depot, place)["services"].keys() & {"db_drill", "cache_drill", "photos_drill"} == {"db_drill"}


def test_schedules_and_what_answers_nobody_are_not_started(depot: System) -> None:
    assert [one.name for one in drill.answering(depot)] == ["api", "legacy", "docs"]


def test_question_and_answer_come_over_as_they_were_given() -> None:
    steps = [Step("readiness of api", 1.5, "GET / is answered", counts=True, findings=(Finding("readiness", "no"),))]
    assert elsewhere.place_of(elsewhere.question(PLACE)) == PLACE
    assert elsewhere.steps_of(elsewhere.answer(steps)) == steps


def test_what_removes_it_all_waits_for_the_end_of_whoever_began_it(tmp_path: Path) -> None:
    """However that ends: the pipe closes, and only then Docker is asked."""
    log = tmp_path / "asked"
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$*" >>{log}\n[ "$1" = ps ] && echo abc def\nexit 0\n')
    docker.chmod(0o700)
    with subprocess.Popen(
        drill.remove("shop"),
        stdin=subprocess.PIPE,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        stdout=subprocess.DEVNULL,
    ):
        time.sleep(0.1)
        assert not log.exists()
    assert log.read_text().splitlines() == [
        "ps --all --quiet --filter label=org.stackyard.drill=shop",
        "rm --force --volumes abc def",
        "network inspect shop_drill",
        "network rm shop_drill",
    ]
