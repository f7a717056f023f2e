"""The command line on Docker Compose, as on the native target: the same words, the same output, the same shapes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Checkout, copy_example, ground

__all__ = ["ground"]

pytestmark = pytest.mark.engine

EJECTED = "https://127.0.0.1:25444"
PORTS = {"edge.http": 25080, "edge.https": 25443, "app-1": 25800, "db": 25432}


@pytest.fixture(scope="module")
def shop(ground: Path) -> Iterator[Checkout]:
    """The guestbook on Compose, up; the name is its own, for an engine has one system of each name."""
    made = copy_example("guestbook", ground / "verbs-on-compose")
    made.edit("stackyard.yaml", "system: guestbook", "system: verbs-guestbook")
    ports = made.folder / ".stackyard/development/ports.json"
    ports.parent.mkdir(parents=True)
    ports.write_text(json.dumps(PORTS))
    done = made.stackyard("up", "--detach", "--target", "compose", timeout=600)
    try:
        assert done.code == 0, f"{done.out}\n{done.error}"
        yield made
    finally:
        made.stackyard("down")
        made.stackyard("clean", "--data", "--yes")


def engine(*words: str) -> list[str]:
    found = subprocess.run(("docker", *words), capture_output=True, text=True, check=True, timeout=60)
    return found.stdout.split()


def of_system(kind: str) -> list[str]:
    label = "label=org.stackyard.system=verbs-guestbook"
    return engine(kind, "ls", *(("--all",) if kind == "container" else ()), "--quiet", "--filter", label)


def test_the_target_that_runs_is_known_from_then_on(shop: Checkout) -> None:
    assert (shop.folder / ".stackyard/development/target").read_text() == "compose\n"
    status = shop.status()
    assert (status["target"], status["is_up"], status["supervisor"]) == ("compose", True, None)
    assert {part["id"] for part in status["parts"]} == {"app-1", "db", "edge"}
    assert {part["state"] for part in status["parts"]} == {"ready"}
    planned = json.loads(shop.stackyard("plan", "--json").out)
    assert (planned["target"], planned["steps"]) == ("compose", [])


def test_it_cannot_run_on_two_targets_at_once(shop: Checkout) -> None:
    refused = shop.stackyard("up", "--detach", "--target", "native")
    assert refused.code == 1
    assert "runs on the target compose" in refused.error
    assert "stackyard down --target compose" in refused.error
    assert shop.status()["is_up"]


def test_logs_are_those_of_the_parts_and_found_by_their_words(shop: Checkout) -> None:
    """LOG-01: the logs of all parts in one place, searched."""
    rows = [json.loads(row) for row in shop.stackyard("logs", "--json", "-n", "500").out.splitlines()]
    assert {row["part"] for row in rows} == {"app", "db", "edge"}
    assert [row["ts"] for row in rows] == sorted(row["ts"] for row in rows)
    started = shop.stackyard("logs", "app", "--grep", "Uvicorn running").out
    assert "app-1" in started
    unknown = shop.stackyard("logs", "nobody")
    assert (unknown.code, "app, db, edge" in unknown.error) == (2, True)


def test_a_command_runs_as_the_service_does(shop: Checkout) -> None:
    asked = "import os; print(os.environ['DATABASE_URL'].split('@')[1].split(':')[0], os.getuid() != 0)"
    before = of_system("container")
    done = shop.stackyard("run", "app", "--", "python", "-c", asked)
    assert (done.code, done.out.split()) == (0, ["db", "True"]), done.error
    assert shop.stackyard("run", "app", "--", "sh", "-c", "exit 7").code == 7
    assert of_system("container") == before


def test_a_database_is_looked_into(shop: Checkout) -> None:
    stats = json.loads(shop.stackyard("db", "stats", "--json").out)
    assert stats["connections"] >= 1
    asked = shop.stackyard("db", "shell", "--", "-Atc", "SHOW transaction_read_only")
    assert asked.out.strip() == "on"


def test_a_restart_comes_back_ready_and_names_what_it_restarted(shop: Checkout) -> None:
    before = shop.pids()
    done = shop.stackyard("restart", "app")
    assert done.code == 0, done.error
    assert done.out.startswith("app-1: ready (pid ")
    now = shop.pids()
    assert (now["app-1"] != before["app-1"], now["db"]) == (True, before["db"])
    assert shop.stackyard("restart", "ap").code == 2


def test_scale_is_kept_by_up_and_taken_back(shop: Checkout) -> None:
    """SCALE-01, EDGE-07: more of a service behind the edge, in one command."""
    before = shop.pids()
    assert shop.stackyard("scale", "app=3").code == 0
    now = shop.pids()
    assert {"app-1", "app-2", "app-3"} <= now.keys()
    assert {name: now[name] for name in before} == before, "what ran was restarted"
    assert shop.status()["scaled"] == {"app": 3}
    assert json.loads(shop.stackyard("plan", "--json").out)["steps"] == []
    assert shop.stackyard("scale", "--reset", "app").code == 0
    # Which of the three stays is for Compose to say.
    assert sorted(part["part"] for part in shop.status()["parts"]) == ["app", "db", "edge"]


@pytest.mark.parametrize("words", [("status",), ("down",), ("logs",), ("clean",), ("restart",)], ids="-".join)
def test_without_docker_every_verb_says_so(shop: Checkout, tmp_path: Path, words: tuple[str, ...]) -> None:
    """No program `docker` is another thing than an engine that does not run."""
    given = shop.process()
    environment = {**given["env"], "PATH": str(tmp_path)}
    done = subprocess.run(
        shop.command(*words), **{**given, "env": environment}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: Docker is not installed: there is no program `docker`"), done.stderr


def test_clean_touches_what_bears_our_labels_and_data_only_by_name(shop: Checkout, ground: Path) -> None:
    """TOP-13: what is removed is named; data, and what belongs to others, stays."""
    foreign = "stackyard-test-foreign-volume"
    engine("volume", "create", foreign)
    try:
        running = shop.stackyard("clean", "--yes")
        assert (running.code, "the system runs" in running.error) == (1, True)
        assert shop.stackyard("down").out.startswith("stopped: edge, app, db")
        assert (of_system("container"), of_system("network")) == ([], [])
        (volume,) = of_system("volume")
        cleaned = shop.stackyard("clean")
        assert (cleaned.code, of_system("volume")) == (0, [volume])
        named = shop.stackyard("clean", "--data")
        assert (named.code, f"volume {volume}" in named.out, of_system("volume")) == (2, True, [volume])
        assert shop.stackyard("clean", "--data", "--yes").code == 0
        assert of_system("volume") == []
        assert foreign in engine("volume", "ls", "--quiet")
    finally:
        engine("volume", "rm", foreign)


def test_an_ejected_folder_runs_without_stackyard(ground: Path) -> None:
    """TGT-01: the way out is a folder that plain Docker Compose runs."""
    made = copy_example("guestbook", ground / "ejected")
    made.edit("stackyard.yaml", "system: guestbook", "system: ejected-guestbook")
    made.edit("stackyard.yaml", "host: guestbook.localhost", "host: guestbook.localhost, http: 25081, https: 25444")
    made.edit("stackyard.yaml", "port: 8000", "port: 25801")
    made.edit("stackyard.yaml", 'db: {postgres: ">=15"}', 'db: {postgres: ">=15", port: 25433}')
    ejected = json.loads(made.stackyard("render", "compose", "-o", "out", "--json").out)
    shutil.move(made.folder / ".stackyard", made.folder / "gone")
    compose = ["docker", "compose", *(word for name in ejected["order"] for word in ("-f", name))]
    folder = made.folder / "out"
    try:
        up = [*compose, "up", "-d", "--build", "--wait"]
        done = subprocess.run(up, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, done.stderr
        host = {"Host": "guestbook.localhost"}
        assert httpx.get(f"{EJECTED}/", headers=host, verify=False).status_code in (200, 404)
    finally:
        down = [*compose, "down", "--volumes", "--rmi", "local"]
        subprocess.run(down, cwd=folder, capture_output=True, check=False, timeout=120)
