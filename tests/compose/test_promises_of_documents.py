"""What holds for every container of every system: who runs it, what it may do, whom it can reach, what it publishes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackyard.targets.compose.rendering import LABEL_MARK, Rendered

from .test_compose_cases import ALL
from .yard import ENVIRONMENTS, case, rendered

Services = dict[str, dict[str, Any]]
OWN_HOST = """
system: bound
services:
  asked:
    build: ./api
    command: serve
    port: 7000
    environment: {BIND: "${asked.host}:${asked.port}", ABOUT: "${asked.url}"}
  asking:
    build: ./api
    command: ask
    needs: [asked]
    environment: {ASKED: "${asked.host}:${asked.port}"}
"""
OURS = ("0:0", "10001:10001", "101:101", "472:0", "59000:59000", "65534:65534", "postgres", "redis")


@pytest.fixture(params=[(name, environment) for name in ALL for environment in ENVIRONMENTS], ids="-".join)
def services(request: pytest.FixtureRequest, tmp_path: Path) -> Services:
    name, environment = request.param
    found: Services = rendered(tmp_path, case(name), environment).document["services"]
    return found


def foreign(service: dict[str, Any]) -> bool:
    return "legacy" in service["image"] or "docs" in service["image"]


def test_every_container_is_held_to_limits_and_gains_no_privileges(services: Services) -> None:
    """TOP-09: CPU, memory and pid limits, no new privileges, dropped capabilities."""
    for name, service in services.items():
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["init"] is True, name


def test_what_is_ours_runs_unprivileged_on_a_file_system_it_cannot_change(services: Services) -> None:
    """TOP-09: every process runs unprivileged; what gives a volume away is root for a moment, without a network."""
    for name, service in services.items():
        if foreign(service):
            continue
        assert service["read_only"] is True, name
        assert service["user"] in OURS, name
        if service["user"] == "0:0":
            assert (service["network_mode"], service["restart"]) == ("none", "no"), name
        else:
            assert "cap_add" not in service, name


def test_logs_cannot_fill_the_disk(services: Services) -> None:
    """LOG-01: rotation that cannot fill the disk."""
    for service in services.values():
        assert int(service["logging"]["options"]["max-size"]) * int(service["logging"]["options"]["max-file"]) <= 10**9


def test_health_checks_are_in_exec_form_and_end_by_themselves(services: Services) -> None:
    """TOP-01: gated on the health of what is needed. A killed check in shell form leaves its children behind."""
    checked = {name: service["healthcheck"] for name, service in services.items() if "healthcheck" in service}
    for check in checked.values():
        assert check["test"][0] == "CMD"
        assert check["start_interval"].endswith("ms")
    for service in services.values():
        for name, how in service.get("depends_on", {}).items():
            wanted = "service_healthy" if name in checked else "service_completed_successfully"
            assert how["condition"] == wanted


def test_the_edge_cannot_reach_a_resource(services: Services) -> None:
    """TOP-06: private networks by role."""
    parts = {name: set(service.get("networks", ())) for name, service in services.items()}
    for resource in {"db", "cache", "photos"} & set(parts):
        assert parts[resource] == {f"{resource}-net"}
        assert not parts[resource] & parts.get("edge", set())


@pytest.mark.parametrize("name", ALL)
def test_in_production_only_the_edge_is_reachable_from_outside(name: str, tmp_path: Path) -> None:
    """TOP-06: everything else is published on this machine only, or not at all."""
    made = rendered(tmp_path, case(name), "production")
    for service, body in made.document["services"].items():
        outside = [port["published"] for port in body.get("ports", ()) if "host_ip" not in port]
        assert outside == (["80", "443"] if service == "edge" else [])
    assert all(network.internal == network.key.endswith("-net") for network in made.networks)


@pytest.mark.parametrize("name", ALL)
def test_in_development_every_part_has_a_port_on_this_machine_only(name: str, tmp_path: Path) -> None:
    """TOP-03, TOP-05: direct ports, at their documented numbers."""
    made = rendered(tmp_path, case(name), "development")
    ports = [port for body in made.document["services"].values() for port in body.get("ports", ())]
    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}
    assert not any(network.internal for network in made.networks)
    published = {port["published"] for port in ports}
    if name == "shop":
        assert published == {"80", "443", "3000", "5432", "6379", "8000"}


def test_a_range_of_addresses_is_divided_among_the_networks(tmp_path: Path) -> None:
    """TOP-06: services find each other on a private network whose range is the file's."""
    made = rendered(tmp_path, case("everything"))
    assert [(network.key, network.subnet) for network in made.networks] == [
        ("front", "172.28.0.0/26"),
        ("services", "172.28.0.64/26"),
        ("db-net", "172.28.0.128/26"),
        ("cache-net", "172.28.0.192/26"),
        ("photos-net", "172.28.1.0/26"),
    ]


