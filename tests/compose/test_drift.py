"""What somebody has changed of a container by hand, seen in the engine's own description of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from stackyard.targets.compose.drift import Topic, facts, has_drifted, nanoseconds, size
from stackyard.targets.compose.rendering import Container as Wanted
from stackyard.targets.compose.rendering import Network, Rendered
from stackyard.targets.compose.snapshot import Container, Image

FOLDER = Path("/srv/shop/compose")
BODY = {
    "image": "shop-api:1",
    "user": "10001:10001",
    "command": ["python", "server.py"],
    "environment": {"PORT": 8000},
    "configs": [{"source": "probe", "target": "/etc/stackyard/probe.py"}],
    "secrets": [{"source": "api.env", "target": "environment"}],
    "volumes": [{"type": "volume", "source": "api-data", "target": "/data"}],
    "tmpfs": ["/tmp"],
    "networks": ["services", "db-net"],
    "ports": [{"target": 8000, "published": "8001", "host_ip": "127.0.0.1"}],
    "healthcheck": {
        "test": ["CMD", "python", "probe.py"],
        "interval": "10s",
        "timeout": "5s",
        "start_interval": "200ms",
    },
    "restart": "unless-stopped",
    "init": True,
    "read_only": True,
    "security_opt": ["no-new-privileges:true"],
    "cap_drop": ["ALL"],
    "deploy": {"replicas": 2, "resources": {"limits": {"cpus": "0.5", "memory": "512M", "pids": 64}}},
    "stop_signal": "SIGTERM",
    "stop_grace_period": "15s",
    "logging": {"driver": "json-file", "options": {"max-size": "20971520", "max-file": "5"}},
}
RENDERED = Rendered(
    project="shop-testing",
    files=(),
    documents={},
    order=(),
    document={
        "name": "shop-testing",
        "services": {"api": BODY},
        "configs": {"probe": {"file": "./config/probe.py"}},
        "secrets": {"api.env": {"file": "./secrets/api.env"}},
    },
    containers={"api": Wanted("api", "api", "part", 2, {"definition": "d1", "image": "shop-api:1"}, (), "shop-api:1")},
    secret_files=(),
    networks=(Network("services", "shop-testing_services", False), Network("db-net", "shop-testing_db-net", True)),
    volumes=(),
    builds={},
    pulls=(),
)
IMAGES = {"shop-api:1": Image("sha256:1", {}, (), (), {"PATH": "/bin"})}


CONFIG: Mapping[str, Any] = {
    "Image": "shop-api:1",
    "User": "10001:10001",
    "Cmd": ["python", "server.py"],
    "Env": ["PORT=8000", "PATH=/bin"],
    "Healthcheck": {
        "Test": ["CMD", "python", "probe.py"],
        "Interval": 10 * 10**9,
        "Timeout": 5 * 10**9,
        "StartInterval": 2 * 10**8,
    },
    "StopSignal": "SIGTERM",
    "StopTimeout": 15,
}
HOST_CONFIG: Mapping[str, Any] = {
    "ReadonlyRootfs": True,
    "Tmpfs": {"/tmp": ""},
    "CapDrop": ["ALL"],
    "CapAdd": None,
    "SecurityOpt": ["no-new-privileges:true"],
    "Privileged": False,
    "PidMode": "",
    "Memory": 512 * 1024**2,
    "NanoCpus": 500_000_000,
    "PidsLimit": 64,
    "LogConfig": {"Type": "json-file", "Config": {"max-file": "5", "max-size": "20971520"}},
    "RestartPolicy": {"Name": "unless-stopped"},
    "Init": True,
    "PortBindings": {"8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8001"}]},
}
MOUNTS: Sequence[Mapping[str, Any]] = (
    {
        "Type": "bind",
        "Source": f"{FOLDER}/config/probe.py",
        "Destination": "/etc/stackyard/probe.py",
        "RW": False,
    },
    {
        "Type": "bind",
        "Source": f"{FOLDER}/secrets/api.env",
        "Destination": "/run/secrets/environment",
        "RW": False,
    },
    {"Type": "volume", "Name": "shop-testing_api-data", "Source": "/var/x", "Destination": "/data", "RW": True},
)


def found(
    config: Mapping[str, Any] | None = None, host: Mapping[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """The engine's description of a container that is as the document says, but for these changes."""
    return {
        "Config": {**CONFIG, **(config or {})},
        "HostConfig": {**HOST_CONFIG, **(host or {})},
        "Mounts": list(MOUNTS),
        "NetworkSettings": {"Networks": {"shop-testing_db-net": {}, "shop-testing_services": {}}},
        **more,
    }


