"""A data folder whose form the stack file has changed: a real Redis takes it over without losing a key."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from redis import Redis as Connection

from stackyard.errors import PartError
from stackyard.model.system import Redis, System
from stackyard.model.values import Version
from stackyard.targets.local import secrets
from stackyard.targets.local.identity import Identity
from stackyard.targets.local.state import write_whole
from stackyard.targets.native import part_programs, processes, redis_start
from stackyard.targets.native.machine import Machine
from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor.client import Client, launch
from stackyard.targets.native.supervisor.places import socket_folder
from stackyard.targets.native.toolchain import Want, find

from .literals import ME, here, machine, system

pytestmark = pytest.mark.real

PORT = 21_650
KEYS = {f"cart:{number}": f"{number} apples" for number in range(2_000)}


def parts_user() -> Identity:
    """Whom the server runs as: ourselves, or nobody when we are root."""
    if os.geteuid() != 0:
        return ME
    entry = pwd.getpwnam("nobody")
    return Identity(entry.pw_uid, entry.pw_gid, entry.pw_name, drop=True)


class House:
    """A Redis under a real supervisor, whose persistence changes from start to start."""

    def __init__(self, root: Path, client: Client) -> None:
        self.root = root
        self.client = client
        self.user = parts_user()
        self.machine: Machine = self._machine(frozenset({"rdb"}))[1]

    def _machine(self, persistence: frozenset[str]) -> tuple[System, Machine, Redis]:
        resource = Redis("cache", Version((7,)), here(), port=PORT, persistence=persistence)
        one = system(resources=[resource], root=self.root)
        there = machine(one, identity=self.user, tools={"cache": find(Want("redis"), user=self.user)})
        secrets.ensure(one, there.layout.secrets, environment={})
        passwords = {name: secrets.read(there.layout.secrets, name) for name in ("cache.default", "cache.admin")}
        return one, replace(there, cache_passwords=passwords), resource

    @property
    def data(self) -> Path:
        return self.machine.layout.data("cache")

    def start(self, *persistence: str) -> Program:
        """Start it as a step of a plan would."""
        one, self.machine, resource = self._machine(frozenset(persistence))
        for file in part_programs.files(one, resource, self.machine):
            write_whole(self.machine.layout.etc("cache") / file.path, file.content, file.mode)
        for folder in (self.data, self.machine.layout.etc("cache")):
            folder.mkdir(parents=True, exist_ok=True)
        if self.user.drop:
            for path in (self.root, *self.root.rglob("*")):
                if "secrets" not in path.parts and "log" not in path.parts and "run" not in path.parts:
                    os.chown(path, self.user.uid, self.user.gid)
        program = part_programs.of_resource(one, resource, self.machine)
        target = cast(Any, SimpleNamespace(layout=self.machine.layout, machine=self.machine))
        redis_start.load_old_data(target, self.client, resource, program)
        processes.run(self.client, program, self.machine.layout.log)
        return program

    def stop(self) -> None:
        self.client.stop([["cache"]])

    @contextmanager
    def connection(self) -> Iterator[Any]:
        password = self.machine.cache_passwords["cache.admin"]
        with Connection(port=PORT, username="admin", password=password, decode_responses=True) as connection:
            yield connection

    def found(self) -> dict[str, str]:
        with self.connection() as connection:
            names = sorted(connection.keys("*"))
            return dict(zip(names, connection.mget(names), strict=True)) if names else {}

    def fill(self) -> None:
        with self.connection() as connection:
            connection.mset(KEYS)


@pytest.fixture
def house() -> Iterator[House]:
    if find(Want("redis"), user=parts_user()) is None:
        pytest.skip("no Redis on this machine")
    root = Path(tempfile.mkdtemp(prefix="sy-redis-"))
    root.chmod(0o755)
    client = launch(root / ".stackyard" / "testing", "detached")
    try:
        yield House(root, client)
    finally:
        client.shutdown(stop_programs=True)
        shutil.rmtree(socket_folder(root / ".stackyard" / "testing"))
        shutil.rmtree(root)


def test_a_snapshot_becomes_a_log_without_losing_a_key(house: House) -> None:
    """CACHE-02, TOP-02: RDB and AOF persistence; data outlives a change of mind."""
    house.start("rdb")
    house.fill()
    house.stop()
    assert (house.data / "dump.rdb").is_file()
    assert not (house.data / "appendonlydir").exists()
    house.start("rdb", "aof")
    assert house.found() == KEYS
    house.stop()
    assert list((house.data / "appendonlydir").glob("*.manifest"))
    (house.data / "dump.rdb").unlink()
    house.start("rdb", "aof")
    assert house.found() == KEYS, "the log alone holds everything"


def test_a_log_becomes_a_snapshot_and_the_old_log_cannot_come_back(house: House) -> None:
    house.start("rdb", "aof")
    house.fill()
    house.stop()
    house.start("rdb")
    assert house.found() == KEYS
    with house.connection() as connection:
        connection.delete("cart:0")
    house.stop()
    (retired,) = [path.name for path in house.data.iterdir() if path.name.endswith(".retired")]
    assert retired.startswith("appendonlydir.")
    house.start("rdb", "aof")
    assert "cart:0" not in house.found()
    assert len(house.found()) == len(KEYS) - 1


def test_a_start_in_the_same_form_is_a_start_like_any_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.start("aof")
    house.fill()
    house.stop()
    monkeypatch.setattr(redis_start, "_bring_over", lambda *_: pytest.fail("there was nothing to bring over"))
    house.start("aof")
    assert house.found() == KEYS


def test_data_that_cannot_be_brought_over_stays_where_it_is(house: House) -> None:
    house.start("rdb")
    house.fill()
    house.stop()
    in_the_way = house.data / "appendonlydir"
    in_the_way.touch()
    with pytest.raises(PartError, match="the data of cache could not be brought over") as caught:
        house.start("rdb", "aof")
    assert caught.value.hint == "Nothing was removed."
    assert house.client.status().program("cache") is None, "the server of the attempt is gone"
    in_the_way.unlink()
    house.start("rdb", "aof")
    assert house.found() == KEYS
