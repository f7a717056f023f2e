"""What this machine lacks for a system on Docker Compose."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.errors import MachineError
from stackyard.model.system import System
from stackyard.operate.compose.running import Running
from stackyard.runner import Processes
from stackyard.targets.compose import engine, slots
from stackyard.targets.compose.layout import Layout
from stackyard.targets.local.check import Check
from stackyard.targets.local.holders import held

_ENOUGH = 2 * 1024**3
"""Bytes of memory below which an engine is small for a system with a database."""


def examine(system: System | None, layout: Layout) -> list[Check]:
    """Every check for the system, or for any when there is no stack file. Changes nothing."""
    asker = Processes()
    try:
        found = engine.look(asker)
    except MachineError as error:
        return [Check("docker", "missing", " ".join((f"{error.what}.", error.hint)).strip())]
    checks = [
        Check("docker", "ok", f"Docker Engine {_text(found.version)} answers"),
        Check("compose", "ok", f"Docker Compose {_text(found.compose)}"),
        _memory(found),
    ]
    if system is not None:
        checks += _ports(system, _ours(layout))
    return checks


def _memory(found: engine.Engine) -> Check:
    sentence = f"the engine has {found.memory / 1024**3:.1f} GB of memory and {found.cores} cores"
    return Check("memory", "ok" if found.memory >= _ENOUGH else "note", sentence)


def _ports(system: System, ours: frozenset[int]) -> Iterator[Check]:
    """Are the documented ports free? `ours` are published by this very system."""
    asked = sorted({wish.port for wish in slots.wishes(system) if wish.port} - ours)
    for port in asked:
        if clause := held(port):
            # Elsewhere than in production another port is chosen, and said.
            yield Check(f"port {port}", "wrong" if system.is_production else "note", clause)
    if not any(held(port) for port in asked):
        yield Check("ports", "ok", f"free: {', '.join(map(str, asked)) or 'none is asked for'}")


def _ours(layout: Layout) -> frozenset[int]:
    """The ports that containers of this very system publish."""
    return frozenset(port for one in Running(layout).containers() if one.is_running for port in one.ports)


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
