"""What should exist on an engine: the elements of a system, what each waits for, and what changes which of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackyard.plan.diff import diff
from stackyard.plan.element import Kind, Seen
from stackyard.targets.compose import slots
from stackyard.targets.compose.blueprint import Blueprint, draw
from stackyard.targets.compose.engine import Engine
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.machine import Machine
from stackyard.targets.compose.render import render

from .yard import systems

STACK = """
system: shop
services:
  api: {build: ./api, command: serve, port: 8000, needs: [db, cache, photos], migrate: migrate, replicas: 2}
  worker: {build: ./api, command: work, needs: [db]}
  web: {static: ./web}
resources:
  db: {postgres: 16}
  cache: {redis: 7}
  photos: {objects: {}}
edge: {host: shop.localhost, routes: {/api: api, /: web}}
"""


def drawn(folder: Path, text: str = STACK, **known: Any) -> Blueprint:
    """The blueprint of the system in its testing environment, on an engine that has nothing yet."""
    system = systems(folder, text)["testing"]
    given = {"sources": {"api": "a1", "worker": "a1", "web": "w1"}, "recipes": {}, "marks": {}, **known}
    engine = Engine((28, 0), (2, 40), 2, 4 * 1024**3, "/var/lib/docker", "here")
    machine = Machine(Layout(system.root, "testing"), engine, slots.documented(system), (), **given)
    return draw(system, machine, render(system, machine.inputs(system)))


def changed(before: Blueprint, now: Blueprint) -> dict[str, list[str]]:
    """The facets that differ, by element; of the files that is said elsewhere."""
    found: dict[str, list[str]] = {}
    for element in before.elements:
        facets = now.element(element.id).facets
        names = sorted(name for name in {**element.facets, **facets} if element.facets.get(name) != facets.get(name))
        if names and element.kind is not Kind.FILES:
            found[element.id] = names
    return found


def test_the_elements_of_a_system(tmp_path: Path) -> None:
    assert {element.id for element in drawn(tmp_path).elements} == {
        "files:secrets", "certificate:edge", "files:compose",
        "image:postgres:16", "image:redis:7", *(one for one in ids(drawn(tmp_path)) if one.startswith("image:rclone")),
        "image:api", "image:worker", "image:edge",
        "data:db", "data:cache", "data:photos",
        "process:db", "settings:db", "catalog:db", "init:db",
        "process:cache", "settings:cache", "process:photos",
        "migration:api", "process:api", "process:worker", "process:edge",
    }  # fmt: skip


def ids(blueprint: Blueprint) -> list[str]:
    return [element.id for element in blueprint.elements]


def test_a_service_waits_for_its_database_with_all_that_is_in_it(tmp_path: Path) -> None:
    with_scripts = drawn(tmp_path, STACK.replace("db: {", "db: {init: ./database, "))
    assert "init:db" in with_scripts.element("process:api").after
    after = set(drawn(tmp_path).element("process:api").after)
    assert "init:db" not in after, "there are no scripts to wait for"
    assert after >= {
        "process:db",
        "catalog:db",
        "migration:api",
        "process:cache",
        "process:photos",
        "image:api",
    }


def test_of_the_volumes_of_a_part_one_is_prepared_and_waits_for_what_that_takes(tmp_path: Path) -> None:
    """BAK-01: the folders of the machine are given to whoever makes the backups, once there is an image for it."""
    blueprint = drawn(tmp_path, f"{STACK}backups: {{to: ../kept, encrypt: false}}\n")
    assert blueprint.preparation("data:backups").name == "backups-prepare"
    assert {"files:compose", "image:backups"} <= set(blueprint.element("data:backups").after)
    assert blueprint.element("data:backups-scratch").after == ()
    with pytest.raises(KeyError):
        blueprint.preparation("data:backups-scratch")


def test_whoever_uses_a_database_waits_for_everybodys_migrations_of_it(tmp_path: Path) -> None:
    assert "migration:api" in drawn(tmp_path).element("process:worker").after


def test_the_edge_waits_for_those_whose_addresses_it_looks_up(tmp_path: Path) -> None:
    after = drawn(tmp_path).element("process:edge").after
    assert [one for one in after if one.startswith(("process:", "migration:"))] == ["process:api"]


def test_another_count_of_replicas_restarts_nothing_but_is_taken_in(tmp_path: Path) -> None:
    blueprint = drawn(tmp_path)
    api = blueprint.element("process:api")
    plan = diff("shop", "testing", "compose", [api], {api.id: Seen({**api.facets, "replicas": "1"})})
    assert [str(step) for step in plan.steps] == ["reload api: changed: replicas"]


def test_a_changed_source_is_another_image_of_this_service_only(tmp_path: Path) -> None:
    now = drawn(tmp_path, sources={"api": "a2", "worker": "a1", "web": "w1"})
    assert changed(drawn(tmp_path), now) == {
        "image:api": ["tag"],
        "migration:api": ["source"],
        "process:api": ["image"],
    }


def test_a_changed_front_end_is_another_image_of_the_edge(tmp_path: Path) -> None:
    now = drawn(tmp_path, sources={"api": "a1", "worker": "a1", "web": "w2"})
    assert changed(drawn(tmp_path), now) == {"image:edge": ["tag"], "process:edge": ["image"]}


def test_a_changed_secret_concerns_who_is_told_it(tmp_path: Path) -> None:
    before = drawn(tmp_path, marks={"api": "m1", "worker": "m1"})
    now = drawn(tmp_path, marks={"api": "m2", "worker": "m1"})
    assert changed(before, now) == {"process:api": ["secrets"]}


def test_a_changed_route_is_taken_in_by_the_edge_without_a_stop(tmp_path: Path) -> None:
    before, now = drawn(tmp_path), drawn(tmp_path, STACK.replace("/api: api", "/v1: api"))
    found = changed(before, now)["process:edge"]
    assert found == ["config"]
    assert now.element("process:edge").reloadable >= set(found)


def test_a_changed_setting_of_the_database_may_be_taken_in_and_its_memory_may_not(tmp_path: Path) -> None:
    setting = drawn(tmp_path, STACK.replace("{postgres: 16}", "{postgres: 16, settings: {work_mem: 8MB}}"))
    memory = drawn(tmp_path, STACK.replace("{postgres: 16}", "{postgres: 16, memory: 2GB}"))
    reloadable = setting.element("process:db").reloadable
    assert changed(drawn(tmp_path), setting)["process:db"] == ["config"]
    assert reloadable >= {"config"}
    assert not reloadable >= set(changed(drawn(tmp_path), memory)["process:db"])


def test_the_ports_that_a_service_takes_on_the_engines_machine(tmp_path: Path) -> None:
    blueprint = drawn(tmp_path, STACK.replace("postgres: 16", "postgres: 16, port: 24001"))
    assert blueprint.published("db") == {24001}
    assert blueprint.published("worker") == frozenset()
