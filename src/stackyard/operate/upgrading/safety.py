"""The sets of an upgrade: one before it, and one of what runs after it. Neither keeps it from going on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from stackyard.backup.steps import Steps
from stackyard.errors import StackyardError
from stackyard.model.system import System

if TYPE_CHECKING:
    from stackyard.backup.events import Tell

Make = Callable[[str], str]
"""Makes a set of a kind, and names it. Raises StackyardError."""


def make_safe(system: System, make: Make, tell: Tell, *, is_running: bool) -> tuple[str, tuple[str, ...]]:
    """See `Ground`."""
    if system.backups is None:
        return "", ("no safety set was made, for the file has no backups: the old data itself is kept",)
    if not is_running:
        return "", ("no safety set was made, for nothing runs: the old data itself is kept",)
    made, problem = _made(make, "safety", "safety set", tell)
    return made, (f"no safety set could be made ({problem}): the old data itself is kept",) if problem else ()


def make_new(system: System, make: Make, tell: Tell) -> tuple[str, tuple[str, ...]]:
    """See `Ground`."""
    if system.backups is None:
        return "", ()
    made, problem = _made(make, "manual", "new set", tell)
    return made, (f"no set could be made ({problem}): `stackyard backup create` does",) if problem else ()


def _made(make: Make, kind: str, title: str, tell: Tell) -> tuple[str, str]:
    """The id of the set, or why there is none."""
    try:
        with Steps(tell).step(title):
            return make(kind), ""
    except StackyardError as error:
        return "", error.what
