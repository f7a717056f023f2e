"""Upkeep on real servers, as the owner of the database and nothing more."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from stackyard.backup import upkeep
from stackyard.backup.events import silent
from stackyard.backup.job import Job, PostgresPart, Repository
from stackyard.backup.upkeep import Kind, Report, Way, ages, keep_up, last
from stackyard.model.values import Version
from stackyard.resources.postgres.catalog import catalog
from tests.resources.servers import MAJORS, Running, need, postgres
from tests.resources.systems import bring_up, database, passwords, service, system

pytestmark = pytest.mark.real

SHOP = system("shop", [service("api", migrate=("m",))], [database()])
WANTED = catalog(SHOP, database())


@pytest.fixture(scope="module", params=MAJORS)
def cluster(request: pytest.FixtureRequest) -> Iterator[Running]:
    place = Path(tempfile.mkdtemp(prefix="sy-"))
    place.chmod(0o755)
    with postgres(place, need("postgres", Version((request.param,))), "db") as found:
        bring_up(found.server, SHOP)
        yield found
    shutil.rmtree(place)


@pytest.fixture
def way(cluster: Running) -> Way:
    secret = passwords(WANTED, cluster.server.password)[WANTED.owner]
    return Way("db", str(cluster.server.sockets), cluster.server.port, "shop", WANTED.owner, secret)


def owner(way: Way) -> psycopg.Connection:
    return psycopg.connect(
        host=way.host, port=way.port, dbname=way.database, user=way.user, password=way.password, autocommit=True
    )


def told(report: Report, kind: Kind) -> list[str]:
    return [one.name for one in report.found if one.kind is kind]


def size(way: Way, name: str) -> int:
    with owner(way) as connection:
        ((found,),) = connection.execute("SELECT pg_relation_size(%s::regclass)", (name,)).fetchall()
    return int(found)


BLOATED = """
CREATE TABLE orders (id bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), what text NOT NULL)
    WITH (autovacuum_enabled = off);
