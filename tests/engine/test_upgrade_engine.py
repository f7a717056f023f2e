"""DB-08 on Docker Compose: a database moves from PostgreSQL 16 to 18, back again, and through being killed."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Checkout, eventually, ground

from .docker import docker
from .standins import provide

__all__ = ["ground"]

pytestmark = pytest.mark.engine

STACK = """
system: upgrade-moves
resources:
  db: {postgres: 16, memory: 256MB, replicas: 1, extensions: [pg_trgm], port: 26610}
"""
ROWS = """
create table many as select n, md5(n::text) as what from generate_series(1, 20000) n;
create index on many (what); create sequence left_at start 41; select nextval('left_at');
create view seen as select n from many; alter table many enable row level security;
"""
PROJECT = "upgrade-moves-development"


class Moving(Checkout):
    """The system, and what can be seen of it."""

    def stack(self, version: int) -> None:
        self.write("stackyard.yaml", STACK.replace("postgres: 16", f"postgres: {version}"))

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def ask(self, sql: str) -> str:
        done = self.stackyard("db", "shell", "--write", "--", "-qAt", "-v", "ON_ERROR_STOP=1", "-c", sql)
        assert done.code == 0, done.error
        return done.out.strip()

    def is_at(self, version: int) -> bool:
        """With all its rows, and with a replica that follows."""
        rows = self.ask("select count(*) from seen")
        running = self.ask("show server_version_num").removesuffix("\n")[:2]
        inside = ("exec", f"{PROJECT}-db-replica-1-1", "psql", "-U", "postgres", "-d", "upgrade_moves")
        replica = docker(*inside, "-qAtc", "select count(*), pg_is_in_recovery() from many")
        follows = [one["follows"] for one in self.status()["replicas"]]
        return (running, rows, replica, follows) == (str(version), "20000", "20000|t", [True])

    def upgraded(self, *words: str) -> dict[str, Any]:
        done = self.stackyard("upgrade", "--yes", "--json", *words, timeout=300)
        assert done.code == 0, f"{done.out}\n{done.error}"
        found: dict[str, Any] = json.loads(done.out)
        return found

    def in_volume(self) -> list[str]:
        """The data in the volume of the database, in use and kept."""
        script = "cd /v && ls -d cluster [0-9]*/docker .restores/* 2>/dev/null || true"
        how = ("--user", "0", "--volume", f"{PROJECT}_db-data:/v:ro", "--entrypoint", "sh")
        found = docker("run", "--rm", *how, "postgres:18", "-c", script)
        return sorted(one.partition("-")[0] for one in found.split())

    def kill_after(self, step: str, *words: str) -> None:
        """Begin an upgrade, or its undoing, and kill it as soon as the step is over."""
        how = {key: value for key, value in self.process().items() if key != "check"}
        process = subprocess.Popen(self.command("upgrade", "--yes", *words), **how, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(f"✓ {step}"):
                process.send_signal(signal.SIGKILL)
                break
        assert process.wait() == -signal.SIGKILL, f"it ended before {step} was over"
        process.stdout.close()


@pytest.fixture
def moving(ground: Path) -> Iterator[Moving]:
    """A database of PostgreSQL 16 on Compose with a replica and rows, up."""
    provide(["postgres:16", "postgres:18"])
    place = ground / "upgrade-moves"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    made = Moving(place)
    made.stack(16)
    try:
        done = made.stackyard("up", "--detach", "--target", "compose", timeout=300)
        assert done.code == 0, f"{done.out}\n{done.error}"
        made.ask(ROWS)
        yield made
    finally:
        made.stackyard("down")
        made.stackyard("clean", "--data", "--yes")


def guests() -> str:
    """The containers of an upgrade alone."""
    return docker("ps", "--all", "--format", "{{.Names}}", "--filter", f"name={PROJECT}-upgrade")


def test_it_moves_on_and_back_though_the_way_back_is_killed(moving: Moving) -> None:
    """DB-08, TOP-02: it is compared and reversible, a replica comes along, and no data goes before somebody says so."""
    moving.stack(18)
    refused = moving.stackyard("up", "--detach")
    assert "`stackyard upgrade` moves it on" in refused.error

    done = moving.upgraded()
    assert done["rows"] >= 20_001
    assert moving.ask("select nextval('left_at')") == "42"
    assert moving.ask("select reltuples from pg_class where relname = 'many'") == "20000"
    assert moving.is_at(18)
    assert moving.in_volume() == [".restores/before", "18/docker"]
    assert moving.stackyard("plan", "--check").code == 0

    moving.ask("insert into many values (0, 'since')")
    moving.kill_after("swap", "--undo")
    moving.stack(16)
    up = moving.stackyard("up", "--detach")
    assert "was interrupted after its swap and is completed: db has the data of PostgreSQL 16" in up.error
    assert moving.is_at(16)
    # What was written since is not lost before somebody says so.
    assert moving.in_volume() == [".restores/undone", "cluster"]
    assert moving.stackyard("upgrade", "--finish", "--yes").code == 0
    assert moving.in_volume() == ["cluster"]

    moving.stack(15)
    assert "there is no way back to 15" in moving.stackyard("upgrade", "--yes").error


@pytest.mark.long
def test_killed_anywhere_either_the_old_or_the_new_data_is_in_use(moving: Moving) -> None:
    """TOP-02: the next command says which one it is."""
    for step in ("an empty cluster", "stop the system", "dump", "restore"):
        moving.stack(18)
        moving.kill_after(step)
        if step in ("dump", "restore"):
            # They end with it, and the server of the system waits for them.
            assert guests()
        assert "was interrupted before its swap: the old data is in place" in moving.stackyard("status").error
        assert "`stackyard upgrade` moves it on" in moving.stackyard("up", "--detach").error
        moving.stack(16)
        up = moving.stackyard("up", "--detach")
        assert up.code == 0, up.error
        assert moving.is_at(16)
        eventually(lambda: not guests())
    moving.stack(18)
    moving.kill_after("swap")
    assert "was interrupted after its swap and is completed" in moving.stackyard("status").error
    assert moving.stackyard("up", "--detach").code == 0
    assert moving.is_at(18)
    # Nor is anything left of what was begun and killed.
    assert moving.in_volume() == [".restores/before", "18/docker"]
