"""The secrets of a system, to be looked for where none may be, and to be kept out of what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stackyard.model.system import System
from stackyard.resources.secrets import needed

_SHORTEST = 8
"""Characters below which a value is a word that may stand anywhere, not a secret to be recognised."""


def known(system: System, folder: Path) -> Mapping[str, str]:
    """Every secret of the system by name.

    Read without a look at modes: that they are wrong is for a check to say, and no reason to show them.
    """
    return {
        spec.name: (folder / spec.name).read_text(errors="replace").rstrip("\n")
        for spec in needed(system)
        if (folder / spec.name).is_file()
    }


def without(text: str, secrets: Mapping[str, str]) -> str:
    """The text with every secret replaced by its name."""
    for name, value in sorted(secrets.items(), key=lambda one: -len(one[1])):
        if len(value) >= _SHORTEST:
            text = text.replace(value, f"[the secret {name}]")
    return text
