"""The page to open when something is broken: this system's own names, places, commands and measured times. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from stackyard.model.system import Backups, System
from stackyard.operate.restoring.plan import Facts
from stackyard.operate.sizes import human

_NOUNS = {"db": "PostgreSQL", "files": "files", "cache": "Redis"}


@dataclass(frozen=True)
class Place:
    """Where things are: the repository and the folder of the secrets as paths, and the name of the target."""

    repository: str
    secrets: str
    target: str


def render(system: System, wanted: Backups, facts: Facts, place: Place, written: str) -> str:
    """The page as Markdown. `written` is the time of writing, as people say it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("stackyard.operate.restoring"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {"span": span, "human": human, "fingerprint": fingerprint}
    return environment.get_template("runbook.md.j2").render(
        system=system,
        wanted=wanted,
        facts=facts,
        place=place,
        written=written,
        nouns=_NOUNS,
        database=next((one.name for one in facts.parts if one.kind == "db"), ""),
        store=next((one.name for one in facts.parts if one.kind == "files"), ""),
        drilled=max((one.drilled for one in facts.sets), default=""),
        environment="" if system.is_development else f", with `STACKYARD_ENV={system.environment}`",
        option="" if system.is_development else f" --env {system.environment}",
    )


def fingerprint(recipient: str) -> str:
    """A short text by which two people can see that they mean the same recipient."""
    digest = hashlib.sha256(recipient.strip().encode()).hexdigest()[:16].upper()
    return "-".join(digest[start : start + 4] for start in range(0, 16, 4))


def span(seconds: float) -> str:
    """Seconds as people say them."""
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:g} {unit}" if seconds % size == 0 else f"{seconds / size:.1f} {unit}"
    return f"{seconds:g} seconds" if seconds == int(seconds) else f"{seconds:.1f} seconds"