def test_another_range_of_addresses_marks_the_networks_and_all_that_is_connected_to_them(tmp_path: Path) -> None:
    """TOP-06: a network is made anew where its range changes, and who is connected to it with it."""
    text = case("everything")
    assert "172.28.0.0/" in text
    before, after = (rendered(tmp_path, one) for one in (text, text.replace("172.28.0.0/", "172.29.0.0/")))

    def marks(made: Rendered) -> dict[str, str]:
        described = made.document["networks"]
        return {one.key: described[one.key]["labels"][f"{LABEL_MARK}definition"] for one in made.networks}

    assert all(mark != marks(before)[key] for key, mark in marks(after).items())
    assert marks(rendered(tmp_path, text)) == marks(before)
    ranges = {one.key for one in after.networks}
    for name, one in after.containers.items():
        is_same = one.facets["definition"] == before.containers[name].facets["definition"]
        assert is_same is ranges.isdisjoint(one.networks), name


def test_a_service_listens_where_its_own_host_is_and_others_find_it_by_its_name(tmp_path: Path) -> None:
    """TOP-05: a container has an address in each of its networks, and its name is but one of them."""
    services = rendered(tmp_path, OWN_HOST).document["services"]
    assert services["asked"]["environment"]["BIND"] == "0.0.0.0:7000"
    assert services["asked"]["environment"]["ABOUT"] == "http://asked:7000"
    assert services["asking"]["environment"]["ASKED"] == "asked:7000"


def test_a_migration_must_end_well_before_anybody_uses_the_database(tmp_path: Path) -> None:
    """DB-08: migrations run before new code takes traffic."""
    services = rendered(tmp_path, case("shop")).document["services"]
    job = services["api-migrate"]
    assert (job["restart"], job["command"]) == ("no", ["alembic", "upgrade", "head"])
    for name in ("api", "worker"):
        assert services[name]["depends_on"]["api-migrate"] == {"condition": "service_completed_successfully"}


def test_more_replicas_are_no_other_containers(tmp_path: Path) -> None:
    """EDGE-07: the number of replicas is in no mark but that of what each of them may use of the database."""
    text = case("small")
    few, many = (rendered(tmp_path, text.replace("replicas: 2", f"replicas: {n}")) for n in (2, 5))
    assert few.containers["hello"].facets == many.containers["hello"].facets
    assert [made.containers["hello"].replicas for made in (few, many)] == [2, 5]


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("postgres: 16", "postgres: 17", {"db": {"image"}}),
        ("health: /api/health", "health: /api/ready", {"api": {"definition"}}),
        ("routes: {/api: api, /: web}", "routes: {/v1: api, /: web}", {"edge": {"config"}}),
        ("memory: 256MB", "memory: 512MB", {"worker": {"definition"}}),
    ],
)
def test_a_change_marks_only_what_it_concerns(old: str, new: str, changed: Any, tmp_path: Path) -> None:
    text = case("shop")
    assert old in text
    before, after = (rendered(tmp_path, one).containers for one in (text, text.replace(old, new)))
    found = {
        name: {facet for facet in after[name].facets if after[name].facets[facet] != before[name].facets.get(facet)}
        for name in after
    }
    assert {name: facets for name, facets in found.items() if facets} == changed


def test_a_mark_of_secrets_stands_where_it_belongs_and_never_in_an_ejected_folder(tmp_path: Path) -> None:
    """SEC-01: an ejected folder says nothing about secrets, not even whether they changed."""
    marks = {name: f"mark-of-{name}" for name in ("db", "cache", "api", "worker", "edge")}
    kept = rendered(tmp_path, case("shop"), marks=marks)
    assert kept.containers["api"].facets["secrets"] == "mark-of-api"
    assert kept.document["services"]["api"]["labels"]["org.stackyard.mark.secrets"] == "mark-of-api"
    ejected = rendered(tmp_path, case("shop"), marks=marks, ejected=True)
    assert not any("mark-of-" in file.content for file in ejected.files)


def test_a_service_believes_the_edge_about_a_client_and_nobody_else(tmp_path: Path) -> None:
    """EDGE-03, TOP-06: with a range of addresses the edge has one of its own; a worker believes nobody."""
    text = case("everything")
    for environment in ENVIRONMENTS:
        services = rendered(tmp_path, text, environment).document["services"]
        assert services["edge"]["networks"] == {"front": {"ipv4_address": "172.28.0.62"}}
        for name, body in services.items():
            believed = body.get("environment", {}).get("FORWARDED_ALLOW_IPS")
            is_fronted = "front" in body.get("networks", ())
            assert believed in ((None, "172.28.0.62") if is_fronted else (None, "127.0.0.1")), name


def test_more_replicas_change_no_container_that_runs(tmp_path: Path) -> None:
    """EDGE-07: from one to eight of a service, neither the database nor what runs of the service is made anew."""
    text = case("shop")
    few, many = (rendered(tmp_path, text.replace("replicas: 2", f"replicas: {count}")) for count in (1, 8))
    changed = {
        (name, facet)
        for name, one in many.containers.items()
        for facet, value in one.facets.items()
        if value != few.containers[name].facets.get(facet)
    }
    assert many.containers["api"].replicas == 8
    assert changed <= {("db", "config")}
    settings = [next(str(f.content) for f in made.files if f.path.name == "postgresql.conf") for made in (few, many)]
    assert len({line for text in settings for line in text.splitlines() if line.startswith("max_connections")}) == 1
