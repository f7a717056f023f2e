"""What happens during a backup, a restore or a drill, told step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Event:
    """One moment of the work. `step` names it ("base backup of db"); `done` and `total` are bytes where known.

    `expected` is how many seconds the step took the last time, 0 where nobody knows. `seconds` is how long it took.
    """

    step: str
    state: Literal["begun", "progress", "done", "failed"]
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    expected: float = 0.0
    detail: str = ""


Tell = Callable[[Event], None]


def silent(_event: Event) -> None:
    """Tell nobody."""
