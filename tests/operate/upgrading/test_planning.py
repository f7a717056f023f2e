"""What an upgrade decides, from literals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackyard.errors import StateError, UsageError
from stackyard.operate.upgrading.contents import Contents, differences
from stackyard.operate.upgrading.planning import Facts, UpgradePlan, decide, refuse
from stackyard.operate.upgrading.transfer import without_superuser

GB = 1_000_000_000
SHOP = Facts(version=16, size=GB, extensions=frozenset({"plpgsql", "pg_trgm"}))


def planned(facts: Facts = SHOP, new: int = 18, **more: Any) -> UpgradePlan:
    given: dict[str, Any] = {
        "free": 10 * GB,
        "available": frozenset({"pg_trgm"}),
        "given": frozenset({"work_mem"}),
    } | more
    return decide("db", new, "postgres 18.4", facts, **given)


def test_a_database_without_peculiarities_can_be_upgraded() -> None:
    plan = planned()
    assert (plan.old, plan.new, plan.problems, plan.notices) == (16, 18, (), ())
    assert plan.needed > 1.5 * GB
    assert 20 < plan.expected < 60


@pytest.mark.parametrize(
    ("facts", "more", "words"),
    [
        ({}, {"free": GB}, "it needs 1834 MB beside the old data, and 1000 MB are free"),
        ({}, {"available": frozenset()}, "the extension pg_trgm is used, and is not beside the new server"),
        (
            {"extensions": frozenset({"timescaledb"})},
            {"available": frozenset({"timescaledb"})},
            "the extension timescaledb has its own way to a new version, which a dump is not",
        ),
        (
            {},
            {"given": frozenset({"old_snapshot_threshold"})},
            "the file gives the setting old_snapshot_threshold, which PostgreSQL 17 removed",
        ),
        (
            {"settings": frozenset({"db_user_namespace"})},
            {},
            "a role or a database has the setting db_user_namespace, which PostgreSQL 17 removed",
        ),
        ({"prepared": 2}, {}, "2 prepared transactions wait for their end, and would be lost"),
        ({"tablespaces": ("fast",)}, {}, "there are tablespaces outside of the data folder: fast"),
        ({"unlogged": ("public.a",)}, {}, "PostgreSQL 18 has no unlogged tables with partitions: public.a"),
        ({}, {"replicas": 1}, "replicas follow it, and are copied anew: take "),
    ],
)
def test_what_has_to_be_put_right_first(facts: dict[str, Any], more: dict[str, Any], words: str) -> None:
    (problem,) = planned(replace(SHOP, **facts), **more).problems
    assert problem.startswith(words)


def test_a_setting_that_was_removed_before_or_will_be_later_is_no_problem() -> None:
    given = frozenset({"vacuum_defer_cleanup_age", "old_snapshot_threshold"})
    assert planned(new=16, given=given, facts=replace(SHOP, version=16)).problems == ()


def test_what_is_to_be_known() -> None:
    plan = planned(replace(SHOP, views=("public.load",), slots=("feed",), subscriptions=("mirror",)))
    assert not plan.problems
    assert [notice.split(":")[0][:30] for notice in plan.notices] == [
        "public.load read the server's ",
        "slots of replication do not co",
        "subscriptions come along switc",
    ]


def test_there_is_no_way_down_and_none_to_where_it_is() -> None:
    with pytest.raises(StateError, match="there is no way back to 16") as caught:
        refuse("db", 18, 16)
    assert "Write `postgres: 18` again" in caught.value.hint
    with pytest.raises(UsageError, match="is of PostgreSQL 16, as the file wants it"):
        refuse("db", 16, 16)
    with pytest.raises(StateError, match="too old"):
        refuse("db", 9, 16)
    refuse("db", 16, 18)


BEFORE = Contents(
    tables={"public.orders": (3, "77"), "public.people": (1, "5")},
    sequences={"public.orders_id_seq": (3, True)},
    extensions=frozenset({"plpgsql", "pg_trgm"}),
    objects={"relations of kind i": 4, "policies": 1},
)


def test_two_sides_that_are_the_same_have_no_differences() -> None:
    assert differences({"shop": BEFORE}, {"shop": replace(BEFORE, extensions=BEFORE.extensions | {"new"})}) == ()


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        ({"tables": {"public.orders": (3, "77")}}, "shop: public.people is only on the old side"),
        (
            {"tables": {"public.orders": (2, "77"), "public.people": (1, "5")}},
            "shop: public.orders had 3 rows and has 2",
        ),
        (
            {"tables": {"public.orders": (3, "78"), "public.people": (1, "5")}},
            "shop: the contents of public.orders differ",
        ),
        (
            {"sequences": {"public.orders_id_seq": (1, False)}},
            "shop: public.orders_id_seq stood at (3, True) and stands at (1, False)",
        ),
        ({"extensions": frozenset({"plpgsql"})}, "shop: the extension pg_trgm is missing"),
        ({"objects": {"relations of kind i": 4}}, "shop: there were 1 policies, and there are 0"),
    ],
)
def test_whatever_is_missing_or_changed_is_a_difference(after: dict[str, Any], sentence: str) -> None:
    assert differences({"shop": BEFORE}, {"shop": replace(BEFORE, **after)}) == (sentence,)


def test_a_database_that_did_not_come_along_is_a_difference() -> None:
    assert differences({"shop": BEFORE, "other": BEFORE}, {"shop": BEFORE}) == ("other is only on the old side",)


def test_the_superuser_is_not_made_a_second_time() -> None:
    script = "CREATE ROLE postgres;\nALTER ROLE postgres WITH SUPERUSER;\nCREATE ROLE postgres_reader;\n"
    assert without_superuser(script) == "ALTER ROLE postgres WITH SUPERUSER;\nCREATE ROLE postgres_reader;\n"
