"""What containers and images tell about themselves to whoever may ask the engine, and what is in images."""

from __future__ import annotations

import json
from collections.abc import Iterator

from stackyard.model.system import PythonSource, System
from stackyard.observe.view import View
from stackyard.resources.secrets import needed
from stackyard.verify import traces
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw

_TOOLS = ("gcc", "cc", "make", "g++", "clang", "rustc", "cargo", "npm", "uv")
"""What builds things, and would build what an intruder wants as well."""


def _no_secrets(view: View) -> Iterator[Seen]:
    known = traces.forms(view.secrets())
    texts = {f"`docker inspect` of {one.name}": json.dumps(one.found) for one in view.containers()}
    texts |= {f"history and settings of the image {name}": text for name, text in view.images().items()}
    for place, text in texts.items():
        names = traces.found_in(text.encode(), known)
        yield saw(
            f"{len(view.secrets())} secrets in {place}",
            ", ".join(names) or "none",
            fault=f"{place} shows the secret {', '.join(names)}",
            unless=not names,
        )


def _no_tools(view: View) -> Iterator[Seen]:
    """Asked of the running container: what is on its path is what is in its image."""
    built = {one.name for one in view.system.services if isinstance(one.source, PythonSource)}
    script = f"for tool in {' '.join(_TOOLS)}; do command -v $tool; done; true"
    for one in view.containers():
        if not one.is_running or (one.part not in built and one.part != "edge"):
            continue
        code, said = view.command_inside(one.name, ("sh", "-c", script))
        if code != 0:
            raise CannotSeeError(f"{one.id} does not say what is on its path: {said.strip()[-200:]}")
        found = said.split()
        fault = f"the image of {one.id} holds {', '.join(found)}"
        yield saw(
            f"build tools in {one.id}: {', '.join(_TOOLS)}", ", ".join(found) or "none", fault=fault, unless=not found
        )


def _builds_nothing(system: System) -> str:
    is_built = system.edge is not None or any(isinstance(one.source, PythonSource) for one in system.services)
    return "" if is_built else "nothing of the system is built into an image of ours"


def _has_no_secrets(system: System) -> str:
    return "" if needed(system) else "the system has no secrets"


CHECKS = (
    Check(
        "containers.secrets",
        ("SEC-01", "TOP-10"),
        "no secret stands in what the engine tells of containers, nor in an image",
        Look.FILE,
        _no_secrets,
        unless=_has_no_secrets,
        next_step="`stackyard up` makes the container anew; count the secret as known: delete its file below the "
        "secrets folder, and `stackyard up` makes a new one.",
    ),
    Check(
        "containers.build-tools",
        ("TOP-10",),
        "the images that are built here hold nothing to build with",
        Look.INSIDE,
        _no_tools,
        unless=_builds_nothing,
        next_step="`stackyard up` makes the container anew from the image that was built.",
    ),
)
