"""What ran last may start before the stack file is read: only when nothing has changed, and never what must wait."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.model.system import Redis, Restart
from stackyard.model.values import Version
from stackyard.plan.diff import diff
from stackyard.plan.element import Observed, Seen
from stackyard.targets.native.blueprint import Blueprint, draw
from stackyard.targets.native.foresight import ahead_of, too_early
from stackyard.targets.native.head_start import Ahead, Inputs, recall, remember
from stackyard.targets.native.launching import Launching
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor.client import Client, connect
from stackyard.targets.native.supervisor.status import ProgramStatus

from .literals import edge, here, machine, postgres, service, system

LATER = time.time_ns() + 3600 * 10**9
PORT = 20_451
DATABASE = Program(id="db", part="db", argv=("/bin/sleep", "300"), cwd="/")
SHOP = Program(id="shop-1", part="shop", argv=("/bin/sleep", "301"), cwd="/")
PROGRAMS = (Ahead(DATABASE, ()), Ahead(SHOP, ("db",)))


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path, "development")
    (made.folder / "run").mkdir(parents=True)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "main.py").write_text("print('open')\n")
    made.state_file.write_text("{}\n")
    (made.data("cache") / "appendonlydir").mkdir(parents=True)
    return made


def noted(layout: Layout, *profiles: str, begun: int = LATER) -> None:
    """Leave a note about everything in the folder."""
    inputs = Inputs(
        written=(str(layout.root / "shop"),),
        made=(str(layout.state_file),),
        there=(str(layout.data("cache") / "appendonlydir"),),
    )
    remember(layout, profiles, inputs, PROGRAMS, {PORT: ("127.0.0.1",)}, begun)


def test_what_ran_last_is_known_when_nothing_has_changed(layout: Layout) -> None:
    noted(layout)
    assert recall(layout.folder, ()) == PROGRAMS


def test_an_edited_source_forbids_a_head_start_for_its_migration_has_not_run(layout: Layout) -> None:
    noted(layout)
    (layout.root / "shop" / "main.py").write_text("print('shut')\n")
    assert recall(layout.folder, ()) == ()


def test_a_new_source_file_and_a_replaced_record_forbid_it_too(layout: Layout) -> None:
    noted(layout)
    (layout.root / "shop" / "new.py").touch()
    assert recall(layout.folder, ()) == ()
    noted(layout)
    beside = layout.folder / "beside"
    beside.write_text("{}\n")
    beside.replace(layout.state_file)
    assert recall(layout.folder, ()) == ()


def test_a_log_of_redis_that_is_gone_forbids_it(layout: Layout) -> None:
    noted(layout)
    (layout.data("cache") / "appendonlydir").rmdir()
    assert recall(layout.folder, ()) == ()


def test_other_profiles_and_a_taken_port_forbid_it(layout: Layout) -> None:
    noted(layout, "tools")
    assert recall(layout.folder, ()) == ()
    assert recall(layout.folder, ("tools",)) == PROGRAMS
    with socket.create_server(("127.0.0.1", PORT)):
        assert recall(layout.folder, ("tools",)) == ()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1}'])
def test_a_damaged_note_is_none(layout: Layout, text: str) -> None:
    (layout.folder / "run" / "ahead.json").write_text(text)
    assert recall(layout.folder, ()) == ()


def test_a_source_that_was_edited_during_up_leaves_no_note(layout: Layout) -> None:
    """What was migrated may be older than what is there now."""
    noted(layout)
    noted(layout, begun=time.time_ns() - 10**9)
    assert recall(layout.folder, ()) == ()
    assert not (layout.folder / "run" / "ahead.json").exists()


def test_the_note_is_for_nobody_else_to_read(layout: Layout) -> None:
    noted(layout)
    assert (layout.folder / "run" / "ahead.json").stat().st_mode & 0o777 == 0o600


def drawn(root: Path) -> Blueprint:
    """A migrated service on a database and a cache, a job, one that needs the job, and an edge."""
    one = system(
        service("api", "db", "cache", port=8000, migrate=("migrate",)),
        service("tidy", "db", restart=Restart.NEVER),
        service("report", "tidy", port=8001),
        service("nightly", "db", schedule="0 2 * * *"),
        resources=[postgres(), Redis("cache", Version((7,)), here())],
        edge=edge(("/", "api")),
        root=root,
        environment="development",
    )
    made = machine(one)
    passwords = dict.fromkeys(("cache.password", "cache.admin.password"), "x")
    return draw(one, replace(made, cache_passwords={**passwords, **made.cache_passwords}))


def test_databases_services_and_the_edge_start_ahead_each_behind_what_it_needs(tmp_path: Path) -> None:
    found = {one.program.id: set(one.after) for one in ahead_of(drawn(tmp_path))}
    assert found["db"] == found["edge"] == set()
    assert {"db"} <= found["api-1"]


def test_jobs_and_what_needs_them_and_the_watcher_never_start_ahead(tmp_path: Path) -> None:
    found = {one.program.id for one in ahead_of(drawn(tmp_path))}
    assert not found & {"tidy-1", "report-1", "nightly-1", "reload"}


def early(root: Path, missing: frozenset[str]) -> frozenset[str]:
    """What is too early where everything is as it should be, but no process runs and `missing` is not there."""
    blueprint = drawn(root)
    observed: Observed = {
        element.id: Seen(element.facets)
        for element in blueprint.elements
        if element.kind.value not in ("process", "catalog") and element.id not in missing
    }
    plan = diff("shop", "development", "native", blueprint.elements, observed)
    return too_early(plan, frozenset({"db", "api-1", "edge", "unknown-1"}))


def test_where_only_processes_are_missing_nothing_is_too_early_but_what_nobody_wants(tmp_path: Path) -> None:
    assert early(tmp_path, frozenset()) == {"unknown-1"}


def test_a_service_whose_migration_has_not_run_is_too_early_and_its_database_is_not(tmp_path: Path) -> None:
    assert early(tmp_path, frozenset({"migration:api"})) == {"api-1", "unknown-1"}


def test_whoever_stands_on_files_that_are_still_to_be_written_is_too_early(tmp_path: Path) -> None:
    assert early(tmp_path, frozenset({"files:db"})) == {"db", "api-1", "unknown-1"}
    assert early(tmp_path, frozenset({"files:edge"})) == {"edge", "unknown-1"}


def programs_of(client: Client, *names: str) -> list[ProgramStatus]:
    """The programs, once these have been started."""
    until = time.monotonic() + 10
    while not {one.id for one in client.status().programs} >= set(names):
        assert time.monotonic() < until
        time.sleep(0.01)
    return list(client.wait(names, 10))


@pytest.mark.real
def test_a_launch_starts_them_in_order_and_withholds_what_is_too_early(tmp_path: Path) -> None:
    ahead = Launching(tmp_path, "detached").attend(PROGRAMS)
    client = ahead.take()
    try:
        assert [one.phase for one in programs_of(client, "db", "shop-1")] == ["ready", "ready"]
        ahead.withhold(["shop-1"])
        assert [one.id for one in client.status().programs] == ["db"]
    finally:
        ahead.cease()
        client.shutdown(stop_programs=True)


@pytest.mark.real
def test_what_was_withheld_before_its_turn_is_never_started(tmp_path: Path) -> None:
    ahead = Launching(tmp_path, "detached")
    ahead.attend([Ahead(replace(DATABASE, argv=("/bin/sleep", "1"), restart="on-failure"), ()), Ahead(SHOP, ("db",))])
    ahead.withhold(["shop-1"])
    client = ahead.take()
    try:
        programs_of(client, "db")
        ahead.settle()
        assert [one.id for one in client.status().programs] == ["db"]
    finally:
        client.shutdown(stop_programs=True)


@pytest.mark.real
def test_a_launch_that_nobody_takes_ends_what_it_started(tmp_path: Path) -> None:
    ahead = Launching(tmp_path, "detached").attend(PROGRAMS)
    until = time.monotonic() + 10
    while (client := connect(tmp_path)) is None:
        assert time.monotonic() < until
    (database,) = programs_of(client, "db")
    ahead.drop()
    assert connect(tmp_path) is None
    assert database.pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(database.pid, 0)
