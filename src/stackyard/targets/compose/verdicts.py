"""What a look at containers means: is a service ready, has it failed, and why. Pure, but for the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from stackyard.targets.compose.rendering import Container as Wanted
from stackyard.targets.compose.snapshot import Container

PATIENCE = 3
"""Restarts after which nobody waits any longer: by then the log has said what is wrong."""

STEADY = 1.0
"""Seconds that a container without a health check must have run before it counts as ready."""

STEADY_AGAIN = 10.0
"""The same after it was restarted."""


def now() -> datetime:
    """The present, as verdicts want it."""
    return datetime.now(UTC)


def name_of(container: Container, wanted: Wanted | None) -> str:
    """How people call it: "api-2" for one of several, "db" for one that is alone."""
    alone = wanted is not None and wanted.part == wanted.name and wanted.replicas == 1
    return container.service if alone and container.number == 1 else f"{container.service}-{container.number}"


def is_ready(container: Container, wanted: Wanted, now: datetime) -> bool:
    """It runs and is healthy; without a check, it has run for a moment."""
    if not container.is_ready:
        return False
    seconds = running_for(container, now)
    return wanted.checked or seconds >= (STEADY if container.restarts == 0 else STEADY_AGAIN)


def has_failed(container: Container, now: datetime, restarts: int = 0) -> bool:
    """It will not become ready by waiting. `restarts` are those from before anybody waited."""
    if container.status in ("exited", "dead"):
        return True
    if container.restarts - restarts >= PATIENCE and not _is_steady(container, now):
        return True
    return container.health == "unhealthy" or bool(container.error)


def _is_steady(container: Container, now: datetime) -> bool:
    """It runs well now. The engine counts restarts over the whole life of a container, and never begins anew."""
    return container.is_running and (container.health == "healthy" or running_for(container, now) >= STEADY_AGAIN)


def are_ready(containers: Sequence[Container], wanted: Wanted, now: datetime) -> bool:
    """As many as are wanted are ready, and no other is there."""
    return len(containers) == wanted.replicas and all(is_ready(one, wanted, now) for one in containers)


def trouble(container: Container, now: datetime) -> str:
    """Why it is not as it should be, as the end of a sentence that begins with its name; "" when nothing is wrong."""
    if container.is_out_of_memory:
        return "was ended for want of memory: it used more than its limit"
    if container.error:
        return f"could not be started: {container.error}"
    if container.restarts >= PATIENCE and not _is_steady(container, now):
        return f"ended {container.restarts} times, the last time with code {container.exit_code}"
    if container.status in ("exited", "dead"):
        return f"ended with code {container.exit_code}"
    if container.status == "restarting":
        return f"ended with code {container.exit_code} and is started again"
    if container.status in ("paused", "created", "removing"):
        return f"is {container.status}"
    if container.health == "unhealthy":
        said = container.checks[-1].splitlines()[-1].strip() if container.checks and container.checks[-1] else ""
        return f"does not pass its health check{f': {said}' if said else ''}"
    return ""


def running_for(container: Container, now: datetime) -> float:
    """Seconds since it was started, 0 for one that never was."""
    begun = moment(container.since)
    return max(0.0, (now - begun).total_seconds()) if begun else 0.0


def moment(text: str) -> datetime | None:
    """The engine's own form of a time, which has nine digits after the point; None for "never"."""
    if not text or text.startswith("0001-"):
        return None
    whole, _, rest = text.rstrip("Z").partition(".")
    digits = "".join(character for character in rest if character.isdigit())[:6]
    return datetime.fromisoformat(f"{whole}.{digits or '0'}").replace(tzinfo=UTC)
