"""Whether single values mean something: durations, sizes, schedules, networks, files. Nothing of Stackyard is used."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cronsim import CronSim, CronSimError

_SECONDS = {"ms": 0.001, "s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 365 * 86400}
_BYTES = {"B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_LONGEST = 100 * _SECONDS["y"]
_LEAST_DURATIONS = {
    ("backups", "keep"): 86400.0,
    ("backups", "rpo"): 1.0,
    ("backups", "rto"): 1.0,
    ("monitoring", "retention"): 3600.0,
    ("logs", "keep"): 3600.0,
}
_VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_LEAST_SIZES = {"postgres": 64 << 20, "redis": 1 << 20}


def duration(text: str) -> float:
    """Seconds in a duration that the schema has let through."""
    return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(r"([0-9.]+)([a-z]+)", text))


def size(text: str) -> int:
    """Bytes in a size that the schema has let through."""
    number = re.match(r"[0-9.]+", text)
    return int(float(number[0]) * _BYTES[text[number.end()]]) if number else 0


def exists(path: Path) -> bool:
    """Whether there is something at the path; False too for a path that cannot be asked about."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_file(path: Path) -> bool:
    """Whether a file is at the path."""
    return exists(path) and path.is_file()


def is_folder(path: Path) -> bool:
    """Whether a folder is at the path."""
    return exists(path) and path.is_dir()


def has_circle(needs: Mapping[str, set[str]]) -> bool:
    """Whether anything needs itself by way of others."""
    left = {name: set(others) - {name} for name, others in needs.items()}
    while free := [name for name, others in left.items() if not others & left.keys()]:
        for name in free:
            del left[name]
    return bool(left)


def schedule_faults(text: str) -> Iterator[str]:
    """What cronsim, which knows what cron takes, has against a schedule."""
    import datetime

    try:
        next(CronSim(" ".join(text.split()), datetime.datetime(2026, 1, 1)))
    except (CronSimError, StopIteration):
        yield "a schedule that cron does not know, or that never comes"


def network_fault(text: str) -> str:
    """Why the text is no network; an empty text when it is one."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return "not a network"
    return ""


def faults(data: dict[str, Any], root: Path) -> Iterator[str]:
    """What is wrong with the values of the sections that stand by themselves."""
    for (section, key), least in _LEAST_DURATIONS.items():
        text = data.get(section, {}).get(key)
        if text is not None and not least <= duration(text) <= _LONGEST:
            yield f"{section}.{key}: too short or too long"
    if "size" in data.get("logs", {}) and size(data["logs"]["size"]) < 1 << 20:
        yield "logs.size: too small"
    if "network" in data and network_fault(data["network"]):
        yield "network: not a network"
    for resource in data.get("resources", {}).values():
        yield from _resource_faults(resource, root)
    for service in data.get("services", {}).values():
        yield from _service_faults(service)


def _service_faults(service: dict[str, Any]) -> Iterator[str]:
    health = service.get("health")
    times = [health.get(key) for key in ("interval", "timeout", "start_timeout")] if isinstance(health, dict) else []
    for text in times:
        if text is not None and not 0.001 <= duration(text) <= _LONGEST:
            yield "health: a time that is too short or too long"
    if duration(service.get("stop_grace_period", "1s")) > _LONGEST:
        yield "stop_grace_period: too long"
    if size(service.get("limits", {}).get("memory", "1GB")) < 4 << 20:
        yield "limits.memory: too small"


def _resource_faults(resource: dict[str, Any], root: Path) -> Iterator[str]:
    for kind, least in _LEAST_SIZES.items():
        if kind in resource and size(resource.get("memory", "1GB")) < least:
            yield "memory: too small"
    if duration(resource.get("slow_query", "1s")) > _LONGEST:
        yield "slow_query: too long"
    if "init" in resource:
        folder = root / resource["init"]
        if not is_folder(folder) or not any(path.suffix in (".sql", ".sh") for path in folder.iterdir()):
            yield "init: no folder with scripts"
    if "objects" in resource:
        yield from _object_faults(resource)
    if resource.get("queue") == "sqs" and "version" in resource:
        yield "a version of sqs"
    for word in ("postgres", "redis", "version"):
        if isinstance(resource.get(word), int | float) and not _VERSION.fullmatch(str(resource[word])):
            yield "a number that is no version"


def _object_faults(resource: dict[str, Any]) -> Iterator[str]:
    inner = resource["objects"] if isinstance(resource["objects"], dict) else {}
    if inner.keys() & resource.keys():
        yield "an option given twice"
    for options in (inner, resource):
        bucket = options.get("bucket", "abc")
        if re.search(r"\.\.|-\.|\.-", bucket) or re.fullmatch(r"[0-9.]+", bucket):
            yield "not the name of a bucket"
        for text in options.get("expire", {}).values():
            if duration(text) < 86400 or duration(text) % 86400 or duration(text) > _LONGEST:
                yield "expire: not whole days"
