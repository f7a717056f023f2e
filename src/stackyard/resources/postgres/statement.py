"""A statement to run, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

SECRET = "<secret>"
"""Stands in the SQL where the secret belongs, so that a statement can be shown."""


@dataclass(frozen=True)
class Statement:
    """SQL with the thing it changes and the cause. `secret` replaces SECRET; `alone` cannot be in a transaction."""

    sql: str
    subject: str
    cause: str
    secret: str = field(default="", repr=False)
    alone: bool = False

    def __str__(self) -> str:
        return f"{self.subject}: {self.cause}"
