"""How a container differs from the document that it should be made by: what somebody has made anew, updated, connected.

Marks say what a container was made from; whether it is that still, only the engine knows. Pure: `found` is the
engine's own answer to an inspection.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from stackyard.targets.compose import names
from stackyard.targets.compose.rendering import LABEL_MARK, Document, Rendered
from stackyard.targets.compose.snapshot import Container, Image

_MADE_FROM = ("definition", "image")
"""The marks that say what a container was made from; the others change while it runs."""

Found = Mapping[str, Any]
_UNITS = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_TIMES = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


class Topic(StrEnum):
    """What a difference is about."""

    IMAGE = "image"
    COMMAND = "command"
    USER = "user"
    FILES = "files"
    PRIVILEGES = "privileges"
    LIMITS = "limits"
    NETWORKS = "networks"
    PORTS = "ports"
    HEALTH = "health"
    LOGGING = "logging"
    RESTART = "restart"
    STOP = "stop"
    ENVIRONMENT = "environment"


@dataclass(frozen=True)
class Fact:
    """One property of a container: what it is called, as the document has it, and as the engine has it."""

    topic: Topic
    name: str
    wanted: str
    there: str

    @property
    def is_right(self) -> bool:
        return self.wanted == self.there

    def __str__(self) -> str:
        return f"its {self.name} is {self.there or 'not set'}, and should be {self.wanted or 'not set'}"


def facts(
    found: Found, service: str, rendered: Rendered, folder: Path, images: Mapping[str, Image]
) -> tuple[Fact, ...]:
    """Everything that is compared of a container of a Compose service.

    `folder` is that of the project; `images` are those that are known, by reference.
    """
    document = rendered.document
    body = document["services"][service]
    names = {network.key: network.name for network in rendered.networks}
    made = [
        *_identity(found, body),
        *_told(found, body, images.get(str(body["image"]))),
        *_rights(found, body),
        *_limits(found, body),
        *_care(found, body),
    ]
    made += _places(found, body, document, folder)
    made += _network(
        found, body, {key: names.get(key, f"{rendered.project}_{key}") for key in body.get("networks", ())}
    )
    return tuple(made)


def has_drifted(container: Container, rendered: Rendered, folder: Path, images: Mapping[str, Image]) -> bool:
    """Whether a container was made from this very description, and is not what that says."""
    wanted = rendered.containers.get(container.service)
    if wanted is None or not container.found:
        return False
    if any(container.labels.get(f"{LABEL_MARK}{name}", "") != wanted.facets.get(name, "") for name in _MADE_FROM):
        return False
    return not all(one.is_right for one in facts(container.found, container.service, rendered, folder, images))


def size(text: object) -> int:
    """Bytes out of what Compose takes for a size: a number, with a unit or without. Raises ValueError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([bkmg]?)b?", str(text).strip().lower())
    if match is None:
        raise ValueError(f"{text} is no size")
    return int(float(match[1]) * _UNITS[match[2]])


