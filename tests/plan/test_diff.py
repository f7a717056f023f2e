"""The decision: what was found and what is wanted give steps, their causes and their order."""

from __future__ import annotations

import json

import pytest

from stackyard.plan.diff import diff
from stackyard.plan.element import Element, Kind, Observed, Seen
from stackyard.plan.order import in_order
from stackyard.plan.step import Downtime, Plan, Verb

DATA = Element("data:db", Kind.DATA, "db", "data of db")
DB = Element(
    "process:db", Kind.PROCESS, "db", "db", {"command": "a", "config": "1"}, ("data:db",), frozenset({"config"})
)
CATALOG = Element("catalog:db", Kind.CATALOG, "db", "roles of db", {"wanted": "x"}, ("process:db",))
MIGRATION = Element("migration:api", Kind.MIGRATION, "api", "schema of api", {"source": "s1"}, ("catalog:db",))
API = Element("process:api-1", Kind.PROCESS, "api", "api-1", {"source": "s1"}, ("migration:api", "process:db"))
REPLICA = Element("process:db-2", Kind.PROCESS, "db-2", "db-2", after=("catalog:db",))
FOLLOWING = Element(
    "settings:db-2", Kind.SETTINGS, "db-2", "how db-2 follows", after=("process:db-2",), again_after="process:db"
)
SYSTEM = (API, MIGRATION, CATALOG, DB, DATA)
RUNNING: Observed = {element.id: Seen(element.facets, part=element.part) for element in SYSTEM}


def plan(observed: Observed, desired: tuple[Element, ...] = SYSTEM) -> Plan:
    return diff("shop", "development", "native", desired, observed)


def told(plan: Plan) -> list[str]:
    return [str(step) for step in plan.steps]


def test_nothing_there_makes_everything_in_the_order_of_what_stands_on_what() -> None:
    """TOP-01: start order follows what each part needs."""
    assert told(plan({})) == [
        "create data of db: there is no data yet",
        "start db: it does not run",
        "reconcile roles of db: roles and extensions can only be compared once it runs",
        "migrate schema of api: not migrated yet",
        "start api-1: it does not run",
    ]


def test_everything_there_gives_an_empty_plan() -> None:
    assert plan(RUNNING).is_empty


def test_new_source_migrates_and_restarts_only_what_it_concerns() -> None:
    """DB-08: migrations run before new code takes traffic."""
    newer = (
        Element("process:api-1", Kind.PROCESS, "api", "api-1", {"source": "s2"}, ("migration:api", "process:db")),
        Element("migration:api", Kind.MIGRATION, "api", "schema of api", {"source": "s2"}, ("catalog:db",)),
        CATALOG,
        DB,
        DATA,
    )
    result = plan(RUNNING, newer)
    assert told(result) == ["migrate schema of api: changed: source", "restart api-1: changed: source"]
    assert result.steps[1].downtime is Downtime.BRIEF
    assert result.steps[1].after == ("migration:api",)


def test_a_setting_that_can_be_taken_in_is_reloaded_without_downtime() -> None:
    changed = (
        *SYSTEM[:3],
        Element("process:db", Kind.PROCESS, "db", "db", {"command": "a", "config": "2"}, (), DB.reloadable),
        DATA,
    )
    (step,) = plan(RUNNING, changed).steps
    assert (step.verb, step.downtime) == (Verb.RELOAD, Downtime.NONE)


def test_a_process_nobody_wants_is_stopped_but_never_data() -> None:
    """TOP-02: data outlives everything but an explicit clean."""
    observed = {**RUNNING, "process:old-1": Seen(part="old"), "data:old": Seen(part="old")}
    assert told(plan(observed)) == ["stop old-1: no longer in the stack file"]


def test_a_broken_thing_is_made_again_with_its_reason() -> None:
    observed = {**RUNNING, "process:api-1": Seen(API.facets, "it gave up after 8 failures", "api")}
    assert told(plan(observed)) == ["start api-1: it gave up after 8 failures"]


def test_a_step_waits_for_steps_behind_elements_that_are_already_right() -> None:
    without_data_and_api = {key: seen for key, seen in RUNNING.items() if key not in ("data:db", "process:api-1")}
    steps = {step.element: step for step in plan(without_data_and_api).steps}
    assert steps["process:api-1"].after == ("data:db",)


@pytest.mark.parametrize(
    ("found", "steps"),
    [
        (None, ["start db: it does not run", "reconcile how db-2 follows: it shows once db is started"]),
        (
            Seen({**DB.facets, "command": "b"}),
            ["restart db: changed: command", "reconcile how db-2 follows: it shows once db is started"],
        ),
        (Seen({**DB.facets, "config": "0"}), ["reload db: changed: config"]),
    ],
)
def test_who_follows_a_database_is_seen_to_follow_it_again_when_that_was_started(
    found: Seen | None, steps: list[str]
) -> None:
    """DB-06: `up` does not end while a replica is still on its way back."""
    ready = {**RUNNING, REPLICA.id: Seen(), FOLLOWING.id: Seen()}
    observed = {name: seen for name, seen in {**ready, DB.id: found}.items() if seen is not None}
    assert told(plan(observed, (*SYSTEM, REPLICA, FOLLOWING))) == steps


def test_a_replica_that_starts_itself_is_not_looked_at_twice() -> None:
    result = told(
        plan({**RUNNING, DB.id: Seen(broken="it gave up"), FOLLOWING.id: Seen()}, (*SYSTEM, REPLICA, FOLLOWING))
    )
    assert result == ["start db: it gave up", "start db-2: it does not run"]


def test_the_plan_does_not_depend_on_the_order_of_the_file() -> None:
    assert {step.element for step in plan({}, SYSTEM[::-1]).steps} == {step.element for step in plan({}).steps}
    for steps in (plan({}).steps, plan({}, SYSTEM[::-1]).steps):
        names = [step.element for step in steps]
        assert all(names.index(before) < names.index(step.element) for step in steps for before in step.after)


def test_every_interrupted_beginning_of_a_plan_leads_to_the_same_end() -> None:
    whole = plan({}).steps
    for count in range(len(whole) + 1):
        done = {step.element: RUNNING[step.element] for step in whole[:count]}
        assert [step.element for step in plan(done).steps] == [step.element for step in whole[count:]]


def test_the_json_form_carries_verb_subject_cause_and_downtime() -> None:
    data = json.loads(json.dumps(plan({}).to_json()))
    assert data["steps"][1] == {
        "verb": "start",
        "subject": "db",
        "part": "db",
        "cause": "it does not run",
        "downtime": "none",
        "element": "process:db",
        "after": ["data:db"],
    }


def test_a_cycle_is_refused_and_a_long_chain_is_not() -> None:
    chain = [Element(f"e{n}", Kind.FILES, "p", f"e{n}", {}, (f"e{n + 1}",)) for n in range(5000)]
    assert in_order(chain)[0].id == "e4999"
    with pytest.raises(ValueError, match="wait for each other"):
        in_order([Element("a", Kind.FILES, "p", "a", {}, ("b",)), Element("b", Kind.FILES, "p", "b", {}, ("a",))])
