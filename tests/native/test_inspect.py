"""What is there already: the record, the disk and the supervisor's word, put side by side with what is wanted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from stackyard.errors import StateError
from stackyard.model.system import Objects, Redis, Tls
from stackyard.model.values import Version
from stackyard.targets.local.state import write_whole
from stackyard.targets.native import service_programs
from stackyard.targets.native.inspect import running_ports
from stackyard.targets.native.program import to_json
from stackyard.targets.native.supervisor.client import Client
from stackyard.targets.native.supervisor.places import Places, write_json

from .literals import edge, fetch, here, machine, postgres, service, site, system, with_source
from .yard import Supervisor, Yard, said


@pytest.fixture
def worker(tmp_path: Path) -> Yard:
    return Yard(system(service("worker"), root=tmp_path))


def test_where_nothing_is_nothing_is_seen(tmp_path: Path) -> None:
    yard = Yard(system(service("worker", "db"), resources=[postgres()], root=tmp_path))
    seen = yard.observed()
    assert set(seen) == {"tool:db", "files:secrets", "files:.logs", "settings:db"}
    assert seen["files:secrets"].broken == "to be made: db.postgres, db.shop_owner, db.shop_monitor, db.shop_worker"
    assert not yard.layout.folder.exists(), "looking must not change anything"


def test_a_tool_that_would_have_to_be_fetched_is_not_there(tmp_path: Path) -> None:
    yard = Yard(
        system(resources=[Redis("cache", Version((7,)), here())], root=tmp_path), tools={"cache": fetch("redis")}
    )
    assert "tool:cache" not in yard.observed()


def test_after_an_up_there_is_nothing_to_do(tmp_path: Path) -> None:
    cache, photos = Redis("cache", Version((7,)), here()), Objects("photos", here(), "pictures")
    one = system(service("worker", "cache", "photos"), site("web", script=""), resources=[cache, photos], root=tmp_path)
    yard = Yard(one)
    yard.make_all()
    running = [yard.runs(name) for name in ("cache", "photos", "worker-1")]
    assert yard.steps(*running) == {}
    assert yard.steps() == {f"process:{one.id}": "start: it does not run" for one in running}


@pytest.mark.parametrize("phase", ["ready", "starting", "waiting", "done"])
def test_what_the_supervisor_takes_care_of_is_left_to_it(worker: Yard, phase: str) -> None:
    worker.make_all()
    assert worker.steps(replace(worker.runs("worker-1"), phase=phase)) == {}


@pytest.mark.parametrize("phase", ["backoff", "unhealthy"])
def test_what_does_not_hold_is_no_reason_to_say_that_all_is_well(worker: Yard, phase: str) -> None:
    worker.make_all()
    crashing = replace(worker.runs("worker-1"), phase=phase, sentence="worker-1 exited with code 1")
    assert worker.steps(crashing) == {"process:worker-1": "start: worker-1 exited with code 1"}


@pytest.mark.parametrize("phase", ["stopped", "idle"])
def test_what_was_stopped_does_not_run(worker: Yard, phase: str) -> None:
    worker.make_all()
    assert worker.steps(replace(worker.runs("worker-1"), phase=phase)) == {"process:worker-1": "start: it does not run"}


def test_what_has_given_up_is_started_again_with_the_supervisors_reason(worker: Yard) -> None:
    worker.make_all()
    failed = replace(worker.runs("worker-1"), phase="failed", sentence="gave up after 8 failures")
    assert worker.steps(failed) == {"process:worker-1": "start: gave up after 8 failures"}
    between = replace(worker.runs("worker-1"), phase="starting", failures=2, sentence="starting again")
    assert worker.steps(between) == {"process:worker-1": "start: starting again"}
    assert worker.steps(replace(between, failures=0)) == {}


def test_a_process_that_the_file_no_longer_names_is_stopped(worker: Yard) -> None:
    worker.make_all()
    assert worker.steps(worker.runs("worker-1"), said("old-1", watch="{}")) == {
        "process:old-1": "stop: no longer in the stack file"
    }


@pytest.mark.parametrize("watch", ["", "{}", "not json"])
def test_a_process_of_which_nothing_is_known_is_restarted(worker: Yard, watch: str) -> None:
    worker.make_all()
    assert worker.steps(said("worker-1", watch=watch)) == {"process:worker-1": "restart: changed: definition, source"}


def test_an_edited_source_restarts_the_service_and_leaves_its_packages(worker: Yard) -> None:
    worker.make_all()
    running = worker.runs("worker-1")
    worker.machine = with_source(worker.machine, "worker", "edited")
    assert worker.steps(running) == {"process:worker-1": "restart: changed: source"}


def test_an_environment_without_its_python_is_installed_again(worker: Yard) -> None:
    worker.make_all()
    one = worker.system.service("worker")
    (service_programs.virtual_environment(one, worker.machine) / "bin" / "python").unlink()
    assert worker.steps(worker.runs("worker-1")) == {"environment:worker": "install: not installed yet"}


def test_an_install_that_was_cut_off_is_done_again(worker: Yard) -> None:
    worker.make_all()
    worker.record.forget("environment:")
    assert worker.steps(worker.runs("worker-1")) == {"environment:worker": "install: not installed yet"}


def test_a_front_end_that_is_not_served_is_built(tmp_path: Path) -> None:
    yard = Yard(system(site("web", script=""), root=tmp_path))
    yard.make_all()
    assert yard.steps() == {}
    (yard.layout.site("web") / "current" / "index.html").unlink()
    assert yard.steps() == {"site:web": "build: not built yet"}


@pytest.fixture
def cache(tmp_path: Path) -> Yard:
    yard = Yard(system(resources=[Redis("cache", Version((7,)), here())], root=tmp_path))
    yard.make_all()
    return yard


def test_a_configuration_that_somebody_edited_is_written_again_and_taken_in(cache: Yard) -> None:
    running = cache.runs("cache")
    assert cache.steps(running) == {}
    (cache.layout.etc("cache") / "redis.conf").write_text("port 1\n")
    assert cache.steps(running) == {
        "files:cache": "write: changed: content",
        "process:cache": "restart: changed: config",
    }


def test_a_password_file_that_others_may_read_is_written_again(cache: Yard) -> None:
    """SEC-01: files 0600."""
    (cache.layout.etc("cache") / "users.acl").chmod(0o644)
    assert "files:cache" in cache.steps(cache.runs("cache"))


def test_a_configuration_that_is_gone_is_written_again(cache: Yard) -> None:
    (cache.layout.etc("cache") / "redis.conf").unlink()
    assert cache.steps(cache.runs("cache"))["files:cache"] == "write: not there yet"


def test_an_edge_that_took_in_a_configuration_is_not_asked_to_again(tmp_path: Path) -> None:
    """Nor is the next process of the same definition, which has started with the same files; one of another is."""
    one = system(site("web", script=""), root=tmp_path, edge=edge(("/", "web"), tls=Tls.OFF))
    yard = Yard(one)
    yard.make_all()
    started = yard.runs("edge")
    assert one.edge is not None
    yard.system = replace(one, edge=replace(one.edge, body=77_000_000))
    assert yard.steps(started)["process:edge"] == "reload: changed: config"
    wanted = yard.blueprint.element("process:edge").facets
    yard.record.note("files:edge", yard.blueprint.element("files:edge").facets)
    for file in yard.blueprint.files["edge"]:
        write_whole(yard.layout.etc("edge") / file.path, file.content, file.mode)
    yard.record.note("reload:edge", {"over": started.watch, **wanted})
    assert "process:edge" not in yard.steps(started)
    assert "process:edge" not in yard.steps(replace(started, pid=4712))
    other = json.dumps({**json.loads(started.watch), "config": "another"})
    assert yard.steps(replace(started, watch=other))["process:edge"] == "reload: changed: config"


def test_a_bucket_of_another_name_is_made_while_the_store_runs(tmp_path: Path) -> None:
    yard = Yard(system(resources=[Objects("photos", here(), "pictures")], root=tmp_path))
    yard.make_all()
    running = yard.runs("photos")
    yard.system = system(resources=[Objects("photos", here(), "other")], root=tmp_path)
    assert yard.steps(running) == {"data:photos": "reconcile: changed: bucket"}


@pytest.fixture
def database(tmp_path: Path) -> Yard:
    yard = Yard(system(service("api", "db", migrate=("migrate",)), resources=[postgres()], root=tmp_path))
    yard.make_all()
    return yard


def test_of_a_stopped_database_the_roles_are_compared_once_it_has_started(database: Yard) -> None:
    steps = database.steps()
    assert steps["catalog:db"] == "reconcile: roles and extensions can only be compared once it runs"
    assert not {"data:db", "init:db", "migration:api"} & set(steps)


def test_data_that_is_gone_is_made_initialised_and_migrated_again(database: Yard) -> None:
    (database.layout.data("db") / "PG_VERSION").unlink()
    steps = database.steps()
    assert steps["data:db"] == "create: there is no data yet"
    assert steps["init:db"] == "init: they run once, on first creation"
    assert steps["migration:api"] == "migrate: not migrated yet"


def test_a_new_password_of_the_superuser_waits_for_the_next_start_of_the_database(database: Yard) -> None:
    path = database.layout.secrets / "db.postgres"
    database.machine = replace(database.machine, marks={str(path): "another"})
    assert database.steps()["data:db"] == "reconcile: changed: superuser"


def test_a_service_that_is_new_to_a_running_database_is_planned_before_it_has_a_password(database: Yard) -> None:
    """Adding a second service to a system that runs is an `up` like any other."""
    running = database.runs("db")
    database.system = system(
        service("api", "db", migrate=("migrate",)),
        service("worker", "db"),
        resources=[postgres()],
        root=database.system.root,
    )
    database.machine = machine(database.system)
    steps = database.steps(running)
    assert steps["files:secrets"] == "write: to be made: db.shop_worker"
    assert steps["catalog:db"] == "reconcile: without a password yet: shop_worker"


def test_a_superuser_without_a_password_beside_a_running_database_is_an_error_with_the_way_out(database: Yard) -> None:
    (database.layout.secrets / "db.postgres").unlink()
    with pytest.raises(StateError, match="the password of the superuser of db is gone while db runs") as caught:
        database.steps(database.runs("db"))
    assert "`stackyard down` and then `stackyard up`" in caught.value.hint


def test_data_of_another_postgresql_is_told_before_anything_is_done(database: Yard) -> None:
    (database.layout.data("db") / "PG_VERSION").write_text("13")
    with pytest.raises(StateError, match="the data of db was made by PostgreSQL 13"):
        database.steps()


def test_the_ports_of_our_own_processes_are_known_from_what_was_started(cache: Yard) -> None:
    places = Places(cache.layout.folder)
    places.make()
    program = cache.blueprint.programs["process:cache"]
    write_json(places.program("cache"), {"program": to_json(program)})
    client = cast(Client, Supervisor(said("cache"), said("worker-1"), said("db", pid=None)))
    assert list(running_ports(cache.layout, client)) == list(program.ports) != []
    assert list(running_ports(cache.layout, None)) == []
