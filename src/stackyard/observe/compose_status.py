"""What runs on Docker Compose right now, in the words that `status` has for every target. Reads no stack file."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from datetime import datetime

from stackyard.observe.compose_backups import health_of
from stackyard.observe.status import PartStatus, SystemStatus, scaled, summary_of
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.names import BACKUPS
from stackyard.targets.compose.rendering import LABEL_PART
from stackyard.targets.compose.snapshot import Container
from stackyard.targets.names import COMPOSE, EDGE


def status_of(layout: Layout, containers: tuple[Container, ...]) -> SystemStatus:
    """The status that these containers make. A job that is done is no part: it has run, and that is all it does."""
    summary = summary_of(layout)
    places = {slot: str(address) for slot, address in dict(summary.get("places", {})).items()}
    single = singles(summary)
    shown = [one for one in containers if not one.is_one_off and not _is_done(one)]
    return SystemStatus(
        system=str(summary.get("system", layout.root.name)),
        environment=layout.environment,
        supervisor=None,
        mode="detached" if shown else "",
        parts=tuple(part_of(one, single, places) for one in shown),
        addresses=tuple(summary.get("addresses", ())),
        target=COMPOSE,
        scaled=scaled(layout),
        backups=health_of(shown),
    )


def singles(summary: Mapping[str, object]) -> frozenset[str]:
    """The services with one container, which goes by the name of its part: resources and the edge."""
    named = summary.get("resources", ())
    return frozenset([EDGE, BACKUPS, *(map(str, named) if isinstance(named, list) else ())])


def part_of(one: Container, single: frozenset[str], places: Mapping[str, str]) -> PartStatus:
    """A container in the form of every target."""
    name = one.service if one.service in single else f"{one.service}-{one.number}"
    state, sentence = _state(one)
    return PartStatus(
        id=name,
        part=one.labels.get(LABEL_PART, one.service),
        state=state,
        pid=one.pid or None,
        since=_epoch(one.since),
        restarts=one.restarts,
        address=places.get(name, ""),
        sentence=f"{name} {sentence}",
    )


def _state(one: Container) -> tuple[str, str]:
    """A word of `status`, and the clause that explains it."""
    if one.status == "running":
        return _running(one)
    end = _end(one)
    if one.status == "restarting":
        return "backoff", f"{end}; the engine starts it again"
    if one.status == "exited" and one.exit_code == 0:
        return "stopped", "has ended"
    if one.status == "exited" and _obeyed(one):
        return "stopped", "was stopped"
    if one.status in ("exited", "dead"):
        return "failed", end
    if one.status == "created" and one.error:
        return "failed", f"could not be started: {one.error}"
    return {"created": ("idle", "was never started"), "paused": ("stopped", "is paused")}.get(
        one.status, ("stopped", f"is {one.status}")
    )


def _running(one: Container) -> tuple[str, str]:
    said = " ".join(one.checks[-1].split())[:200] if one.checks else ""
    if one.health == "starting":
        return "starting", f"is not ready yet{f': {said}' if said else ''}"
    if one.health == "unhealthy":
        return "unhealthy", f"fails its health check{f': {said}' if said else ''}"
    return "ready", "is healthy" if one.health == "healthy" else "runs; it has no health check"


def _obeyed(one: Container) -> bool:
    """Whether it ended by the very signal that tells it to: shells and engines call that 128 and its number."""
    name = str((one.found.get("Config") or {}).get("StopSignal") or "SIGTERM")
    asked = getattr(signal, name, signal.SIGTERM)
    return not one.is_out_of_memory and one.exit_code == 128 + asked


def _end(one: Container) -> str:
    if one.is_out_of_memory:
        return "was killed: it wanted more memory than its limit"
    return f"has ended with code {one.exit_code}{f': {one.error}' if one.error else ''}"


def _is_done(one: Container) -> bool:
    """A job that ran to its end; the containers of parts are started again, or were stopped."""
    is_job = one.service != one.labels.get(LABEL_PART, one.service)
    return is_job and one.status == "exited" and one.exit_code == 0


def _epoch(text: str) -> float:
    """A time as the engine writes it, in seconds; 0 for what never was."""
    if not text or text.startswith("0001"):
        return 0.0
    try:
        return datetime.fromisoformat(f"{text[:19]}+00:00").timestamp()
    except ValueError:
        return 0.0
