"""What the engine says of the containers of a system, and the document that they should be made by. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stackyard.observe.processes import Listener
from stackyard.observe.seen import Definition, Heard
from stackyard.targets.compose.drift import size
from stackyard.targets.compose.rendering import Container as Wanted
from stackyard.targets.compose.rendering import SecretFile
from stackyard.targets.compose.snapshot import Container

_LISTEN = re.compile(r"^\s*listen (?:[\d.]+:|\[[^\]]*\]:)?(\d+)[ ;]", re.MULTILINE)
_ANYWHERE = "0.0.0.0"


@dataclass(frozen=True)
class Own:
    """A container of the system: its name for people ("api-1"), what was read of it, and the engine's whole answer."""

    id: str
    part: str
    container: Container
    found: Mapping[str, Any]

    @property
    def begun(self) -> datetime | None:
        return moment(str(self.found["State"].get("StartedAt", "")))

    @property
    def ended(self) -> datetime | None:
        """When it ended the last time."""
        return moment(str(self.found["State"].get("FinishedAt", "")))

    @property
    def made(self) -> datetime | None:
        return moment(str(self.found.get("Created", "")))


def moment(text: str) -> datetime | None:
    """A time as the engine writes it, to the microsecond; None for one that never was."""
    match = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?", text)
    if match is None or text.startswith("0001-"):
        return None
    return datetime.fromisoformat(f"{match[1]}.{(match[2] or '0')[:6].ljust(6, '0')}").replace(tzinfo=UTC)


def wanted(one: Wanted, name: str, body: Mapping[str, Any], secrets: Iterable[SecretFile]) -> Definition:
    """How one container of a Compose service should run: `body` is what the document says of it."""
    options = body.get("logging", {}).get("options", {})
    return Definition(
        id=name,
        part=one.part,
        cwd=Path("/"),
        ports=(),
        capabilities=tuple(text.lower() for text in body.get("cap_add", ())),
        secrets=frozenset(known for file in secrets if file.service == one.name for known in file.secrets),
        is_probed="healthcheck" in body,
        log_size=size(options.get("max-size", 0)),
        log_files=int(options.get("max-file", 1)),
        is_ours=False,
        schedule="always" if one.kind == "cron" else "",
        environment={key: str(value) for key, value in body.get("environment", {}).items()},
    )


def running(one: Own) -> Definition:
    """How a container was really made."""
    host, settings = one.found["HostConfig"], one.found["Config"]
    options = (host.get("LogConfig") or {}).get("Config") or {}
    test = (settings.get("Healthcheck") or {}).get("Test") or ["NONE"]
    return Definition(
        id=one.id,
        part=one.part,
        cwd=Path("/"),
        ports=(),
        capabilities=tuple(text.lower().removeprefix("cap_") for text in host.get("CapAdd") or ()),
        secrets=frozenset(),
        is_probed=test[0] in ("CMD", "CMD-SHELL"),
        log_size=size(options.get("max-size", 0)) if "max-size" in options else 0,
        log_files=int(options.get("max-file", 1)),
        is_ours=False,
        schedule="",
        environment=dict(text.partition("=")[::2] for text in settings.get("Env") or ()),
    )


def published(one: Own) -> Iterable[Heard]:
    """The sockets of the engine's machine that lead into a container."""
    for target, bindings in ((one.found.get("NetworkSettings") or {}).get("Ports") or {}).items():
        protocol = target.partition("/")[2] or "tcp"
        for binding in bindings or ():
            address = binding.get("HostIp") or _ANYWHERE
            kind = f"{protocol}6" if ":" in address else protocol
            yield Heard(one.id, Listener(kind, address, int(binding["HostPort"]), 0))


def listened(text: str) -> tuple[int, ...]:
    """The ports that a configuration of nginx names, each once."""
    return tuple(dict.fromkeys(int(port) for port in _LISTEN.findall(text)))


def failures(one: Own) -> int:
    """How often in a row a container has ended by itself, where the engine is still at it."""
    state = one.found["State"]
    streak = int((state.get("Health") or {}).get("FailingStreak") or 0)
    restarts = one.container.restarts if state.get("Status") == "restarting" else 0
    return max(restarts, streak if state.get("Status") == "running" and one.container.health == "unhealthy" else 0)