INSERT INTO orders (id, what) SELECT n, md5(n::text) FROM generate_series(1, 120000) n;
CREATE INDEX orders_what ON orders (what);
CREATE INDEX orders_what_again ON orders (what);
DELETE FROM orders WHERE id % 10 <> 0;
"""


def test_dead_rows_go_and_a_bloated_index_is_built_anew(way: Way, tmp_path: Path) -> None:
    """DB-10: VACUUM, ANALYZE and REINDEX happen, with what was found and done."""
    with owner(way) as connection:
        connection.execute(BLOATED)
        connection.execute("SELECT pg_stat_force_next_flush()")
    file = tmp_path / "upkeep.json"
    before = size(way, "orders_what")

    only_looked = keep_up(way, file, tell=silent, dry=True)
    assert only_looked.actions
    assert size(way, "orders_what") == before
    assert not file.exists()

    report = keep_up(way, file, tell=silent)
    assert report.is_whole, report
    assert told(report, Kind.DEAD_ROWS) == ["public.orders"]
    assert "public.orders_what" in told(report, Kind.BLOATED_INDEX)
    assert told(report, Kind.DUPLICATE) == ["public.orders_what_again"]
    assert size(way, "orders_what") < before / 4
    done = {one.name: one for one in report.actions if one.kind is Kind.BLOATED_INDEX}
    assert done["public.orders_what"].freed > before / 2
    with owner(way) as connection:
        ((valid, rows),) = connection.execute(
            "SELECT indisvalid, reltuples FROM pg_index JOIN pg_class ON oid = indexrelid"
            " WHERE indexrelid = 'orders_what'::regclass"
        ).fetchall()
    assert (valid, rows) == (True, 12000)
    assert last(file, "db") == report

    again = keep_up(way, file, tell=silent)
    assert [one.sql for one in again.actions] == []


def test_what_failed_rebuilds_left_behind_goes_and_what_failed_to_be_made_is_made(way: Way, tmp_path: Path) -> None:
    """DB-10: an invalid index costs every write and serves nobody."""
    with owner(way) as connection:
        connection.execute("CREATE TABLE things (id int PRIMARY KEY, name text)")
        connection.execute("INSERT INTO things VALUES (1, 'a'), (2, 'a')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY things_name_ccnew ON things (name)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY things_name ON things (name)")

    def index_names() -> dict[str, bool]:
        sql = "SELECT indexrelid::regclass::text, indisvalid FROM pg_index WHERE indrelid = 'things'::regclass"
        with owner(way) as connection:
            return dict(connection.execute(sql).fetchall())

    assert index_names() == {"things_pkey": True, "things_name_ccnew": False, "things_name": False}
    report = keep_up(way, tmp_path / "upkeep.json", tell=silent)
    # Two of one name are still there: it cannot be made, and that is told; the attempt leaves nothing behind.
    assert index_names() == {"things_pkey": True, "things_name": False}, report
    assert [one.name for one in report.failures] == ["public.things_name"]
    assert "could not create unique index" in report.failures[0].error

    with owner(way) as connection:
        connection.execute("DELETE FROM things WHERE id = 2")
    assert keep_up(way, tmp_path / "upkeep.json", tell=silent).is_whole
    assert index_names() == {"things_pkey": True, "things_name": True}


def test_nobody_waits_behind_a_rebuild_for_long(way: Way, tmp_path: Path) -> None:
    """DB-10: what is in use is left for the next run."""
    with owner(way) as connection:
        connection.execute("CREATE TABLE busy (id int PRIMARY KEY)")
        connection.execute("INSERT INTO busy VALUES (1)")
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("CREATE INDEX CONCURRENTLY busy_odd_ccnew ON busy ((1 / (id - 1)))")
    with owner(way) as other, other.transaction():
        other.execute("LOCK TABLE busy IN SHARE UPDATE EXCLUSIVE MODE")
        report = keep_up(way, tmp_path / "upkeep.json", tell=silent)
        assert [(one.name, one.error) for one in report.failures] == [
            ("public.busy_odd_ccnew", "it is in use: the next run tries again")
        ]
    assert keep_up(way, tmp_path / "upkeep.json", tell=silent).is_whole


def test_a_missing_month_and_a_stray_row_are_told(way: Way, tmp_path: Path) -> None:
    """DB-07: for each table that is partitioned by time there is a place for the next period, and no row astray."""
    with owner(way) as connection:
        # Ranges of anything else are no business of ours.
        connection.execute("CREATE TABLE names (name text NOT NULL) PARTITION BY RANGE (name)")
        connection.execute("CREATE TABLE names_a PARTITION OF names FOR VALUES FROM ('a') TO ('m')")
        connection.execute("CREATE TABLE moves (at timestamptz NOT NULL) PARTITION BY RANGE (at)")
        connection.execute("CREATE TABLE moves_rest PARTITION OF moves DEFAULT")
        month = "date_trunc('month', now())"
        ((first, second, third),) = connection.execute(
            f"SELECT {month}::text, ({month} + interval '1 month')::text, ({month} + interval '2 months')::text"
        ).fetchall()
        connection.execute(f"CREATE TABLE moves_a PARTITION OF moves FOR VALUES FROM ('{first}') TO ('{second}')")
        report = keep_up(way, tmp_path / "upkeep.json", tell=silent)
        assert told(report, Kind.PARTITION) == ["public.moves"]
        assert [one.kind for one in report.open] == [Kind.PARTITION]

        connection.execute(f"CREATE TABLE moves_b PARTITION OF moves FOR VALUES FROM ('{second}') TO ('{third}')")
        connection.execute("INSERT INTO moves VALUES ('1999-01-01')")
        report = keep_up(way, tmp_path / "upkeep.json", tell=silent)
        assert told(report, Kind.PARTITION) == []
        assert told(report, Kind.STRAY) == ["public.moves"]


def test_a_sequence_near_its_end_is_told_by_the_column_that_it_fills(way: Way, tmp_path: Path) -> None:
    with owner(way) as connection:
        connection.execute("CREATE TABLE counted (id serial PRIMARY KEY, many bigserial)")
        connection.execute("SELECT setval('counted_id_seq', 2000000000), setval('counted_many_seq', 2000000000)")
    report = keep_up(way, tmp_path / "upkeep.json", tell=silent)
    assert told(report, Kind.SEQUENCE) == ["public.counted_id_seq"], report


def test_two_do_not_keep_up_one_database_at_once(way: Way, tmp_path: Path) -> None:
    with owner(way) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('stackyard upkeep', 0))")
        report = keep_up(way, tmp_path / "upkeep.json", tell=silent)
    assert "somebody else keeps db up" in report.error
    assert not report.is_whole


def test_a_run_ends_with_its_time(way: Way, tmp_path: Path) -> None:
    with owner(way) as connection:
        connection.execute("CREATE TABLE late (id int)")
        connection.execute("INSERT INTO late SELECT generate_series(1, 5000)")
        connection.execute("SELECT pg_stat_force_next_flush()")
    report = keep_up(way, tmp_path / "upkeep.json", tell=silent, budget=0.5)
    assert not report.actions
    assert any(one.startswith("public.late: no time was left") for one in report.left)


def test_a_server_that_does_not_answer_is_told_in_the_report(way: Way, tmp_path: Path) -> None:
    away = Way("db", str(tmp_path), way.port, way.database, way.user, way.password)
    assert "does not let its owner in" in keep_up(away, tmp_path / "upkeep.json", tell=silent).error


def test_the_keeper_keeps_up_what_is_due_and_tells_it_in_figures(way: Way, tmp_path: Path) -> None:
    """DB-10: by a job that names the owner and the file of his password, and nothing more."""
    secret = tmp_path / "owner"
    secret.write_text(f"{way.password}\n")
    part = PostgresPart(
        "db", way.host, way.port, way.database, "stackyard_backup", "", "", "", "", "",
        owner=way.user, owner_password_file=str(secret), upkeep_every="daily", upkeep_at="03:00",
    )  # fmt: skip
    nobody = replace(part, name="other", owner="")
    repository = Repository(str(tmp_path / "repository"), "")
    job = Job("shop", "testing", str(tmp_path), "", repository, "", "", "", (), postgres=(part, nobody))
    night = datetime(2026, 11, 22, 3, 20).astimezone().timestamp()
    assert upkeep.due_parts(job, night) == ("db",)
    assert upkeep.due_parts(job, night + 6 * 3600) == ()
    assert 'stackyard_upkeep_last_timestamp_seconds{database="db"} 0\n' in upkeep.figures(job, {})

    # Here nobody has made the role of the backups.
    reachable = replace(part, user=way.user, password_file=str(secret))
    used = ages.age(reachable)
    assert used is not None
    assert 0 < used < 200_000_000, "no transaction id of this server is old"
    assert f'stackyard_upkeep_transaction_id_age{{database="db"}} {used}\n' in upkeep.figures(job, {"db": used})
    assert ages.age(replace(reachable, port=1)) is None

    (report,) = upkeep.run(job, silent)
    assert report.is_whole, report
    begun = datetime.fromisoformat(report.begun).timestamp()
    assert upkeep.due_parts(job, begun + 60) == ()
    assert upkeep.due_parts(job, begun + 3 * 86400) == ("db",)
    assert f'stackyard_upkeep_last_timestamp_seconds{{database="db"}} {begun:.12g}\n' in upkeep.figures(job, {})

    secret.write_text("another")
    (failed,) = upkeep.run(job, silent)
    assert "does not let its owner in" in failed.error
    assert 'stackyard_upkeep_failures{database="db"} 1\n' in upkeep.figures(job, {})
    secret.unlink()
    (lost,) = upkeep.run(job, silent)
    assert lost.error == f"the owner's password: {secret}: No such file or directory"
