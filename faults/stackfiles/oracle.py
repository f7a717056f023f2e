"""The judge: what an accepted or refused file is, read and checked without any of the code that is on trial."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from faults.stackfiles import consistency, reading, schema

_USUAL = ("development", "testing", "production")
Data = dict[str, Any]


def judge(content: bytes, environment: str, root: Path) -> tuple[Data, str]:
    """The file as it is meant in `environment`, and the first reason to refuse it; an empty text when there is none."""
    try:
        data = reading.read(content)
    except reading.Fault as fault:
        return {}, str(fault)
    return merged(data, environment), next(_faults(data, environment, root), "")


def _faults(data: Data, environment: str, root: Path) -> Iterator[str]:
    if fault := schema.fault(data):
        yield fault
        return
    overlays = data.get("environments", {})
    for name in {environment, *overlays}:
        if fault := schema.fault(merged(data, name)):
            yield f"in {name}: {fault}"
            return
    for overlay in overlays.values():
        yield from _removal_faults(data, overlay)
    if _has_null(data):
        yield "a key without a value"
    if environment not in (*_USUAL, *overlays):
        yield "no such environment"
    yield from consistency.faults(merged(data, environment), environment, root)


def _removal_faults(data: Data, overlay: Data) -> Iterator[str]:
    """Parts and secrets that an overlay takes away, and that are not there."""
    for section in ("services", "resources", "secrets"):
        taken = overlay.get(section) or {}
        if any(value is None and name not in data.get(section, {}) for name, value in taken.items()):
            yield f"nothing to take away from {section}"


def merged(data: Data, environment: str) -> Data:
    """The file with one environment laid on it: mappings merge, anything else replaces, null removes."""
    base = {key: value for key, value in data.items() if key != "environments"}
    overlays = data.get("environments")
    overlay = overlays.get(environment) if isinstance(overlays, dict) else None
    return _laid(base, overlay) if isinstance(overlay, dict) else base


def _laid(base: Data, over: Data) -> Data:
    made = dict(base)
    for key, value in over.items():
        if value is None:
            made.pop(key, None)
        elif isinstance(value, dict):
            below = made.get(key)
            made[key] = _laid(below if isinstance(below, dict) else {}, value)
        else:
            made[key] = value
    return made


def _has_null(data: Data) -> bool:
    pending: list[Any] = [{key: value for key, value in data.items() if key != "environments"}]
    while pending:
        here = pending.pop()
        if here is None:
            return True
        pending += here.values() if isinstance(here, dict) else here if isinstance(here, list) else ()
    return False
