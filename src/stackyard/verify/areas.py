"""All checks, area by area, in the order in which they are shown. Each area declares its own in its module."""

from __future__ import annotations

from importlib import import_module

from stackyard.verify.check import Check

AREAS = {
    "topology": "What runs",
    "containers": "Containers",
    "edge": "The way in",
    "database": "Database",
    "cache": "Cache",
    "objects": "Objects",
    "backups": "Backups",
    "services": "Services",
    "logs": "Logs",
    "secrets": "Secrets",
}
"""The areas, with their titles. The module `stackyard.verify.<area>` holds the tuple CHECKS."""


def checks() -> tuple[Check, ...]:
    """Every check there is."""
    return tuple(check for area in AREAS for check in import_module(f"stackyard.verify.{area}").CHECKS)
