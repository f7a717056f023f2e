"""Data folders on this machine: made whole or not at all, never touched again, and a way back in."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from stackyard.errors import PartError, StateError
from stackyard.observe.database import collect
from stackyard.runner import Command, Processes, Result
from stackyard.targets.local.postgres_catalog import PasswordError, Server
from stackyard.targets.native import postgres as native
from stackyard.targets.native.toolchain.tool import Tool

from .servers import SUPERUSER_PASSWORD, Running, identity, need, postgres, self_signed, workshop
from .systems import bring_up, differences, rows, service, system

pytestmark = pytest.mark.real


def tool() -> Tool:
    return need("postgres")


def make(place: Path, data: Path, cluster: native.Cluster | None = None) -> bool:
    return native.create_data("db", workshop(place, tool()), data, cluster or native.Cluster(), SUPERUSER_PASSWORD)


def test_a_cluster_is_made_once_and_belongs_to_who_runs_it(place: Path) -> None:
    data = place / "once" / "data"
    assert make(place, data)
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}
    assert not make(place, data)
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == before
    assert data.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_uid for path in data.rglob("*")} == {identity().uid}
    assert [path.name for path in data.parent.iterdir()] == ["data"]


def test_pages_have_checksums_and_the_system_has_its_language(cluster: Running) -> None:
    with cluster.server.connect() as connection:
        assert rows(connection, "SHOW data_checksums") == [("on",)]
        assert rows(connection, "SHOW server_encoding") == [("UTF8",)]


@pytest.mark.parametrize(("wanted", "there"), [("shop", ["postgres", "shop"]), ("postgres", ["postgres"])])
def test_a_copy_has_the_database_that_is_wanted_and_no_other(place: Path, wanted: str, there: list[str]) -> None:
    data = place / f"named-{wanted}" / "data"
    assert native.create_data("db", workshop(place, tool()), data, native.Cluster(), SUPERUSER_PASSWORD, wanted)
    with postgres(place, tool(), data.parent.name) as running, running.server.connect() as connection:
        names = rows(connection, "SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY datname")
    assert [name for (name,) in names] == there


def test_production_makes_a_cluster_of_its_own(place: Path) -> None:
    templates = set((place / "cache").glob("postgres-*"))
    data = place / "production" / "data"
    assert make(place, data, native.Cluster.production())
    assert set((place / "cache").glob("postgres-*")) == templates
    segments = [path for path in (data / "pg_wal").iterdir() if path.is_file()]
    assert {path.stat().st_size for path in segments} == {16 * native.MB}


def test_the_template_lets_nobody_in_and_the_password_is_in_no_file(cluster: Running) -> None:
    """SEC-01: neither the cache nor the data folder holds the clear text."""
    for template in cluster.workshop.cache.glob("postgres-*"):
        rules = (template / "pg_hba.conf").read_text().splitlines()
        assert {line.split()[-1] for line in rules if line.strip() and not line.startswith("#")} == {"reject"}
    for folder in (cluster.folder, cluster.workshop.cache):
        for path in folder.rglob("*"):
            if path.is_file():
                assert SUPERUSER_PASSWORD.encode() not in path.read_bytes(), path


def test_data_of_another_major_version_is_refused(place: Path) -> None:
    data = place / "foreign"
    data.mkdir()
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(StateError, match="made by PostgreSQL 9") as caught:
        make(place, data)
    assert "postgres: 9" in caught.value.hint


def test_a_folder_that_is_something_else_is_not_touched(place: Path) -> None:
    data = place / "holiday"
    data.mkdir()
    (data / "photo.jpg").write_text("sun")
    with pytest.raises(StateError, match="not empty"):
        make(place, data)
    assert [path.name for path in data.iterdir()] == ["photo.jpg"]


class Failing(Processes):
    """Everything works but the program of that name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def run(self, command: Command) -> Result:
        if any(Path(word).name == self._name for word in command.argv):
            return Result(1, ("No space left on device",))
        return super().run(command)


@pytest.mark.parametrize("name", ["cp", "postgres"])
def test_a_failure_leaves_nothing_half_made(place: Path, name: str) -> None:
    make(place, place / "whole" / "data")
    good = workshop(place, tool())
    bad = native.Workshop(good.tool, good.identity, Failing(name), good.cache)
    data = place / f"failing-{name}" / "data"
    with pytest.raises(PartError) as caught:
        native.create_data("db", bad, data, native.Cluster(), SUPERUSER_PASSWORD)
    assert caught.value.details == ("No space left on device",)
    assert list(data.parent.iterdir()) == []


