"""Whether the parts of a file fit together, by rules written from the reference, over plain data.

The data has passed the JSON Schema. Nothing of Stackyard is used here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from faults.stackfiles import edges, values

Data = dict[str, Any]
_SCHEDULE_EXCLUDES = ("port", "replicas", "health")
_STATIC_KEYS = {"static", "port", "environment", "watch", "profiles"}
_ATTRIBUTES = {
    "postgres": {"url", "host", "port", "user", "password", "database"},
    "redis": {"url", "host", "port", "password"},
    "objects": {"url", "host", "port", "bucket", "endpoint", "access_key", "secret_key"},
    "queue": {"url", "host", "port", "user", "password"},
    "service": {"url", "host", "port"},
}
_REFERENCE = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_DOTTED = re.compile(r"\s*([^.]+)\.(.+?)\s*")


def faults(data: Data, environment: str, root: Path) -> Iterator[str]:
    """What does not fit, in no particular order; nothing for a sound file."""
    parts = Parts(data, environment)
    yield from parts.name_faults()
    for name, service in parts.services.items():
        yield from _source_faults(service, root)
        yield from _service_faults(service)
        yield from _need_faults(parts, name, service)
        yield from _reference_faults(parts, service)
    if values.has_circle({name: needs(service) & parts.services.keys() for name, service in parts.services.items()}):
        yield "needs in a circle"
    yield from edges.faults(data, parts.services, parts.resources, parts.running, root)
    yield from _port_faults(data, parts)
    yield from values.faults(data, root)


class Parts:
    """The services and resources of a file, and the names of those that run."""

    def __init__(self, data: Data, environment: str) -> None:
        self.services: dict[str, Data] = data.get("services", {})
        self.resources: dict[str, Data] = data.get("resources", {})
        self.secrets: dict[str, Data] = data.get("secrets", {})
        everything = [*self.services.items(), *self.resources.items()]
        self.running = {
            name for name, part in everything if not part.get("profiles") or environment in part["profiles"]
        }

    def kind(self, name: str) -> str:
        """postgres, redis, objects, queue or service; empty when there is no such part."""
        if name in self.services:
            return "service"
        return next((kind for kind in _ATTRIBUTES if kind in self.resources.get(name, ())), "")

    def name_faults(self) -> Iterator[str]:
        names = [*self.services, *self.resources]
        if len(set(names)) < len(names):
            yield "a name used twice"
        if {"edge", "secret"} & set(names):
            yield "a reserved name"
        if len({name.upper() for name in self.secrets}) < len(self.secrets):
            yield "secrets that are the same variable"


def needs(service: Data) -> set[str]:
    """The names that a service needs."""
    return set(service.get("needs", ()))


def _source_faults(service: Data, root: Path) -> Iterator[str]:
    for word in ("build", "static"):
        if word not in service:
            continue
        source = service[word]
        folder = root / (source["path"] if isinstance(source, dict) else source)
        if not values.is_folder(folder) or not folder.resolve().is_relative_to(root.resolve()):
            yield f"{word}: no folder of the project"
        elif word == "build":
            yield from _build_faults(service, source, folder)
    if "packages" in service and "image" in service:
        yield "packages: of an image"
    yield from ("watch: nothing there" for path in service.get("watch", ()) if not values.exists(root / path))


def _build_faults(service: Data, source: Any, folder: Path) -> Iterator[str]:
    named = source.get("dockerfile") if isinstance(source, dict) else None
    is_python = any((folder / sign).is_file() for sign in ("pyproject.toml", "requirements.txt"))
    if "packages" in service and (named is not None or not is_python):
        yield "packages: not of a Python project"
    if named is not None:
        if not values.is_file(folder / named):
            yield "build: no such Dockerfile"
    elif is_python and "command" not in service:
        yield "build: a Python project without a command"
    elif not is_python and not (folder / "Dockerfile").is_file():
        yield "build: nothing to build"


def _service_faults(service: Data) -> Iterator[str]:
    if "static" in service and service.keys() - _STATIC_KEYS:
        yield "a static service with more than it takes"
    if "schedule" in service:
        if any(word in service for word in _SCHEDULE_EXCLUDES):
            yield "a schedule beside what runs always"
        yield from values.schedule_faults(service["schedule"])
    health = service.get("health")
    path = health if isinstance(health, str) else (health or {}).get("path")
    if path is not None and "port" not in service:
        yield "a health path without a port"
    commands = [service.get("command"), service.get("migrate")]
    commands += [health.get("command")] if isinstance(health, dict) else []
    yield from (fault for command in commands if command is not None and (fault := _command_fault(command)))


def _command_fault(command: Any) -> str:
    try:
        words = shlex.split(command) if isinstance(command, str) else command
    except ValueError:
        return "a command with an open quote"
    return "" if words and words[0] else "an empty command"


def _need_faults(parts: Parts, name: str, service: Data) -> Iterator[str]:
    given = service.get("needs", ())
    if len(set(given)) < len(given):
        yield "a need given twice"
    for need in given:
        kind = parts.kind(need)
        if need == name or not kind:
            yield "a need of itself or of nothing"
        if name in parts.running and need not in parts.running:
            yield "a need that does not run"
        other = parts.services.get(need, {})
        if "static" in other or "schedule" in other:
            yield "a need that is never healthy"
        access = given[need] if isinstance(given, dict) else "write"
        access = access.get("access", "write") if isinstance(access, dict) else access
        if access != "write" and kind not in ("postgres", ""):
            yield "access to what is no database"
    if "migrate" in service and not any(parts.kind(need) == "postgres" for need in given):
        yield "a migration without a database"


def _reference_faults(parts: Parts, service: Data) -> Iterator[str]:
    for value in service.get("environment", {}).values():
        for match in _REFERENCE.finditer(str(value)) if isinstance(value, str) else ():
            if match[0] != "$${":
                yield from _one_reference(parts, service, match)
    for name in service.get("secrets", ()):
        if name not in parts.secrets:
            yield "no such secret"


def _one_reference(parts: Parts, service: Data, match: re.Match[str]) -> Iterator[str]:
    dotted = _DOTTED.fullmatch(match[1]) if match[2] else None
    if dotted is None:
        yield "a reference to nothing"
        return
    name, attribute = dotted.groups()
    if name == "secret":
        if attribute not in parts.secrets or "static" in service:
            yield "a reference to a secret that is not there"
        return
    kind = parts.kind(name)
    if attribute not in _ATTRIBUTES.get(kind, ()):
        yield "a reference to what is not there"
    elif kind == "service":
        if "port" not in parts.services[name]:
            yield "a reference to a service without a port"
        elif name not in parts.running:
            yield "a reference to what does not run"
    elif name not in needs(service) or "static" in service:
        yield "a reference to what is not needed"


def _port_faults(data: Data, parts: Parts) -> Iterator[str]:
    claims = []
    if "edge" in data:
        claims.append(data["edge"].get("http", 80))
        if data["edge"].get("tls") != "off":
            claims.append(data["edge"].get("https", 443))
    for name, part in [*parts.services.items(), *parts.resources.items()]:
        if name in parts.running and "port" in part:
            claims.append(part["port"])
    if len(set(claims)) < len(claims):
        yield "a port given twice"
