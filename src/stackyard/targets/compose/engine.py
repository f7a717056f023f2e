"""The engine that Docker's client reaches: what it is, and why it cannot be used."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackyard.errors import MachineError
from stackyard.runner import Answer, Asker, Command
from stackyard.targets.compose import commands

OLDEST_ENGINE = (25, 0)
"""The first whose health checks can be quick while a container starts, and slow afterwards."""

OLDEST_COMPOSE = (2, 21)
"""The first that passes that on to the engine."""

_PATIENCE = 20.0
"""Seconds for an engine to say what it is; a remote one may take a few."""


@dataclass(frozen=True)
class Engine:
    """An engine that can be used. `cores` and `memory` (bytes) are what containers can have, `root` is its folder."""

    version: tuple[int, ...]
    compose: tuple[int, ...]
    cores: int
    memory: int
    root: str
    name: str
    is_local: bool = True


def look(asker: Asker) -> Engine:
    """Ask the engine what it is. Raises MachineError for one that is not there, or cannot do what is needed."""
    command = Command(commands.info(), Path("/"), commands.environment(), timeout=_PATIENCE)
    return judge(asker.ask(command))


def judge(answer: Answer) -> Engine:
    """The engine that answered so. Raises MachineError."""
    if answer.code == 127:
        raise lost(answer)
    found = _object(answer.output)
    complaints = (*(found.get("ServerErrors") or ()), *answer.errors.splitlines())
    if not found.get("ServerVersion"):
        raise unreachable("\n".join(complaints))
    version = numbers(str(found["ServerVersion"]))
    compose = _plugin(found, "compose")
    if version[:2] < OLDEST_ENGINE:
        raise MachineError(
            f"Docker Engine {_text(version)} is too old: {_text(OLDEST_ENGINE)} or newer is needed",
            hint="Its health checks cannot be quick while a part starts. Update Docker Engine.",
        )
    if not compose:
        raise MachineError(
            "Docker has no Compose v2: `docker compose` is not installed",
            hint="Install the Compose plugin (package docker-compose-plugin or docker-compose-v2).",
        )
    if compose[:2] < OLDEST_COMPOSE:
        raise MachineError(
            f"Docker Compose {_text(compose)} is too old: {_text(OLDEST_COMPOSE)} or newer is needed",
            hint="Update the Compose plugin of Docker.",
        )
    if found.get("OSType") not in (None, "", "linux"):
        raise MachineError("the engine runs no Linux containers", hint="Switch Docker to Linux containers.")
    return Engine(
        version,
        compose,
        int(found.get("NCPU") or 1),
        int(found.get("MemTotal") or 1024**3),
        str(found.get("DockerRootDir", "")),
        str(found.get("Name", "")),
    )


def lost(answer: Answer) -> MachineError:
    """Why Docker gave no answer."""
    if answer.code == 127:
        return MachineError(
            "Docker is not installed: there is no program `docker`",
            hint="Install Docker Engine with its Compose plugin, or run the system with `--target native`.",
        )
    return unreachable(answer.errors)


def unreachable(text: str) -> MachineError:
    """Why no engine answers, from what the client complained about."""
    evidence = tuple(line for line in text.splitlines() if line.strip())[-4:]
    if "permission denied" in text.lower():
        return MachineError(
            "you may not talk to Docker: permission denied at its socket",
            hint="Join the group `docker` (which is as much as root), or use Docker in rootless mode.",
            details=evidence,
        )
    if "client version" in text and "too" in text:
        return MachineError(
            "this Docker client and the engine do not understand each other", hint="Update both.", details=evidence
        )
    return MachineError(
        "Docker does not run: no engine answers",
        hint="Start it (`systemctl start docker`, or Docker Desktop), or see where `docker context ls` points.",
        details=evidence,
    )


def numbers(text: str) -> tuple[int, ...]:
    """The numbers that a version begins with: "v2.40.3-3" is (2, 40, 3)."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", text)
    return tuple(int(number) for number in match[1].split(".")) if match else ()


def _plugin(found: Mapping[str, Any], name: str) -> tuple[int, ...]:
    plugins = (found.get("ClientInfo") or {}).get("Plugins") or ()
    return next((numbers(str(one.get("Version", ""))) for one in plugins if one.get("Name") == name), ())


def _object(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(version: tuple[int, ...]) -> str:
    return ".".join(str(number) for number in version)