def wrong(given: Mapping[str, Any]) -> dict[str, str]:
    """What differs, by its name, as it is."""
    return {one.name: one.there for one in facts(given, "api", RENDERED, FOLDER, IMAGES) if not one.is_right}


def test_a_container_that_is_as_the_document_says_differs_in_nothing() -> None:
    assert wrong(found()) == {}
    assert len(facts(found(), "api", RENDERED, FOLDER, IMAGES)) > 30


@pytest.mark.parametrize(
    ("given", "name", "there"),
    [
        (found(config={"User": "0:0"}), "user", "0:0"),
        (found(config={"Cmd": ["sh"]}), "command", "sh"),
        (found(config={"Image": "other"}), "image", "other"),
        (found(config={"Env": ["PORT=8000", "PATH=/bin", "TOKEN=x"]}), "further variables", "TOKEN"),
        (found(config={"Healthcheck": {"Test": ["NONE"]}}), "health check", "NONE"),
        (found(host={"ReadonlyRootfs": False}), "root file system", "writable"),
        (found(host={"CapAdd": ["CAP_NET_RAW"]}), "added rights", "NET_RAW"),
        (found(host={"SecurityOpt": None}), "security options", ""),
        (found(host={"Privileged": True}), "privileged mode", "yes"),
        (found(host={"Memory": 0}), "memory", "0"),
        (found(host={"PidsLimit": -1}), "number of processes", "0"),
        (found(host={"RestartPolicy": {"Name": "no"}}), "restart policy", "no"),
        (found(host={"LogConfig": {"Type": "json-file", "Config": {}}}), "log rotation", ""),
        (found(host={"PortBindings": {}}), "published ports", ""),
        (found(NetworkSettings={"Networks": {"bridge": {}}}), "networks", "bridge"),
    ],
)
def test_whatever_was_changed_by_hand_shows(given: Mapping[str, Any], name: str, there: str) -> None:
    assert wrong(given)[name] == there


def test_a_secret_that_can_be_written_to_shows() -> None:
    mounts = [{**one, "RW": True} for one in found()["Mounts"]]
    assert set(wrong(found(Mounts=mounts))) == {"mount at /etc/stackyard/probe.py", "mount at /run/secrets/environment"}


def test_a_mount_that_nobody_asked_for_shows() -> None:
    socket = {"Type": "bind", "Source": "/var/run/docker.sock", "Destination": "/docker.sock", "RW": True}
    assert set(wrong(found(Mounts=[*found()["Mounts"], socket]))) == {"mount at /docker.sock"}


def test_what_an_unknown_image_says_is_not_judged() -> None:
    given = found(config={"Env": ["PORT=8000", "ANY=thing"]})
    assert all(one.is_right for one in facts(given, "api", RENDERED, FOLDER, {}) if one.topic is Topic.ENVIRONMENT)


def container(given: Mapping[str, Any], definition: str) -> Container:
    labels = {"org.stackyard.mark.definition": definition, "org.stackyard.mark.image": "shop-api:1"}
    return Container("1", "shop-api-1", "api", 1, labels, "sha256:1", "running", found=given)


def test_only_what_was_made_from_this_very_description_can_have_drifted() -> None:
    """One that was made from an older description is to be made anew for that reason, and the plan says so."""
    changed = found(host={"Memory": 1})
    assert has_drifted(container(changed, "d1"), RENDERED, FOLDER, IMAGES)
    assert not has_drifted(container(found(), "d1"), RENDERED, FOLDER, IMAGES)
    assert not has_drifted(container(changed, "d0"), RENDERED, FOLDER, IMAGES)


def test_sizes_and_durations_are_read_as_compose_writes_them() -> None:
    assert [size(text) for text in ("512M", "20971520", "1g", "64b")] == [512 * 1024**2, 20_971_520, 1024**3, 64]
    assert [nanoseconds(text) for text in ("200ms", "10s", "1m30s", "")] == [2 * 10**8, 10**10, 9 * 10**10, 0]
