"""Settings from memory, disk and cores: literals in, literals out."""

from __future__ import annotations

import pytest

from stackyard.errors import PartError
from stackyard.model.system import Postgres
from stackyard.model.values import Version
from stackyard.resources.postgres.config import Listening, config
from stackyard.resources.postgres.settings import GB, MB, ServerFacts, settings

from .systems import HERE


def postgres(**more: object) -> Postgres:
    return Postgres("db", Version((16,)), HERE, **more)  # type: ignore[arg-type]


def test_two_gigabytes_on_an_ssd_give_the_documented_figures() -> None:
    """DB-04: shared_buffers 512 MB, effective_cache_size 1.5 GB, work_mem 16 MB, random_page_cost 1.1."""
    made = settings(postgres(memory=2 * GB, disk="ssd"), ServerFacts())
    assert made["shared_buffers"] == "512MB"
    assert made["effective_cache_size"] == "1536MB"
    assert made["work_mem"] == "16MB"
    assert made["random_page_cost"] == "1.1"


@pytest.mark.parametrize(
    ("memory", "connections", "cores", "expected"),
    [
        (256 * MB, 0, 1, ("64MB", "192MB", "5MB", "16MB", "40", "0", "1024MB")),
        (512 * MB, 0, 2, ("128MB", "384MB", "4MB", "32MB", "100", "1", "1024MB")),
        (2 * GB, 200, 4, ("512MB", "1536MB", "7MB", "128MB", "220", "2", "2048MB")),
        (8 * GB, 100, 8, ("2048MB", "6144MB", "53MB", "512MB", "120", "2", "8192MB")),
        (64 * GB, 400, 32, ("16384MB", "49152MB", "121MB", "2048MB", "420", "2", "16384MB")),
    ],
)
def test_settings_grow_with_the_machine(memory: int, connections: int, cores: int, expected: tuple[str, ...]) -> None:
    """DB-04: derived from the memory and the disk given, with connections and cores considered."""
    made = settings(postgres(memory=memory), ServerFacts(cores=cores, connections=connections))
    names = (
        "shared_buffers",
        "effective_cache_size",
        "work_mem",
        "maintenance_work_mem",
        "max_connections",
        "max_parallel_workers_per_gather",
        "max_wal_size",
    )
    assert tuple(made[name] for name in names) == expected


@pytest.mark.parametrize("memory", [256 * MB, 512 * MB, GB, 2 * GB, 16 * GB, 64 * GB])
@pytest.mark.parametrize("connections", [0, 100, 500])
def test_a_sort_in_every_connection_still_fits_into_memory(memory: int, connections: int) -> None:
    made = settings(postgres(memory=memory), ServerFacts(connections=connections))
    size = {name: int(made[name].removesuffix("MB")) * MB for name in ("shared_buffers", "work_mem")}
    floor = int(made["max_connections"]) * MB
    assert size["shared_buffers"] + max(floor, size["work_mem"] * int(made["max_connections"])) <= max(
        memory * 1.05, size["shared_buffers"] + floor
    )


def test_slow_queries_are_logged_without_what_people_typed() -> None:
    """DB-04: slow queries logged, autovacuum tuned."""
    made = settings(postgres(slow_query=0.25), ServerFacts())
    assert made["log_min_duration_statement"] == "250ms"
    assert made["log_parameter_max_length"] == "0"
    assert made["autovacuum_vacuum_scale_factor"] == "0.05"
    assert made["pg_stat_statements.track_utility"] == "off"


def test_a_spinning_disk_is_read_in_order() -> None:
    made = settings(postgres(disk="hdd"), ServerFacts())
    assert (made["random_page_cost"], made["effective_io_concurrency"]) == ("4", "2")


def test_the_users_settings_come_last_and_libraries_are_joined() -> None:
    wanted = {"WORK_MEM": "64MB", "shared_preload_libraries": "auto_explain", "jit": "on"}
    made = settings(postgres(settings=wanted), ServerFacts())
    assert (made["work_mem"], made["jit"]) == ("64MB", "on")
    assert made["shared_preload_libraries"] == "'auto_explain,pg_stat_statements'"


def test_a_server_without_pg_stat_statements_is_not_asked_to_load_it() -> None:
    made = settings(postgres(extensions=("timescaledb",)), ServerFacts(extensions=frozenset({"timescaledb"})))
    assert made["shared_preload_libraries"] == "'timescaledb'"
    assert not [name for name in made if name.startswith("pg_stat_statements")]


def test_what_the_target_decides_cannot_be_set() -> None:
    with pytest.raises(PartError, match=r"stackyard.yaml:7: `listen_addresses` of db cannot be set"):
        settings(postgres(settings={"listen_addresses": "*"}), ServerFacts())


def test_the_files_let_nobody_in_without_a_password() -> None:
    conf, hba = config({"work_mem": "16MB", "search_path": "a b's"}, Listening("/etc/db", "/run/db", 5432))
    assert "work_mem = 16MB\nsearch_path = 'a b''s'\n" in conf.content
    assert "hba_file = '/etc/db/pg_hba.conf'\n" in conf.content
    assert "ssl = off\n" in conf.content
    assert hba.content == (
        "local    all          all                          scram-sha-256\n"
        "local    replication  all                          scram-sha-256\n"
        "host     all          postgres  all                reject\n"
        "host     all          all       127.0.0.1/32       scram-sha-256\n"
        "host     all          all       ::1/128            scram-sha-256\n"
        "host     replication  all       127.0.0.1/32       scram-sha-256\n"
        "host     replication  all       ::1/128            scram-sha-256\n"
    )


def test_with_a_certificate_every_connection_over_tcp_is_encrypted() -> None:
    """DB-11: TLS to the database."""
    conf, hba = config({}, Listening("/e", "/s", 5432, certificate="/tls/db.crt", key="/tls/db.key"))
    assert "ssl = on\nssl_cert_file = '/tls/db.crt'\nssl_key_file = '/tls/db.key'\n" in conf.content
    assert hba.content.count("hostssl  all") == 2
    assert "host     all          all" not in hba.content


@pytest.mark.parametrize(
    ("memory", "connections", "growth", "expected"),
    [
        (2 * GB, 55, 280, ("355", "16MB")),
        (2 * GB, 335, 0, ("355", "4MB")),
        (256 * MB, 55, 280, ("341", "2MB")),
        (256 * MB, 335, 0, ("355", "1MB")),
        (64 * MB, 55, 280, ("85", "1MB")),
    ],
)
def test_services_grow_without_a_restart_of_the_database(
    memory: int, connections: int, growth: int, expected: tuple[str, str]
) -> None:
    """DB-04, EDGE-07: room is there before it is needed, where memory allows; what a sort gets follows the need."""
    made = settings(postgres(memory=memory), ServerFacts(connections=connections, growth=growth))
    assert (made["max_connections"], made["work_mem"]) == expected