def test_old_data_beside_new_secrets_is_opened_again(place: Path) -> None:
    """Credentials are reconciled: a superuser's password that nobody knows is set anew while the server is stopped."""
    found = tool()
    lost = system("lost", [service("api")])
    with postgres(place, found, "lost") as running:
        bring_up(running.server, lost)
        with running.server.connect("lost") as connection:
            connection.execute("ALTER ROLE postgres PASSWORD 'nobody knows this one'")
            connection.execute("SET ROLE lost_owner; CREATE TABLE kept (id int)")
        with pytest.raises(PasswordError):
            running.server.connect()
    native.set_superuser_password("db", workshop(place, found), running.data, SUPERUSER_PASSWORD)
    with postgres(place, found, "lost") as running:
        assert differences(running.server, lost) == ()
        with running.server.connect("lost") as connection:
            assert rows(connection, "SELECT count(*) FROM kept") == [(0,)]


def test_a_server_that_is_not_there_is_named(place: Path) -> None:
    with pytest.raises(PartError, match="db cannot be reached"):
        Server("db", place, 21599, "x").connect()


def test_statistics_name_the_slow_and_the_frequent(cluster: Running) -> None:
    """DB-09: slow and frequent queries, active connections, pool use and cache hit rate."""
    watched = system("watched", [service("api")])
    bring_up(cluster.server, watched)
    with (
        cluster.server.connect("watched", "watched_api", "password-of-watched_api-in-these-tests") as busy,
        cluster.server.connect("watched", "watched_monitor", "password-of-watched_monitor-in-these-tests") as monitor,
    ):
        busy.execute("CREATE TABLE item (id int); INSERT INTO item SELECT generate_series(1, 1000)")
        for number in range(40):
            busy.execute(f"SELECT count(*) FROM item WHERE id > {number}")
        for _ in range(2):
            busy.execute("SELECT pg_sleep(0.11)")
        busy.execute("SELECT pg_stat_clear_snapshot()")
        found = collect(monitor)
        assert found.slowest is not None
        assert found.most_frequent is not None
        assert found.slowest[0].text == "SELECT pg_sleep($1)"
        assert found.slowest[0].mean_ms > 100
        assert found.most_frequent[0].calls == 40
        assert found.most_frequent[0].role == "watched_owner"
        pool = next(pool for pool in found.pools if pool.role == "watched_api")
        assert (pool.used, pool.limit) == (1, 40)
        assert ("watched_api", "idle") in [(state.role, state.state) for state in found.by_state]
        assert found.cache_hits is None or 0 <= found.cache_hits <= 1
        assert found.size > 1_000_000


def test_a_slow_query_is_in_the_log_with_its_role_and_without_its_values(cluster: Running) -> None:
    """DB-04: slow queries logged."""
    slow = system("slow", [service("api")])
    bring_up(cluster.server, slow)
    with cluster.server.connect("slow", "slow_api", "password-of-slow_api-in-these-tests") as connection:
        connection.execute("SELECT pg_sleep(%s), %s::text", (0.25, "a private matter"))
    said = [line for line in cluster.said().splitlines() if "slow_api@slow" in line and "duration" in line]
    assert len(said) == 1
    assert "a private matter" not in cluster.said()


def test_tls_is_required_where_there_is_a_certificate(place: Path) -> None:
    """DB-11: with a certificate, a connection without TLS is refused."""
    folder = place / "certificates"
    folder.mkdir()
    certificate, key = self_signed(folder)
    safe = system("safe", [service("api")])
    paths = {"certificate": str(certificate), "key": str(key)}
    with postgres(place, tool(), "tls", paths) as running:
        bring_up(running.server, safe)
        options = {
            "host": "127.0.0.1",
            "port": running.server.port,
            "user": "safe_api",
            "password": "password-of-safe_api-in-these-tests",
            "dbname": "safe",
        }
        with psycopg.connect(**options, sslmode="require") as connection:  # type: ignore[arg-type]
            assert connection.pgconn.ssl_in_use
        with pytest.raises(psycopg.OperationalError, match="no encryption"):
            psycopg.connect(**options, sslmode="disable")  # type: ignore[arg-type]
