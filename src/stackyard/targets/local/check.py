"""What a look at the machine says: a verdict, a sentence, and how to put it right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "missing", "wrong", "note"]
"""`note` is worth knowing and stops nothing; `missing` and `wrong` stop something."""


@dataclass(frozen=True)
class Fix:
    """Commands that put it right, in order, and a sentence on what they change."""

    commands: tuple[tuple[str, ...], ...]
    needs_root: bool
    sentence: str


@dataclass(frozen=True)
class Check:
    """One thing looked at. `name` is short and stable ("nginx", "service user"); the sentence stands by itself."""

    name: str
    verdict: Verdict
    sentence: str
    fix: Fix | None = None


def is_well(checks: Iterable[Check]) -> bool:
    """True when nothing is missing or wrong."""
    return all(check.verdict in ("ok", "note") for check in checks)
