"""What should exist on this machine: the elements of a rich system, their order, and what changes which of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from stackyard.model.system import Objects, Redis, System, Tls
from stackyard.model.values import Version
from stackyard.plan.diff import diff
from stackyard.plan.element import Kind, Seen
from stackyard.targets.native.blueprint import Blueprint, draw
from stackyard.targets.native.machine import Machine

from .literals import edge, fetch, here, machine, postgres, service, site, system, with_source

CACHE = Redis("cache", Version((7,)), here())
PHOTOS = Objects("photos", here(), "shop-photos")


def rich(*, environment: str = "testing", script: str = "build") -> System:
    """Two databases, three services that need each other, two of which migrate one database, a front end, an edge."""
    return system(
        service("api", "ledger", "db", "cache", "photos", port=8000, migrate=("migrate-api",)),
        service("ledger", "db", "audit", port=8001, replicas=2, migrate=("migrate-ledger",)),
        service("worker", "api", "db"),
        site("web", script=script),
        resources=[postgres(), postgres("audit", tls=True), CACHE, PHOTOS],
        edge=edge(("/api", "api"), ("/", "web")),
        environment=environment,
    )


RICH = rich()


def drawn(one: System = RICH, there: Machine | None = None) -> Blueprint:
    return draw(one, there or machine(one))


def after(blueprint: Blueprint, name: str) -> set[str]:
    return set(blueprint.element(name).after)


def behind(blueprint: Blueprint, name: str) -> set[str]:
    """Everything that must be right before this element, near and far."""
    near = [one for one in blueprint.element(name).after if one in {element.id for element in blueprint.elements}]
    return {*near, *(far for one in near for far in behind(blueprint, one))}


def changed(before: Blueprint, now: Blueprint) -> dict[str, list[str]]:
    """The facets that differ, by element."""
    found: dict[str, list[str]] = {}
    for element in before.elements:
        facets = now.element(element.id).facets
        names = [name for name in {**element.facets, **facets} if element.facets.get(name) != facets.get(name)]
        if names:
            found[element.id] = sorted(names)
    return found


def test_a_rich_system_is_drawn_in_the_order_of_its_file() -> None:
    assert [element.id for element in drawn().elements] == [
        "tool:db",
        "tool:audit",
        "tool:cache",
        "tool:photos",
        "tool:nginx",
        "tool:npm",
        "files:secrets",
        "files:.logs",
        "data:db",
        "files:db",
        "process:db",
        "settings:db",
        "catalog:db",
        "init:db",
        "migration:api",
        "migration:ledger",
        "data:audit",
        "certificate:audit",
        "files:audit",
        "process:audit",
        "settings:audit",
        "catalog:audit",
        "init:audit",
        "data:cache",
        "files:cache",
        "process:cache",
        "settings:cache",
        "data:photos",
        "process:photos",
        "environment:api",
        "process:api-1",
        "environment:ledger",
        "process:ledger-1",
        "process:ledger-2",
        "environment:worker",
        "process:worker-1",
        "site:web",
        "certificate:edge",
        "files:edge",
        "process:edge",
    ]


def test_every_program_belongs_to_a_process_and_every_file_to_a_part() -> None:
    blueprint = drawn()
    processes = {element.id for element in blueprint.elements if element.kind is Kind.PROCESS}
    assert set(blueprint.programs) == processes
    assert set(blueprint.files) == {"db", "audit", "cache", "edge"}
    with pytest.raises(KeyError):
        blueprint.element("process:nobody")


def test_a_service_starts_after_its_needs_are_there_ready_and_migrated() -> None:
    """TOP-01: every service in dependency order. DB-08: migrations run before new code takes traffic."""
    blueprint = drawn()
    wanted = {"environment:worker", "process:api-1", "process:db", "catalog:db", "init:db"}
    assert wanted <= after(blueprint, "process:worker-1")
    assert {"process:ledger-1", "process:ledger-2", "process:cache", "process:photos"} <= after(
        blueprint, "process:api-1"
    )
    assert {"migration:api", "migration:ledger", "data:db"} <= behind(blueprint, "process:worker-1")
    assert "process:worker-1" not in behind(blueprint, "process:api-1")


def test_two_that_migrate_one_database_do_it_one_after_the_other() -> None:
    blueprint = drawn()
    assert "migration:api" in after(blueprint, "migration:ledger")
    assert after(blueprint, "migration:api") >= {"environment:api", "process:db", "catalog:db", "init:db"}


def test_a_migration_is_for_the_database_that_the_service_is_told_as_its_own() -> None:
    one = system(
        service("api", "audit", "db", port=8000, migrate=("migrate",)),
        service("reader", "audit"),
        service("other", "db"),
        resources=[postgres("db"), postgres("audit")],
    )
    blueprint = drawn(one)
    assert (
        blueprint.programs["process:api-1"].env["DATABASE_URL"] == blueprint.programs["process:api-1"].env["AUDIT_URL"]
    )
    assert "migration:api" in after(blueprint, "process:reader-1")
    assert "migration:api" not in behind(blueprint, "process:other-1")


def test_data_is_made_before_the_server_and_its_roles_and_scripts_after_it() -> None:
    """TOP-11: init scripts run on first creation."""
    blueprint = drawn()
    assert after(blueprint, "process:db") == {"tool:db", "data:db", "files:db"}
    assert after(blueprint, "process:audit") == {"tool:audit", "data:audit", "files:audit", "certificate:audit"}
    assert after(blueprint, "catalog:db") == {"process:db"}
    assert after(blueprint, "init:db") == {"catalog:db"}


def test_the_edge_waits_for_its_files_only_and_starts_beside_everything_else() -> None:
    """EDGE-12: while a service is away the edge is there to say so."""
    assert after(drawn(), "process:edge") == {"tool:nginx", "site:web", "certificate:edge", "files:edge"}


def test_a_front_end_without_a_script_needs_no_npm() -> None:
    blueprint = drawn(rich(script=""))
    assert after(blueprint, "site:web") == set()
    assert "tool:npm" not in {element.id for element in blueprint.elements}


def test_only_development_has_a_watcher_and_nothing_waits_for_it() -> None:
    """WEB-02, TOP-03: hot reload in development."""
    development = drawn(rich(environment="development"))
    assert "process:reload" not in {element.id for element in drawn().elements}
    assert development.elements[-1].id == "process:reload"
    assert "process:edge" in after(development, "process:reload")
    assert not [element for element in development.elements if "process:reload" in element.after]


def test_while_a_tool_is_to_be_fetched_its_process_is_planned_without_a_program() -> None:
    there = machine(RICH)
    missing = replace(there, tools={**there.tools, "db": fetch("postgres"), "nginx": fetch("nginx")})
    blueprint = drawn(RICH, missing)
    assert blueprint.element("process:db").facets == {}
    assert not {"process:db", "process:edge"} & set(blueprint.programs)
    assert not {"db", "edge"} & set(blueprint.files)
    assert {element.id for element in blueprint.elements} == {element.id for element in drawn().elements}
    whole = drawn(RICH, missing.with_tool("db", there.tool("db")).with_tool("nginx", there.tool("nginx")))
    assert changed(whole, drawn()) == {}


def test_while_its_passwords_are_to_be_made_a_cache_is_planned_without_a_program() -> None:
    blueprint = drawn(RICH, replace(machine(RICH), cache_passwords={}))
    assert "process:cache" not in blueprint.programs
    assert blueprint.element("process:cache").facets == {}
    assert after(blueprint, "process:cache") == after(drawn(), "process:cache")


def marked(*paths: str) -> Machine:
    there = machine(RICH)
    folder = there.layout.folder
    return replace(there, marks={str(folder / path): "another" for path in paths})


EDITED: Mapping[str, tuple[Machine, dict[str, list[str]]]] = {
    "nothing": (machine(RICH), {}),
    "the source of a service": (
        with_source(machine(RICH), "ledger", "ledger-2"),
        {"migration:ledger": ["source"], "process:ledger-1": ["source"], "process:ledger-2": ["source"]},
    ),
    "the source of the front end": (with_source(machine(RICH), "web", "web-2"), {"site:web": ["source"]}),
    "the password of one service": (marked("secrets/db.shop_worker"), {"process:worker-1": ["secrets"]}),
    "the superuser's password": (marked("secrets/db.postgres"), {"data:db": ["superuser"]}),
    "a password that two use": (
        marked("secrets/photos.access-key"),
        {"process:photos": ["secrets"], "process:api-1": ["secrets"]},
    ),
    "the certificate of the edge": (marked("tls/edge/edge.pem"), {"process:edge": ["certificate"]}),
    "the certificate of a database": (marked("tls/audit/edge.pem"), {"process:audit": ["certificate"]}),
}


@pytest.mark.parametrize("what", EDITED)
def test_a_change_concerns_what_it_concerns_and_nothing_else(what: str) -> None:
    there, wanted = EDITED[what]
    assert changed(drawn(), drawn(RICH, there)) == wanted


def replaced(name: str, **more: object) -> System:
    services = tuple(replace(one, **more) if one.name == name else one for one in RICH.services)  # type: ignore[arg-type]
    return replace(RICH, services=services)


def test_another_command_or_variable_is_another_definition_of_that_service_only() -> None:
    for one in (replaced("worker", command=("serve", "--more")), replaced("worker", environment={"A": ("b",)})):
        assert changed(drawn(), drawn(one)) == {"process:worker-1": ["definition"]}


def test_another_setting_of_a_database_is_another_configuration_and_not_another_definition() -> None:
    one = replace(RICH, resources=(postgres(slow_query=2.0), *RICH.resources[1:]))
    assert changed(drawn(), drawn(one)) == {"files:db": ["content"], "process:db": ["config"]}


def test_another_limit_of_the_edge_is_taken_in_and_another_port_is_not() -> None:
    """EDGE-04: what can be taken in without a dropped connection is reloaded."""
    assert RICH.edge is not None
    wider = replace(RICH, edge=replace(RICH.edge, body=77_000_000))
    assert changed(drawn(), drawn(wider)) == {"files:edge": ["content"], "process:edge": ["config"]}
    moved = drawn(RICH, replace(machine(RICH), ports={**machine(RICH).ports, "edge.https": 8443}))
    assert "listeners" in changed(drawn(), moved)["process:edge"]
    running = {element.id: Seen(element.facets) for element in drawn().elements}
    steps = {
        step.element: str(step.verb) for step in diff("shop", "testing", "native", drawn(wider).elements, running).steps
    }
    assert steps == {"files:edge": "write", "process:edge": "reload"}


def test_an_edge_without_tls_has_no_certificate() -> None:
    assert RICH.edge is not None
    plain = drawn(replace(RICH, edge=replace(RICH.edge, tls=Tls.OFF)))
    assert "certificate:edge" not in {element.id for element in plain.elements}
    assert "certificate" not in plain.element("process:edge").facets


def test_the_mark_of_a_secret_tells_nothing_about_it() -> None:
    there = machine(RICH)
    secret = "mtime/size/inode-of-the-file"
    there = replace(there, marks={str(there.layout.secrets / "db.shop_worker"): secret})
    assert secret not in repr(drawn(RICH, there))


def test_another_bucket_is_to_be_made() -> None:
    one = replace(RICH, resources=(*RICH.resources[:3], Objects("photos", here(), "other")))
    assert changed(drawn(), drawn(one))["data:photos"] == ["bucket"]
