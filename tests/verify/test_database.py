"""Judgements about databases that need no database: what lets tenants see each other, and which rule lets people in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.model.system import Postgres
from stackyard.model.values import Position, Version
from stackyard.verify.check import Seen
from stackyard.verify.database.content import once_in_order
from stackyard.verify.database.entry import fault_of_rule
from stackyard.verify.database.row_security import Guarded, fault_of

NOTES = Guarded("public.notes", True, True, "shop_owner", ["own_rows"], [])
WORKING = frozenset({"shop_api"})
DB = Postgres("db", Version((16,)), Position("stackyard.yaml", 7), init=Path("/srv/database"))


def test_a_table_with_a_forced_policy_keeps_tenants_apart() -> None:
    """DB-03."""
    assert fault_of(NOTES, WORKING) == ""
    assert str(NOTES) == "row-level security enabled, forced, owner shop_owner, policies own_rows"


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (replace(NOTES, is_on=False), "has policies, and row-level security is off"),
        (replace(NOTES, is_forced=False), "is not forced"),
        (replace(NOTES, owner="shop_api"), "as which a service works"),
        (replace(NOTES, policies=[]), "has no policy any more"),
        (replace(NOTES, idle=["own_rows"]), "lets everybody see every row"),
    ],
)
def test_whatever_opens_it_is_a_fault(table: Guarded, fault: str) -> None:
    assert fault in fault_of(table, WORKING)


@pytest.mark.parametrize(
    ("resource", "rule", "fault"),
    [
        (DB, ("local", "", "scram-sha-256", ""), ""),
        (DB, ("host", "all", "reject", ""), ""),
        (DB, ("host", "127.0.0.1", "trust", ""), "lets people in by trust"),
        (DB, ("host", "127.0.0.1", "md5", ""), "lets people in by md5"),
        (DB, ("host", "all", "scram-sha-256", ""), "from everywhere"),
        (DB, ("host", "", "", "invalid connection type"), "a rule of db is wrong"),
        (replace(DB, tls=True), ("host", "127.0.0.1", "scram-sha-256", ""), "without encryption"),
        (replace(DB, tls=True), ("hostssl", "127.0.0.1", "scram-sha-256", ""), ""),
    ],
)
def test_a_rule_is_right_or_it_is_said_what_it_lets_in(
    resource: Postgres, rule: tuple[str, str, str, str], fault: str
) -> None:
    """DB-11: with TLS, only encrypted connections are let in."""
    found = fault_of_rule(resource, *rule)
    assert fault in found
    assert bool(found) == bool(fault)


def faults(ran: list[str]) -> list[str]:
    seen: list[Seen] = list(once_in_order(DB, ran))
    return [one.fault for one in seen if one.fault]


def test_init_scripts_run_in_the_order_of_their_names_and_then_never_again() -> None:
    """TOP-11."""
    assert faults(["10-a.sql", "20-b.sql", "*"]) == []
    assert "order" in faults(["20-b.sql", "10-a.sql", "*"])[0]
    assert "run again" in faults(["10-a.sql"])[0]
