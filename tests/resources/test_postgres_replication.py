"""Replicas as literals: their names, slots, settings, and what the catalogue of their primary holds for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackyard.resources.postgres import replication
from stackyard.resources.postgres.catalog import Catalog
from stackyard.resources.postgres.observed import ObservedCatalog, ObservedRole
from stackyard.resources.postgres.reconcile import reconcile
from stackyard.resources.postgres.replication import Replica, Source, is_slot_of, reader_of, replicas, replicas_of

from .systems import database, desired, service, system

AVAILABLE = {"pg_stat_statements": "1.10"}


def with_replicas(count: int) -> Catalog:
    return desired(system("shop", [service("api")], [database(replicas=count)]))


def changes(count: int, slots: dict[str, bool], role: ObservedRole | None = None) -> list[str]:
    """The statements about slots and about the role of replicas, beside what else is to be done."""
    roles = {"postgres": ObservedRole(login=True, verifier="v")}
    observed = ObservedCatalog(16, roles | ({"stackyard_replica": role} if role else {}), AVAILABLE, {}, slots=slots)
    wanted = with_replicas(count)
    made = reconcile(wanted, observed, dict.fromkeys(wanted.logins, "v"))
    return [one.sql for one in made if one.subject.startswith("slot") or one.subject == "role stackyard_replica"]


def test_each_replica_has_a_name_and_a_slot_of_its_own() -> None:
    found = replicas_of(database(replicas=2))
    assert [one.name for one in found] == ["db-replica-1", "db-replica-2"]
    assert [one.slot for one in found] == ["stackyard_db_replica_1", "stackyard_db_replica_2"]
    assert found[0].server.name == "db-replica-1"
    assert list(replicas(system("shop", [], [database(replicas=1)]))) == ["db-replica-1"]
    assert [is_slot_of("db", slot) for slot in ("stackyard_db_replica_9", "stackyard_wal", "mine")] == [
        True,
        False,
        False,
    ]


def test_a_service_reads_from_the_same_replica_each_time_and_from_the_primary_without_any() -> None:
    names = [f"service-{number}" for number in range(20)]
    assert {reader_of(database(), name) for name in names} == {"db"}
    found = [reader_of(database(replicas=2), name) for name in names]
    assert set(found) == {"db-replica-1", "db-replica-2"}
    assert found == [reader_of(database(replicas=2), name) for name in names]


def test_a_replica_follows_without_a_password_in_any_file() -> None:
    found = replication.standby_settings(Replica(database(replicas=1), 1), Source("/run/parts", 5432))
    assert found["primary_conninfo"] == (
        "host=/run/parts port=5432 user=stackyard_replica application_name=db-replica-1 sslmode=disable"
    )
    assert found["primary_slot_name"] == "stackyard_db_replica_1"
    secure = replication.standby_settings(Replica(database(replicas=1), 1), Source("db", 5432, encrypted=True))
    assert secure["primary_conninfo"].endswith("sslmode=require")


@pytest.mark.parametrize(("count", "senders"), [(1, None), (5, None), (6, "16")])
def test_the_first_replicas_take_no_restart_of_their_primary(count: int, senders: str | None) -> None:
    found = replication.primary_settings(database(replicas=count))
    assert found.get("max_wal_senders") == found.get("max_replication_slots") == senders
    assert found["wal_retrieve_retry_interval"] == "500ms"
    assert replication.primary_settings(database()) == {}


def test_the_role_of_replicas_may_replicate_and_nothing_else() -> None:
    """DB-02: least rights."""
    (role,) = (one for one in with_replicas(1).roles if one.name == "stackyard_replica")
    assert (role.powers, role.member_of, role.login) == (frozenset({"REPLICATION"}), frozenset(), True)
    assert "stackyard_replica" not in with_replicas(0).logins
    made = changes(1, {"stackyard_db_replica_1": True})
    assert any(one.startswith("ALTER ROLE") and "REPLICATION" in one for one in made)
    whole = ObservedRole(login=True, powers=frozenset({"REPLICATION"}), verifier="v", mark="stackyard: replicas")
    assert changes(1, {"stackyard_db_replica_1": True}, whole) == []
    (taken,) = changes(
        1, {"stackyard_db_replica_1": True}, replace(whole, powers=frozenset({"REPLICATION", "CREATEDB"}))
    )
    assert "NOCREATEDB" in taken
    assert "REPLICATION" not in taken


def test_slots_are_made_for_replicas_and_dropped_when_nobody_uses_them() -> None:
    assert changes(1, {})[0] == "SELECT pg_create_physical_replication_slot('stackyard_db_replica_1', true)"
    left = {"stackyard_db_replica_1": False, "stackyard_db_replica_2": True, "stackyard_wal": False, "mine": False}
    assert changes(0, left) == ["SELECT pg_drop_replication_slot('stackyard_db_replica_1')"]