def nanoseconds(text: object) -> int:
    """A duration as Compose writes it ("1m30s"), in nanoseconds."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h)", str(text))
    return round(sum(float(count) * _TIMES[unit] for count, unit in parts))


def _identity(found: Found, body: Document) -> Iterator[Fact]:
    settings = found["Config"]
    yield Fact(Topic.IMAGE, "image", str(body["image"]), str(settings.get("Image")))
    for key, name in (("entrypoint", "Entrypoint"), ("command", "Cmd")):
        if body.get(key):
            yield Fact(Topic.COMMAND, key, _words(body[key]), _words(settings.get(name)))
    if "user" in body:
        yield Fact(Topic.USER, "user", str(body["user"]), str(settings.get("User") or ""))


def _told(found: Found, body: Document, image: Image | None) -> Iterator[Fact]:
    """What the image itself says counts only where the document says nothing; an unknown image may say anything."""
    wanted = {key: str(value) for key, value in body.get("environment", {}).items()}
    there = dict(str(one).partition("=")[::2] for one in found["Config"].get("Env") or ())
    for key, value in wanted.items():
        yield Fact(Topic.ENVIRONMENT, key, value, there.get(key, ""))
    more = there.keys() - wanted.keys() - image.variables.keys() if image is not None else set()
    yield Fact(Topic.ENVIRONMENT, "further variables", "", _names(more))


def _rights(found: Found, body: Document) -> Iterator[Fact]:
    host = found["HostConfig"]
    yield Fact(Topic.FILES, "root file system", _access(body.get("read_only")), _access(host.get("ReadonlyRootfs")))
    yield Fact(
        Topic.FILES,
        "scratch",
        _names(one.partition(":")[0] for one in body.get("tmpfs", ())),
        _names(host.get("Tmpfs")),
    )
    yield Fact(Topic.PRIVILEGES, "dropped rights", _names(body.get("cap_drop")), _rights_of(host.get("CapDrop")))
    yield Fact(Topic.PRIVILEGES, "added rights", _names(body.get("cap_add")), _rights_of(host.get("CapAdd")))
    yield Fact(Topic.PRIVILEGES, "security options", _names(body.get("security_opt")), _names(host.get("SecurityOpt")))
    yield Fact(Topic.PRIVILEGES, "privileged mode", "no", "yes" if host.get("Privileged") else "no")
    yield Fact(Topic.PRIVILEGES, "space of processes", str(body.get("pid", "")), str(host.get("PidMode") or ""))
    yield Fact(Topic.PRIVILEGES, "space of users", "", str(host.get("UsernsMode") or ""))
    yield Fact(Topic.PRIVILEGES, "devices", "", _names(one.get("PathOnHost", "") for one in host.get("Devices") or ()))


def _limits(found: Found, body: Document) -> Iterator[Fact]:
    host, wanted = found["HostConfig"], body.get("deploy", {}).get("resources", {}).get("limits", {})
    memory, cpus, pids = wanted.get("memory"), wanted.get("cpus"), wanted.get("pids")
    yield Fact(Topic.LIMITS, "memory", str(size(memory) if memory else 0), str(host.get("Memory") or 0))
    yield Fact(Topic.LIMITS, "share of the cores", str(round(float(cpus or 0) * 10**9)), str(host.get("NanoCpus") or 0))
    yield Fact(Topic.LIMITS, "number of processes", str(pids or 0), str(max(0, host.get("PidsLimit") or 0)))


def _care(found: Found, body: Document) -> Iterator[Fact]:
    host, settings = found["HostConfig"], found["Config"]
    check, asked = settings.get("Healthcheck") or {}, body.get("healthcheck", {})
    yield Fact(Topic.HEALTH, "health check", _words(asked.get("test")), _words(check.get("Test")))
    for key, name in (
        ("interval", "Interval"),
        ("timeout", "Timeout"),
        ("start_period", "StartPeriod"),
        ("start_interval", "StartInterval"),
    ):
        yield Fact(
            Topic.HEALTH, f"{key} of its health check", str(nanoseconds(asked.get(key, ""))), str(check.get(name) or 0)
        )
    wanted, there = body.get("logging", {}), host.get("LogConfig") or {}
    yield Fact(Topic.LOGGING, "log driver", str(wanted.get("driver", "")), str(there.get("Type", "")))
    yield Fact(Topic.LOGGING, "log rotation", _pairs(wanted.get("options")), _pairs(there.get("Config")))
    policy = str((host.get("RestartPolicy") or {}).get("Name") or "no")
    yield Fact(Topic.RESTART, "restart policy", str(body.get("restart", "no")), policy)
    yield Fact(Topic.STOP, "first process", _yes(body.get("init")), _yes(host.get("Init")))
    if "stop_signal" in body:
        yield Fact(Topic.STOP, "stop signal", str(body["stop_signal"]), str(settings.get("StopSignal") or ""))
    grace = nanoseconds(body.get("stop_grace_period", "10s")) // 10**9
    yield Fact(Topic.STOP, "grace", str(grace), str(settings.get("StopTimeout") or 10))


def _places(found: Found, body: Document, document: Document, folder: Path) -> Iterator[Fact]:
    wanted = dict(_mounts(body, document, folder))
    there = {str(one["Destination"]): _mount(one) for one in found.get("Mounts") or () if one.get("Type") != "tmpfs"}
    for target in dict.fromkeys((*wanted, *there)):
        yield Fact(Topic.FILES, f"mount at {target}", wanted.get(target, ""), there.get(target, ""))


def _mounts(body: Document, document: Document, folder: Path) -> Iterator[tuple[str, str]]:
    for kind in ("configs", "secrets"):
        for one in body.get(kind, ()):
            target = str(one["target"])
            place = target if target.startswith("/") else f"/run/secrets/{target}"
            file = Path(folder, document[kind][one["source"]]["file"]).resolve()
            yield place, f"{file}, read only"
    for one in body.get("volumes", ()):
        is_volume = one["type"] == "volume"
        source = _volume(document, one["source"]) if is_volume else str(Path(folder, one["source"]).resolve())
        yield str(one["target"]), f"{source}, {_access(one.get('read_only'))}"


def _volume(document: Document, key: str) -> str:
    described = document.get("volumes", {}).get(key) or {}
    return str(described.get("name") or names.volume(document["name"], key))


def _mount(one: Found) -> str:
    source = str(one.get("Name")) if one.get("Type") == "volume" else str(Path(str(one.get("Source"))).resolve())
    return f"{source}, {_access(not one.get('RW'))}"


def _network(found: Found, body: Document, names: Mapping[str, str]) -> Iterator[Fact]:
    settings, mode = found.get("NetworkSettings") or {}, str(body.get("network_mode", ""))
    wanted = [mode] if mode else names.values()
    yield Fact(Topic.NETWORKS, "networks", _names(wanted), _names(settings.get("Networks")))
    bindings = (found["HostConfig"].get("PortBindings") or {}).items()
    published = [_port(key, one.get("HostIp"), one.get("HostPort")) for key, given in bindings for one in given or ()]
    asked = [_port(f"{one['target']}/tcp", one.get("host_ip"), one["published"]) for one in body.get("ports", ())]
    yield Fact(Topic.PORTS, "published ports", _names(asked), _names(published))


def _port(inside: object, address: object, port: object) -> str:
    return f"{address or '0.0.0.0'}:{port} to {inside}"


def _rights_of(given: Any) -> str:
    return _names(str(one).removeprefix("CAP_") for one in given or ())


def _names(given: Any) -> str:
    return ", ".join(sorted(str(one) for one in given or ()))


def _words(given: Any) -> str:
    return given if isinstance(given, str) else " ".join(str(one) for one in given or ())


def _pairs(given: Any) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted((given or {}).items()))


def _access(is_read_only: object) -> str:
    return "read only" if is_read_only else "writable"


def _yes(given: object) -> str:
    return "the engine's own" if given else "the command itself"
